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

/// Promise 2: before a response leaves, an entry on disk lists exactly what it carries.
struct DisclosureEntryTests {
    private func count(of text: String) -> Int { Manifest(text)?.items.count ?? -1 }

    @Test func `the entry of a response lists every record in it and no other`() throws {
        let hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a", code: "F32.9"),
            Small.claim("k1", of: "a", condition: "c2"),
            Small.note("n1", of: "a", text: "nothing to report"),
        ])
        try hard.take([Small.condition("c1", of: "a", code: "E11.9")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        let session = try hard.session(officer)
        let edits: [(inout ReleaseRequest) -> Void] = [
            { _ in }, { $0.types = ["Condition"] }, { $0.types = ["Patient", "Claim"] },
            { $0.record = RecordID("Condition/c1") }, { $0.record = RecordID("Condition/none") },
            { $0.since = PartialDate("2026") }, { $0.types = ["Immunization"] },
        ]
        for (id, purpose) in [(patient, "PATRQT"), (clinician, "TREAT")] {
            for (number, edit) in edits.enumerated() {
                let disclosure = try #require(
                    try hard.request(id, "a", purpose, edit: edit).released
                )
                let entry = try hard.vault.guard.entry(
                    at: disclosure.receipt.index,
                    by: session,
                    context: CallContext()
                )
                let manifest = try #require(entry.parts.first?.body["manifest"]?.string)
                let items = try #require(Manifest(manifest)).items
                #expect(items.count == disclosure.releasedCount, "\(purpose) \(number)")
                let versions = disclosure.records.filter { !$0.isIncluded }.map(\.version).sorted()
                #expect(items.map(\.version).sorted() == versions, "\(purpose) \(number)")
                #expect(entry["actor"] == id.text)
            }
        }
        #expect(try hard.problems() == [])
    }

    @Test func `when the entry cannot be written no key and no record leaves`() throws {
        for write in 0..<2 {
            for mode in [Faults.Mode.fail, .failButPersist] {
                let hard = try HardVault()
                try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
                let patient = try hard.register(
                    "self",
                    Requester(kind: .patient, references: ["Patient/a"])
                )
                hard.guardFaults.fail(after: write, mode)
                // Two entries: the decision, and the manifest that is known only after opening.
                #expect(throws: Faults.Broken.self) {
                    try hard.request(patient, "a", "PATRQT") { $0.types = ["Condition"] }
                }
                #expect(hard.guardFaults.count == write + 1)
            }
        }
    }

    @Test func `rows that are gone or set back are not answered as if nothing were missing`() throws
    {
        for sql in [
            "DELETE FROM record_version WHERE version = 2",
            "UPDATE record_version SET state = 0 WHERE version = 2; UPDATE record_version SET state = 1 WHERE version = 1",
        ] {
            let hard = try HardVault()
            try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
            try hard.take([Small.condition("c1", of: "a", code: "E11.9")])
            let patient = try hard.register(
                "self",
                Requester(kind: .patient, references: ["Patient/a"])
            )
            try hard.close()
            try hard.alter(hard.recordPath, sql)
            try hard.reopen()
            #expect(throws: (any Error).self) { try hard.request(patient, "a", "PATRQT") }
        }
    }
}
