import Consent
import Foundation
import Guard
import GuardStore
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// Local accounts: who is let in, who is not, and that nobody can tell why.
struct AccountTests {
    private let harness: ServerHarness
    private let password = "a sentence that nobody guesses"
    private let secret: [UInt8]

    init() throws {
        harness = try ServerHarness()
        try harness.take([#"{"resourceType":"Patient","id":"a","name":[{"family":"A"}]}"#])
        try harness.enrol(
            "ann",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT"]
        )
        secret = try harness.account("ann", password: password)
    }

    private func code(_ offset: Int64 = 0) -> String {
        OneTimeCode.code(secret, step: OneTimeCode.step(at: harness.clock.now()) + offset)
    }

    private func signIn(
        _ account: String = "ann",
        _ password: String? = nil,
        code: String? = nil
    ) throws -> SignedIn? {
        try harness.vault.guard.signIn(
            SignIn(
                account: account,
                password: Array((password ?? self.password).utf8),
                code: code ?? self.code(),
                context: CallContext(sourceAddress: "127.0.0.1")
            )
        )
    }

    private func entries(_ action: String) throws -> [LoggedEntry] {
        try harness.registeredLog().filter { $0["action"] == action }
    }

    @Test func `name, password and code let in, and the entry says so`() throws {
        let found = try #require(try signIn())
        #expect(found.principal.text == "ann")
        #expect(found.patient?.text == "a")
        let entry = try #require(try entries("sign-in").first)
        #expect(entry["actor"] == "ann")
        #expect(entry["authMethod"] == "password+totp")
        #expect(entry["decision"] == "permit")
        #expect(try harness.vault.guard.audit().problems.isEmpty)
    }

    @Test func `a code counts once, also over a restart, and with it every older one`() throws {
        let used = code()
        #expect(try signIn(code: used) != nil)
        #expect(try signIn(code: used) == nil)
        #expect(try signIn(code: code(-1)) == nil)
        let again = try harness.restarted()
        let request = SignIn(
            account: "ann",
            password: Array(password.utf8),
            code: used,
            context: CallContext()
        )
        #expect(try again.signIn(request) == nil)
        var later = request
        later.code = code(1)
        #expect(try again.signIn(later) != nil)
        try again.close()
    }

    @Test func `whatever is wrong, the answer and the number of entries are the same`() throws {
        let before = try harness.vault.guard.status().logSize
        let wrong: [(String, String, String)] = [
            ("nobody", password, code()), ("", password, code()), ("a b/c", password, code()),
            ("ann", "wrong", code()), ("ann", password, "000000"), ("ann", "", ""),
        ]
        for (place, attempt) in wrong.enumerated() {
            #expect(try signIn(attempt.0, attempt.1, code: attempt.2) == nil)
            #expect(
                try harness.vault.guard.status().logSize == before + UInt64(place) + 1,
                "\(attempt)"
            )
        }
        // What was typed as a name is in no entry.
        for entry in try entries("sign-in-refused") {
            #expect(!String(decoding: entry.header.bytes, as: UTF8.self).contains("nobody"))
        }
    }

    @Test func `too many failures make the account wait, longer each time, over restarts`() throws {
        for _ in 0..<5 { #expect(try signIn("ann", "wrong") == nil) }
        #expect(try signIn() == nil)
        #expect(try entries("sign-in-refused").contains { $0["reason"] == "locked" })
        harness.clock.move(by: .seconds(31))
        // The sixth failure waits a minute, and what is tried meanwhile does not make it longer.
        #expect(try signIn("ann", "wrong") == nil)
        let again = try harness.restarted()
        func retry() throws -> SignedIn? {
            try again.signIn(
                SignIn(
                    account: "ann",
                    password: Array(password.utf8),
                    code: code(),
                    context: CallContext()
                )
            )
        }
        #expect(try retry() == nil)
        harness.clock.move(by: .seconds(45))
        #expect(try retry() == nil)
        harness.clock.move(by: .seconds(16))
        #expect(try retry() != nil)
        try again.close()
    }

    @Test func `a sign-in reads no record, and ends after ten idle minutes`() throws {
        let session = try #require(try signIn()).session
        let caller = Caller.session(session)
        let guardian = harness.vault.guard
        let patient = PatientDesignation.id(try #require(FHIRID("a")))
        #expect(throws: GuardError.notAuthenticated) {
            try guardian.release(ReleaseRequest(patient: patient, purposes: ["PATRQT"]), by: caller)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try guardian.statements(of: patient, by: caller, context: CallContext())
        }
        #expect(throws: GuardError.notAuthenticated) {
            try guardian.entries(LogQuery(), by: caller)
        }
        let record = try #require(RecordID("Patient/a"))
        let write = try guardian.beginConsent(of: record, by: caller, context: CallContext())
        try guardian.abandonWrite(write)
        harness.clock.move(by: .seconds(601))
        #expect(throws: GuardError.notAuthenticated) {
            try guardian.beginConsent(of: record, by: caller, context: CallContext())
        }
    }

