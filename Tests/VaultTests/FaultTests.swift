import Consent
import FHIRModel
import Foundation
import Guard
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// Every numbered write fails once, in both ways; afterwards the vault opens, verifies and holds what it
/// acknowledged.
struct FaultTests {
    /// A life of a vault; each step answers when it was acknowledged.
    private struct Life {
        let hard: HardVault
        var acknowledged: Set<String> = []
        var isRestricted = false
        var isErased = false

        mutating func run(
            clinician: PrincipalID,
            patient: PrincipalID,
            officers: [PrincipalID]
        )
            throws
        {
            try hard.take([Small.condition("c2", of: "a", code: "F32.9")])
            acknowledged.insert("Condition/c2")
            _ = try hard.request(clinician, "a", "TREAT") { $0.types = ["Condition"] }
            try hard.take([Small.condition("c1", of: "a", code: "E11.9")])
            acknowledged.insert("Condition/c1 v2")
            _ = try hard.vault.restrict(
                .id(try #require(FHIRID("a"))),
                RestrictionStatement(kind: .blockedPerson, person: "Practitioner/gp"),
                by: try hard.session(patient),
                context: CallContext()
            )
            isRestricted = true
            try hard.take([Small.patient("new"), Small.condition("n1", of: "new")])
            acknowledged.insert("Condition/n1")
            _ = try hard.vault.erase(
                .id(try #require(FHIRID("b"))),
                reason: "asked",
                basis: "GDPR 17",
                by: try hard.session(officers[0]),
                second: try hard.session(officers[1]),
                context: CallContext()
            )
            isErased = true
        }
    }

    private func once(
        _ pick: (HardVault) -> Faults,
        at write: Int?,
        _ mode: Faults.Mode
    ) throws -> Int {
        let hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.claim("k1", of: "a", condition: "c2"), Small.patient("b"),
        ])
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let other = try hard.register(
            "new",
            Requester(kind: .patient, references: ["Patient/new"])
        )
        let officers = try ["one", "two"].map {
            try hard.register($0, Requester(kind: .privacyOfficer))
        }
        var life = Life(hard: hard)
        let faults = pick(hard)
        faults.fail(after: write, mode)
        var failed = false
        do { try life.run(clinician: clinician, patient: patient, officers: officers) } catch {
            failed = true
        }
        let writes = faults.count
        #expect(failed == (write != nil), "write \(write ?? -1)")
        hard.guardFaults.fail(after: nil)
        hard.recordFaults.fail(after: nil)
        hard.drop()
        try hard.reopen()
        let problems = try hard.problems()
        #expect(problems == [], "write \(write ?? -1) \(mode)")
        let shown = try hard.everything(of: "a", by: patient)
        #expect(shown["Condition/c1"] != nil)
        if life.acknowledged.contains("Condition/c2") { #expect(shown["Condition/c2"] != nil) }
        if life.acknowledged.contains("Condition/c1 v2") {
            #expect(shown["Condition/c1"]?.contains("E11.9") == true)
        }
        if life.acknowledged.contains("Condition/n1") {
            #expect(try hard.everything(of: "new", by: other)["Condition/n1"] != nil)
        }
        if life.isRestricted {
            let count = try hard.request(clinician, "a", "TREAT").released?.releasedCount ?? 0
            #expect(count == 0, "write \(write ?? -1)")
        }
        if life.isErased {
            let status = try hard.vault.guard.erasedPatients()
            #expect(status.count == 1)
        }
        // And life goes on.
        try hard.take([Small.condition("after", of: "a")])
        #expect(try hard.everything(of: "a", by: patient)["Condition/after"] != nil)
        #expect(try hard.problems() == [])
        return writes
    }

    @Test func `a failed commit of the Guard's file loses nothing that was acknowledged`() throws {
        let writes = try once(\.guardFaults, at: nil, .fail)
        // One for each step that is acknowledged or begun; a new patient's key is in its intent's commit.
        #expect(writes >= 14)
        for write in 0..<writes { _ = try once(\.guardFaults, at: write, .fail) }
    }

    @Test func `a commit that was kept although it failed leaves nothing half written`() throws {
        let writes = try once(\.guardFaults, at: nil, .fail)
        for write in 0..<writes { _ = try once(\.guardFaults, at: write, .failButPersist) }
    }

    @Test func `a failed transaction of rows loses nothing that was acknowledged`() throws {
        let writes = try once(\.recordFaults, at: nil, .fail)
        #expect(writes >= 3)
        for write in 0..<writes { _ = try once(\.recordFaults, at: write, .fail) }
    }

    @Test func `rows that were kept although their commit failed are completed at the next start`()
        throws
    {
        let writes = try once(\.recordFaults, at: nil, .fail)
        for write in 0..<writes { _ = try once(\.recordFaults, at: write, .failButPersist) }
    }

    @Test func `after a failed commit nothing is disclosed before the next start`() throws {
        let hard = try HardVault()
        try hard.take([Small.practitioner, Small.patient("a")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        hard.guardFaults.fail(after: 0)
        #expect(throws: Faults.Broken.self) { try hard.request(patient, "a", "PATRQT") }
        hard.guardFaults.fail(after: nil)
        #expect(throws: GuardError.sealed) { try hard.request(patient, "a", "PATRQT") }
        hard.drop()
        try hard.reopen()
        #expect(try hard.request(patient, "a", "PATRQT").released != nil)
    }

    @Test func `rows that cannot be counted as stored stop the Guard until the next start`() throws
    {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let source = MemorySource(HardVault.bundle([Small.condition("c1", of: "a", code: "E11.9")]))
        let session = try hard.vault.guard.beginWrite(
            by: .operator,
            origin: "test",
            context: CallContext()
        )
        let file = try hard.vault.prepare(source)
        try hard.vault.records.write { writer in
            var work = ImportWork(vault: try hard.vault, session: session, writer: writer)
            _ = try work.run(file) { _, _ in }
        }
        hard.clock.advance(-60)
        #expect(throws: GuardError.clockWentBackwards) { try hard.vault.guard.finishWrite(session) }
        #expect(throws: GuardError.sealed) { try hard.request(patient, "a", "PATRQT") }
        hard.clock.advance(60)
        hard.drop()
        try hard.reopen()
        #expect(
            try hard.everything(of: "a", by: patient)["Condition/c1"]?.contains("E11.9") == true
        )
        #expect(try hard.problems() == [])
    }
}
