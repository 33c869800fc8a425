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

/// A later import makes a stored record sensitive: it moves to its new segment in the same write.
struct RelabelTests {
    private func vault() throws -> (HardVault, patient: PrincipalID) {
        let hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.claim("k1", of: "a", condition: "c2"),
            Small.condition("c1", of: "a"),
        ])
        return (
            hard, try hard.register("self", Requester(kind: .patient, references: ["Patient/a"]))
        )
    }

    private func segment(of record: String, _ hard: HardVault, _ id: PrincipalID) throws -> Segment
    {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        request.record = RecordID(record)
        let outcome = try hard.vault.guard.release(request, by: try hard.signed(id, request.json))
        guard case .granted(let grant) = outcome, grant.segments.count == 1 else {
            throw GuardError.grantEnded
        }
        return grant.segments[0].segment
    }

    private func grant(_ hard: HardVault, _ id: PrincipalID) throws -> Grant {
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        let outcome = try hard.vault.guard.release(request, by: try hard.signed(id, request.json))
        guard case .granted(let grant) = outcome else { throw GuardError.grantEnded }
        return grant
    }

    @Test func `a claim becomes as sensitive as the condition that comes after it`() throws {
        let (hard, patient) = try vault()
        let before = try segment(of: "Claim/k1", hard, patient)
        #expect(before.labels == .none)
        let old = try grant(hard, patient)
        let oldKeys = old.segments
        let report = try hard.take([Small.condition("c2", of: "a", code: "F32.9")])
        #expect(report.relabelled == 1)
        let after = try segment(of: "Claim/k1", hard, patient)
        #expect(after.category == before.category && after.labels != .none)
        #expect(try hard.problems() == [])
        let shown = try hard.everything(of: "a", by: patient)
        #expect(shown["Claim/k1"] == Small.claim("k1", of: "a", condition: "c2"))
        // No key of the old grant opens what was sealed anew.
        var isOpened = 0
        try hard.vault.records.forEachRow(of: old.patient, segments: nil, versions: .all) { row in
            for segment in oldKeys {
                var header = row.header
                header.segment = segment.tag
                for place in [row.header, header] {
                    let opener = try SegmentOpener(readKey: segment.readKey)
                    if let bytes = try? opener.open(row.sealed, at: place.location(in: hard.id)),
                        String(decoding: bytes, as: UTF8.self).contains("k1")
                    {
                        isOpened += 1
                    }
                }
            }
        }
        #expect(isOpened == 0)
    }

    @Test func `a record of the very same file moves again when a later one makes it sensitive`()
        throws
    {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        // More resources than a batch holds stand between the claim and its diagnosis.
        let filler = (0..<8_300).map {
            #"{"resourceType":"Basic","id":"f\#($0)","code":{"text":"x"},"subject":{"reference":"Patient/a"}}"#
        }
        let report = try hard.take(
            [Small.patient("a"), Small.claim("k1", of: "a", condition: "c2")] + filler
                + [Small.condition("c2", of: "a", code: "F32.9")]
        )
        #expect(report.relabelled == 1)
        #expect(report.resources == filler.count + 3)
        #expect(try hard.problems() == [])
        #expect(try segment(of: "Claim/k1", hard, patient).labels != .none)
        #expect(
            try hard.everything(of: "a", by: patient)["Claim/k1"]
                == Small.claim("k1", of: "a", condition: "c2")
        )
    }

    @Test func `a crash at any write of a re-labelling leaves the old state or the new one`() throws
    {
        for isPersisted in [false, true] {
            for write in 0..<4 {
                for isRecords in [false, true] {
                    let (hard, patient) = try vault()
                    let faults = isRecords ? hard.recordFaults : hard.guardFaults
                    faults.fail(after: write, isPersisted ? .failButPersist : .fail)
                    let source = [Small.condition("c2", of: "a", code: "F32.9")]
                    let wasTaken = (try? hard.take(source)) != nil
                    faults.fail(after: nil)
                    hard.drop()
                    try hard.reopen()
                    #expect(try hard.problems() == [], "\(write) \(isPersisted) \(isRecords)")
                    let shown = try hard.everything(of: "a", by: patient)
                    #expect(shown["Claim/k1"] != nil)
                    let isNew = shown["Condition/c2"] != nil
                    #expect(isNew || !wasTaken)
                    #expect(
                        (try segment(of: "Claim/k1", hard, patient).labels != .none) == isNew
                    )
                    try hard.take(source)
                    #expect(try segment(of: "Claim/k1", hard, patient).labels != .none)
                    #expect(try hard.problems() == [])
                }
            }
        }
    }
}