    @Test func `a reset account has another password and code, a disabled one none`() throws {
        let guardian = harness.vault.guard
        let session = try #require(try signIn()).session
        let next = try guardian.setAccount(
            try #require(PrincipalID("ann")),
            password: Array("another sentence".utf8),
            isNew: false,
            by: .operator,
            context: CallContext()
        )
        let record = try #require(RecordID("Patient/a"))
        #expect(throws: GuardError.notAuthenticated) {
            try guardian.beginConsent(of: record, by: .session(session), context: CallContext())
        }
        #expect(next != secret)
        harness.clock.move(by: .seconds(60))
        #expect(try signIn() == nil)
        let step = OneTimeCode.step(at: harness.clock.now())
        let code = OneTimeCode.code(next, step: step)
        #expect(try signIn("ann", "another sentence", code: code) != nil)
        try guardian.disableAccount(
            try #require(PrincipalID("ann")),
            by: .operator,
            context: CallContext()
        )
        #expect(
            try signIn("ann", "another sentence", code: OneTimeCode.code(next, step: step + 1))
                == nil
        )
        #expect(try guardian.accounts(by: .operator).map(\.isDisabled) == [true])
        #expect(try guardian.audit().problems.isEmpty)
    }

    @Test func `accounts are for persons, kept by administrators, with a password worth one`()
        throws
    {
        let guardian = harness.vault.guard
        try harness.enrol("robot", Guard_Requester(kind: .integration), purposes: ["TREAT"])
        try harness.enrol("clerk", Guard_Requester(kind: .registrar), purposes: ["PATADMIN"])
        func add(_ name: String, _ password: String, _ caller: Caller = .operator) throws {
            _ = try guardian.setAccount(
                try #require(PrincipalID(name)),
                password: Array(password.utf8),
                isNew: true,
                by: caller,
                context: CallContext()
            )
        }
        #expect(throws: GuardError.exists(what: "account")) { try add("ann", password) }
        #expect(throws: GuardError.unknown(what: "principal")) { try add("nobody", password) }
        #expect(throws: GuardError.invalid(field: "password")) { try add("ann", "short") }
        #expect(throws: GuardError.notPermitted(action: "give this kind of principal an account")) {
            try add("robot", password)
        }
        let clerk = try harness.session("clerk")
        #expect(throws: GuardError.notPermitted(action: "keep accounts")) {
            try add("ann", password, clerk)
        }
    }

    @Test func `verify finds an account or its attempts changed behind the Guard's back`() throws {
        #expect(try signIn("ann", "wrong") == nil)
        for kind in [ItemKind.account, .attempts] {
            let storage = try harness.storageCopy()
            try storage.commit(
                StorageBatch(
                    firstIndex: try storage.logSize(),
                    items: [ItemChange(kind: kind, key: Array("ann".utf8), value: nil)]
                )
            )
            let again = try harness.opened(storage)
            let problems = try again.audit(by: .operator).problems
            #expect(problems.contains { $0.detail.contains("ann") }, "\(kind)")
            try again.close()
        }
    }
}
