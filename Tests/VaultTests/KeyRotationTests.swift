import Consent
import Guard
import Records
import Sealing
import Testing
import VaultCore

@testable import Vault

/// A patient's key is replaced: same record, new key, and never half of either.
struct KeyRotationTests {
    private let hard: HardVault
    private let own: PrincipalID
    private let officer: PrincipalID

    init() throws {
        hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a"), Small.patient("b"), Small.condition("c3", of: "b"),
        ])
        // A second version of one record: superseded versions are sealed anew as well.
        try hard.take([Small.condition("c1", of: "a", code: "J45.909")])
        own = try hard.register("self", Requester(kind: .patient, references: ["Patient/a"]))
        officer = try hard.register("officer", Requester(kind: .securityOfficer))
    }

    private func pseudonym() throws -> PatientPseudonym {
        let row = try #require(
            try hard.vault.records.patients().first { $0.records == 3 }
        )
        return row.patient
    }

    private func rows(_ patient: PatientPseudonym) throws -> [SealedRow] {
        var rows: [SealedRow] = []
        try hard.vault.records.forEachRow(of: patient, segments: nil, versions: .all) {
            rows.append($0.copy())
        }
        return rows
    }

    private func rotate(_ patient: PatientPseudonym) throws {
        _ = try hard.vault.rotateKey(
            of: patient,
            reason: "test",
            by: try hard.session(officer),
            context: CallContext()
        )
    }

    @Test func `every version is sealed anew and says the same`() throws {
        let patient = try pseudonym()
        let truth = try hard.everything(of: "a", by: own)
        let before = try rows(patient)
        try rotate(patient)
        let after = try rows(patient)
        #expect(before.count == 4 && after.count == 4)
        for (old, new) in zip(before, after) {
            #expect(old.header.segment != new.header.segment)
            #expect(old.header.epoch != new.header.epoch && old.sealed != new.sealed)
            #expect(old.header.record == new.header.record)
        }
        #expect(try hard.everything(of: "a", by: own) == truth)
        #expect(try hard.problems() == [])
        try hard.close()
        try hard.reopen()
        #expect(try hard.everything(of: "a", by: own) == truth)
        // And again, and a write after it.
        try rotate(patient)
        try hard.take([Small.condition("c9", of: "a")])
        #expect(try hard.everything(of: "a", by: own).count == truth.count + 1)
        #expect(try hard.problems() == [])
    }

    @Test func `keys that left before open nothing afterwards`() throws {
        let patient = try pseudonym()
        let old = try rows(patient)
        let plan = try hard.vault.core.beginKeyRotation(
            of: patient,
            rows: old.map { RotationRow($0) },
            reason: "a look",
            by: .operator,
            context: CallContext()
        )
        try hard.vault.guard.abandonWrite(plan.session)
        try rotate(patient)
        for row in try rows(patient) {
            for key in plan.openers.values {
                #expect(throws: SealingError.authenticationFailed) {
                    _ = try RecordOpener(writeKey: key).open(
                        row.sealed,
                        at: row.header.location(in: hard.id)
                    )
                }
            }
        }
        #expect(try hard.problems() == [])
    }

    @Test func `a rotation that leaves a version out is refused`() throws {
        let patient = try pseudonym()
        let all = try rows(patient).map { RotationRow($0) }
        for rows in [Array(all.dropLast()), [], all + [all[0]]] {
            #expect(throws: GuardError.invalid(field: "rows")) {
                try hard.vault.core.beginKeyRotation(
                    of: patient,
                    rows: rows,
                    reason: "",
                    by: .operator,
                    context: CallContext()
                )
            }
        }
        #expect(throws: GuardError.notPermitted(action: "rotate a patient's key")) {
            try hard.vault.rotateKey(
                of: patient,
                reason: "",
                by: try hard.session(own),
                context: CallContext()
            )
        }
    }

    @Test func `a crash leaves the patient wholly under the old key or wholly under the new`()
        throws
    {
        let truth = try hard.everything(of: "a", by: own)
        let before = try rows(try pseudonym()).map(\.header.segment)
        try hard.close()
        for step in Step.allCases {
            let copy = try HardVault(copying: hard)
            try copy.reopen()
            try stop(copy, after: step)
            copy.drop()
            try copy.reopen()
            let patient = try #require(try copy.vault.records.patients().first { $0.records == 3 })
            var after: [SegmentTag] = []
            try copy.vault.records.forEachRow(
                of: patient.patient,
                segments: nil,
                versions: .all
            ) { after.append($0.header.segment) }
            #expect((after == before) == (step < .rows), "\(step)")
            #expect(try copy.everything(of: "a", by: own) == truth, "\(step)")
            #expect(try copy.problems() == [], "\(step)")
        }
    }

    private enum Step: Int, CaseIterable, Comparable {
        case begun, announced, rows, finished
        static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    /// Goes through a rotation up to a step, as the use case does.
    private func stop(_ copy: HardVault, after step: Step) throws {
        let patient = try #require(try copy.vault.records.patients().first { $0.records == 3 })
            .patient
        let core = try copy.vault.core
        var old: [SealedRow] = []
        try copy.vault.records.forEachRow(of: patient, segments: nil, versions: .all) {
            old.append($0.copy())
        }
        let plan = try core.beginKeyRotation(
            of: patient,
            rows: old.map { RotationRow($0) },
            reason: "test",
            by: .operator,
            context: CallContext()
        )
        if step == .begun { return }
        var rotation = Rotation(plan: plan, vault: copy.id, random: SystemRandom())
        let rows = try old.map { try rotation.reseal($0) }
        let hashes = SealedHashes(pseudonym: patient, hashes: rows.map(\.commitment))
        let index = try #require(try core.recordIntent([hashes], in: plan.session))
        if step == .announced { return }
        try copy.vault.records.write { writer in
            for var row in rows {
                row.header.logIndex = Int64(index)
                try row.sealed.withUnsafeBytes { try writer.reseal(row.header, sealed: $0) }
            }
        }
        if step == .rows { return }
        _ = try core.finishWrite(plan.session)
    }
}
