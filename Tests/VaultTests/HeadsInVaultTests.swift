import Consent
import Guard
import MerkleLog
import Sealing
import Testing
import VaultCore

@testable import Vault

/// The map of heads in a real vault: complete lists, calm windows, and what damages either.
struct HeadsInVaultTests {
    private let hard: HardVault
    private let officer: PrincipalID

    init() throws {
        hard = try HardVault()
        try hard.take([Small.practitioner, Small.patient("a"), Small.patient("b")])
        officer = try hard.register("officer", Requester(kind: .privacyOfficer))
    }

    private func key() throws -> NoteVerifierKey {
        try NoteVerifierKey(try hard.vault.guard.verifierKey)
    }

    private func designation(_ id: String) throws -> PatientDesignation {
        .id(try #require(FHIRID(id)))
    }

    private func check(_ text: String) throws -> ProofVerdict {
        ProofCheck.check(Array(text.utf8), key: try key())
    }

    @Test func `a patient's list is proved complete up to the checkpoint`() throws {
        let proof = try hard.vault.guard.historyProof(of: designation("a"), by: .operator)
        let verdict = try check(proof)
        #expect(verdict.problems == [] && verdict.notes == [])
        #expect(proof.contains("\nheads map\n"))
        // Nothing of the other patient is open: every part that can be read is this one's.
        let patients = Set(verdict.entries.flatMap(\.parts).map(\.patient))
        #expect(patients.count == 1)
        // The newest entry cannot be left out.
        let whole = try PatientHistoryProof(parsing: Array(proof.utf8))
        let short = PatientHistoryProof(
            entries: Array(whole.entries[1...]),
            heads: whole.heads,
            checkpoint: whole.checkpoint
        )
        #expect(
            try check(String(decoding: short.bytes, as: UTF8.self)).problems.map(\.kind) == [.heads]
        )
    }

    @Test func `a checkpoint under a clock that ran backwards leaves the map as its entry has it`()
        throws
    {
        try hard.take([Small.condition("c1", of: "a"), Small.patient("c")])
        hard.clock.advance(-60)
        _ = try hard.vault.core.checkpoint()
        hard.clock.advance(60)
        hard.drop()
        try hard.reopen()
        #expect(try hard.problems() == [])
        _ = try hard.vault.core.checkpoint()
        #expect(try hard.problems() == [])
        let proof = try hard.vault.guard.historyProof(of: designation("c"), by: .operator)
        #expect(try check(proof).problems == [])
    }

    @Test func `a calm window is proved, and one with an entry is not`() throws {
        let core = try hard.vault.core
        _ = try core.checkpoint()
        hard.clock.advance(60)
        let from = hard.clock.now()
        hard.clock.advance(60)
        try hard.take([Small.condition("c1", of: "b")])
        hard.clock.advance(60)
        let until = hard.clock.now()
        hard.clock.advance(60)
        let calm = try core.notAccessedProof(
            of: designation("a"),
            from: from,
            until: until,
            by: .operator
        )
        let verdict = try check(try #require(calm))
        #expect(verdict.subject == .notAccessed && verdict.problems == [])
        let busy = try core.notAccessedProof(
            of: designation("b"),
            from: from,
            until: until,
            by: .operator
        )
        #expect(busy == nil)
        let window = try #require(
            try core.headsWindow(from: from, until: until, by: .operator)
        )
        #expect(window.start.time < from && window.end.time >= until)
        var proved = 0
        for patient in window.end.heads.keys where try window.proof(of: patient) != nil {
            proved += 1
        }
        #expect(window.end.heads.count - proved == 1)
        // Before the first `heads` entry nothing can be said.
        let early = Instant(microseconds: 0)
        #expect(try core.headsWindow(from: early, until: until, by: .operator) == nil)
    }

    @Test func `heads are stated once for what changed, also after a crash`() throws {
        _ = try hard.vault.guard.checkpoint()
        let size = try hard.vault.guard.status().logSize
        _ = try hard.vault.guard.checkpoint()
        #expect(try hard.vault.guard.status().logSize == size)
        try hard.take([Small.condition("c1", of: "a")])
        hard.drop()
        try hard.reopen()
        let proof = try hard.vault.guard.historyProof(of: designation("a"), by: .operator)
        #expect(try check(proof).problems == [])
        try hard.close()
        try hard.reopen()
        #expect(try hard.problems() == [])
    }

    @Test func `only officers, the operator and the patient get these proofs`() throws {
        let clinician = try hard.register("doctor", Requester(kind: .clinician))
        let own = try hard.register("self", Requester(kind: .patient, references: ["Patient/a"]))
        let now = hard.clock.now()
        for (who, patient, isAllowed) in [
            (clinician, "a", false), (own, "b", false), (own, "a", true), (officer, "b", true),
        ] {
            let core = try hard.vault.core
            let caller = try hard.session(who)
            let attempt = {
                _ = try core.notAccessedProof(
                    of: try designation(patient),
                    from: now,
                    until: now,
                    by: caller
                )
            }
            if isAllowed {
                try attempt()
            } else {
                #expect(throws: GuardError.notPermitted(action: "read the log")) { try attempt() }
            }
        }
    }

    @Test func `an older tile put back, and a mark that was altered, are reported`() throws {
        _ = try hard.vault.guard.checkpoint()
        try hard.close()
        let old = try HardVault(copying: hard)
        try hard.reopen()
        try hard.take([Small.condition("c1", of: "a")])
        try hard.close()
        for filter in ["kind = 17", "kind = 1 AND key = CAST('heads' AS BLOB)"] {
            let copy = try HardVault(copying: hard)
            try copy.alter(
                copy.guardPath,
                """
                ATTACH '\(old.guardPath)' AS old;
                INSERT OR REPLACE INTO items SELECT * FROM old.items WHERE \(filter)
                """
            )
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            #expect(isFound, "\(filter)")
        }
    }
}
