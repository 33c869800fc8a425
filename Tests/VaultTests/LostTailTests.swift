import BreachResponse
import Consent
import Guard
import MerkleLog
import Sealing
import Testing
import VaultCore

@testable import Vault

/// A vault that was restored from a copy which is older than its log was: what is refused, how it goes on, and
/// what is proven afterwards.
struct LostTailTests {
    /// The copy, and what the log knew after the copy was made.
    private struct Loss {
        let copy: HardVault
        let officer: PrincipalID
        let second: PrincipalID
        let doctor: PrincipalID
        /// A moment before the copy, with a map of heads before it.
        let before: Instant
        /// Key and last checkpoint of the log that is gone.
        let key: String
        let note: String
        /// One that the log that is gone signed still later, and nobody brings at first.
        let later: String
        /// Entries that the copy has.
        let present: UInt64

        init() throws {
            let live = try HardVault()
            try live.take([Small.practitioner, Small.patient("a"), Small.patient("b")])
            officer = try live.register("officer", Requester(kind: .privacyOfficer))
            second = try live.register("second", Requester(kind: .securityOfficer))
            doctor = try live.register("doctor", Requester(kind: .clinician))
            _ = try live.vault.guard.checkpoint()
            live.clock.advance(60)
            before = live.clock.now()
            live.clock.advance(60)
            try live.close()
            copy = try HardVault(copying: live)
            try live.reopen()
            present = try Self.size(live.vault.guard)
            try live.take([Small.condition("lost", of: "b")])
            key = try live.vault.guard.verifierKey
            note = try live.vault.guard.checkpoint()
            try live.take([Small.condition("lost-too", of: "b")])
            later = try live.vault.guard.checkpoint()
            try live.close()
        }

        static func size(_ core: any GuardService) throws -> UInt64 {
            try core.status(by: .operator).logSize
        }

        func check() throws -> TailCheck {
            let check = try TailCheck(try copy.core())
            try check.compare(note)
            return check
        }

        /// Opens the new origin and the vault with it.
        func goOn() throws -> (vault: VaultService, receipt: Receipt) {
            let check = try check()
            let body = check.request(reason: "the disk burned")
            let opened = try check.open(
                reason: "the disk burned",
                by: try copy.signed(officer, body),
                and: try copy.signed(second, body),
                context: CallContext()
            )
            try opened.core.close()
            return (try copy.reopen(witnessed: note), opened.receipt)
        }
    }

