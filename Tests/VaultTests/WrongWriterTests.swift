import Consent
import Testing
import VaultCore

@testable import Guard
@testable import MerkleLog
@testable import Vault

/// A Guard that wrote wrongly on purpose.
///
/// Every hash, signature and frame holds, and so does all that it keeps: only the replay of what the entries
/// say can see it.
struct WrongWriterTests {
    private let hard: HardVault
    private let patient: PatientPseudonym

    init() throws {
        hard = try HardVault()
        try hard.take([Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a")])
        for number in 2..<5 { try hard.take([Small.condition("c\(number)", of: "a")]) }
        let core = try hard.vault.localGuard()
        patient = try core.exclusively { $0.state.ring.pseudonym(of: "Patient/a") }
    }

    /// Writes an entry about the patient whose part points where `edit` says, and keeps the right head.
    private func write(
        _ edit: (inout PatientState, GuardState) throws -> Void
    ) throws {
        let core = try hard.vault.localGuard()
        try core.exclusively { mutable in
            let state = mutable.state
            var known = try #require(try state.patient(patient))
            try edit(&known, state)
            state.setPatient(patient, known)
            var header = EntryHeader(kind: .decision, time: try state.entryTime())
            header.actor = "admin"
            header.actorKind = "administrator"
            header.action = "read"
            header.decision = .deny
            try state.append(
                header,
                parts: [GuardState.Part(patient: patient, body: ["manifest": "-"])]
            )
            try state.commit()
        }
        // Signed and stated in a map of heads, as an honest Guard would.
        _ = try core.checkpoint()
    }

    private func reopened() throws -> [AuditProblem] {
        try hard.close()
        try hard.reopen()
        return try hard.problems()
    }

    @Test func `an entry that points past the one before it is found by the replay alone`() throws {
        try write { known, state in
            let newest = try #require(known.lastEntry)
            let entry = try LogReader(state: state).entry(newest, parts: .only(patient))
            // The newest entry about the patient is left out of their list.
            known.lastEntry = UInt64(
                try #require(entry.parts.first?.body["previous"]?.int)
            )
        }
        let problems = try reopened()
        #expect(problems.count == 1, "\(problems)")
        let detail = try #require(problems.first?.detail)
        #expect(detail.hasSuffix("does not follow the patient's entry before it"))
        // Hashes, signatures and frames hold: it is no damage of the disk.
        let audit = try hard.vault.localGuard().auditLog(extending: nil, by: .operator)
        #expect(audit.problems == [])
    }

    @Test func `an honest entry by the same hand is none`() throws {
        try write { _, _ in }
        #expect(try reopened() == [])
    }
}
