import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

struct MainJobTests {
    @Test func `an imported record comes back to its patient byte for byte and the vault verifies`()
        throws
    {
        let harness = try VaultHarness()
        _ = try harness.importExample("directory.json")
        let report = try harness.importExample("en-margaret-whitfield.json")
        #expect(report.patients == 1)
        let patient = try harness.register(
            "margaret",
            Requester(kind: .patient, references: ["Patient/margaret"])
        )
        let outcome = try harness.request(patient, "margaret", "PATRQT")
        let disclosure = try #require(outcome.released)
        print("report", report, "released", disclosure.releasedCount)
        let verified = try harness.vault.verify()
        #expect(verified.problems == [])
        print(verified.entries, verified.versions, verified.notes)
    }
}