    @Test func `a copy that lost its tail is not served, and looking at it writes nothing`() throws
    {
        let loss = try Loss()
        let known = try Checkpoint(text: SignedNote(parsing: Array(loss.note.utf8)).text).size
        #expect(
            throws: GuardError.logRolledBack(size: loss.present, witnessed: known)
        ) { try loss.copy.reopen(witnessed: loss.note) }
        let check = try loss.check()
        #expect(check.lost == loss.present...(known - 1))
        // A witness that tells a number alone says less than the note, and more where it knows more.
        check.compare(size: known, witness: "w")
        #expect(check.lost == loss.present...(known - 1))
        check.compare(size: known + 7, witness: "w")
        #expect(check.lost == loss.present...(known + 6))
        try check.close()
        let again = try loss.copy.core()
        #expect(try Loss.size(again) == loss.present)
    }

    @Test func `one person, the same person twice, or the wrong ones open nothing`() throws {
        let loss = try Loss()
        let check = try loss.check()
        let body = check.request(reason: "the disk burned")
        func open(_ one: Caller, _ two: Caller) throws {
            _ = try check.open(
                reason: "the disk burned",
                by: one,
                and: two,
                context: CallContext()
            )
        }
        let (officer, second, doctor) = (loss.officer, loss.second, loss.doctor)
        func signed(_ id: PrincipalID) throws -> Caller { try loss.copy.signed(id, body) }
        #expect(throws: GuardError.notPermitted(action: "open a new origin alone")) {
            try open(signed(officer), signed(officer))
        }
        #expect(throws: GuardError.notPermitted(action: "open a new origin")) {
            try open(signed(officer), signed(doctor))
        }
        #expect(throws: GuardError.notPermitted(action: "open a new origin")) {
            try open(signed(second), signed(officer))
        }
        #expect(throws: GuardError.notAuthenticated) { try open(signed(officer), .operator) }
        let session = Caller.session(SessionID(high: 1, low: 2))
        #expect(throws: GuardError.notAuthenticated) { try open(signed(officer), session) }
        let other = check.request(reason: "nothing happened")
        #expect(throws: GuardError.notAuthenticated) {
            try open(signed(officer), loss.copy.signed(second, other))
        }
    }

    @Test func `nothing is opened where nothing is lost, and a copy that went its own way is told`()
        throws
    {
        let loss = try Loss()
        let check = try TailCheck(try loss.copy.core())
        #expect(check.lost == nil)
        let body = check.request(reason: "tidy")
        #expect(throws: GuardError.self) {
            try check.open(
                reason: "tidy",
                by: loss.copy.signed(loss.officer, body),
                and: loss.copy.signed(loss.second, body),
                context: CallContext()
            )
        }
        try check.close()
        try loss.copy.reopen()
        for number in 0..<8 { try loss.copy.take([Small.condition("own-\(number)", of: "a")]) }
        try loss.copy.close()
        #expect(throws: GuardError.damagedState) { try loss.check() }
    }

    @Test func `the log goes on under a name that tells the gap, signed by both`() throws {
        let loss = try Loss()
        let (vault, receipt) = try loss.goOn()
        let core = try vault.localGuard()
        let known = try Checkpoint(text: SignedNote(parsing: Array(loss.note.utf8)).text).size
        #expect(receipt.index == loss.present)
        #expect(core.origin.hasSuffix("/lost-\(loss.present)-\(known - 1)"))
        let entry = try core.entry(
            at: receipt.index,
            by: try loss.copy.signed(loss.officer, GuardRequest.entry(receipt.index)),
            context: CallContext()
        )
        #expect(entry.header["knownCheckpoint"]?.string == loss.note)
        #expect(entry.header["lostTail"]?["known"]?.int == Int64(known))
        #expect(entry["reason"] == "the disk burned" && entry["actor"] == "officer")
        // Outsiders check both signatures with nothing but the entry.
        let body = try #require(entry.header["request"])
        let signatures = try #require(entry.header["signatures"]?.array)
        #expect(signatures.count == 2)
        for signature in signatures {
            let name = try #require(signature["principal"]?.string.flatMap { PrincipalID($0) })
            let message = SignedStatement.message(
                vault: loss.copy.id,
                principal: name,
                time: Instant(microseconds: try #require(signature["time"]?.int)),
                nonce: try #require(signature["nonce"]?.string.flatMap { Hex.decode($0) }),
                body: body
            )
            #expect(
                Signing.isValid(
                    try #require(signature["signature"]?.string.flatMap { Base64.decode($0) }),
                    for: message,
                    publicKey: try #require(signature["key"]?.string.flatMap { Base64.decode($0) })
                )
            )
        }
        let report = try vault.verify()
        #expect(report.problems == [])
        #expect(report.notes.contains { $0.contains("are lost") })
        let audit = try core.auditLog(extending: Array(loss.note.utf8), by: .operator)
        #expect(audit.problems == [] && audit.notes.count == 1)
    }

    @Test func `what is left is proved under both names, and a list says what it may lack`() throws
    {
        let loss = try Loss()
        let core = try loss.goOn().vault.localGuard()
        let former = try #require(loss.key.split(separator: "+").first.map(String.init))
        let old = try core.proof(ofEntry: 1, patient: nil, under: former, by: .operator)
        #expect(try GuardCore.check(Array(old.utf8), verifierKey: loss.key).problems == [])
        let new = try core.proof(ofEntry: 1, patient: nil, by: .operator)
        #expect(try GuardCore.check(Array(new.utf8), verifierKey: core.verifierKey).problems == [])
        #expect(try GuardCore.check(Array(new.utf8), verifierKey: loss.key).problems != [])
        #expect(throws: GuardError.self) {
            try core.proof(ofEntry: loss.present, patient: nil, under: former, by: .operator)
        }
        let list = try core.historyProof(of: .id(try #require(FHIRID("a"))), by: .operator)
        let found = try GuardCore.check(Array(list.utf8), verifierKey: core.verifierKey)
        #expect(found.problems == [] && found.notes.count == 1)
        // Checkpoints of the former name lead up to the gap and not across it.
        #expect(throws: GuardError.invalid(field: "checkpoint")) {
            try core.checkpointChain([loss.note])
        }
    }

    @Test func `no window across the gap is calm, one after it is`() throws {
        let loss = try Loss()
        let (vault, _) = try loss.goOn()
        let core = try vault.localGuard()
        let patient = PatientDesignation.id(try #require(FHIRID("a")))
        loss.copy.clock.advance(60)
        let after = loss.copy.clock.now()
        loss.copy.clock.advance(60)
        let until = loss.copy.clock.now()
        loss.copy.clock.advance(60)
        let across = try core.notAccessedProof(
            of: patient,
            from: loss.before,
            until: until,
            by: .operator
        )
        #expect(across == nil)
        let calm = try core.notAccessedProof(of: patient, from: after, until: until, by: .operator)
        let found = try GuardCore.check(
            Array(try #require(calm).utf8),
            verifierKey: core.verifierKey
        )
        #expect(found.problems == [])
    }

    @Test func `a breach's scope holds nobody for not accessed across the gap`() throws {
        let loss = try Loss()
        let (vault, _) = try loss.goOn()
        loss.copy.clock.advance(60)
        let after = loss.copy.clock.now()
        loss.copy.clock.advance(60)
        let until = loss.copy.clock.now()
        loss.copy.clock.advance(60)
        _ = try vault.request(
            ReleaseRequest(patient: .id(try #require(FHIRID("a"))), purposes: ["TREAT"]),
            by: try loss.copy.signed(
                loss.doctor,
                ReleaseRequest(patient: .id(try #require(FHIRID("a"))), purposes: ["TREAT"]).json
            )
        )
        func log(_ from: Instant) throws -> AccessLog {
            let query = AccessLogQuery(from: from, until: until)
            return try vault.guard.accessLog(
                query,
                by: try loss.copy.signed(loss.officer, query.json),
                context: CallContext()
            )
        }
        func scope(_ from: Instant) throws -> ScopeResult {
            try ScopeComputation(
                window: ScopeWindow(from: from, to: until),
                suspicion: .principal(loss.doctor)
            ).run(LoggedHistory(try log(from)))
        }
        #expect(try log(after).lost.isEmpty)
        #expect(try log(loss.before).lost.count == 1)
        #expect(try !scope(after).notAccessed.isEmpty)
        let across = try scope(loss.before)
        #expect(across.notAccessed.isEmpty)
        #expect(across.range.notCovered.contains { $0.contains("are lost") })
    }

    @Test func `more than the gap names is still refused, and a forgotten gap is found`() throws {
        let loss = try Loss()
        let (vault, _) = try loss.goOn()
        let more = try Checkpoint(text: SignedNote(parsing: Array(loss.later.utf8)).text).size
        #expect(throws: GuardError.logRolledBack(size: loss.present, witnessed: more)) {
            try vault.localGuard().requireExtends(loss.later)
        }
        try loss.copy.close()
        try loss.copy.alter(
            loss.copy.guardPath,
            "DELETE FROM items WHERE key = CAST('lost-tails' AS BLOB)"
        )
        try loss.copy.reopen()
        #expect(try loss.copy.problems().contains { $0.detail.contains("lost tails") })
    }
}
