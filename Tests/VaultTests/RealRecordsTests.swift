import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// The real Synthea records beside the project, through the whole vault.
struct RealRecordsTests {
    @Test(.enabled(if: SharedData.isExpected))
    func `every Synthea resource comes back to its patient as it came and the vault verifies`()
        throws
    {
        let harness = try VaultHarness()
        var expected: [String: [RecordID: [UInt8]]] = [:]
        var resources = 0
        let files =
            try SharedData.files(below: "synthea/shared-directory", suffix: ".json")
            + SharedData.files(below: "synthea/dev", suffix: "Patient.ndjson")
            + SharedData.files(below: "synthea/dev", suffix: ".ndjson")
            + SharedData.files(below: "synthea/dev", suffix: ".json")
        var done: Set<URL> = []
        for url in files where done.insert(url).inserted {
            let source = MemorySource(Array(try Data(contentsOf: url)))
            let report = try harness.vault.importFile(
                source,
                by: .operator,
                context: CallContext()
            )
            resources += report.resources
            try note(source, into: &expected)
        }
        var missing = 0
        var different = 0
        for (patient, records) in expected where patient != "Directory" {
            let id = try harness.register(
                "p-\(patient.dropFirst(8))",
                Requester(kind: .patient, references: [patient])
            )
            let outcome = try harness.request(id, patient, "PATRQT")
            let disclosure = try #require(outcome.released, "\(patient)")
            let found = Dictionary(
                disclosure.records.map { ($0.record, $0.bytes) },
                uniquingKeysWith: { a, _ in a }
            )
            for (record, bytes) in records {
                if found[record] == nil {
                    missing += 1
                } else if found[record] != bytes {
                    different += 1
                }
            }
        }
        print("synthea/dev: \(resources) resources, \(expected.count) owners")
        #expect(missing == 0)
        #expect(different == 0)
        #expect(try harness.vault.verify().problems == [])
    }

    /// Stored bytes by owner, read by the second pass alone.
    private func note(
        _ source: MemorySource,
        into expected: inout [String: [RecordID: [UInt8]]]
    ) throws {
        var reader = FHIRFileReader(try FHIRFile(source), source)
        while let resource = try reader.nextResource() {
            let owner: String
            switch reader.summary.ownership(in: resource.document) {
            case .itself: owner = resource.record.description
            case .patient(let span):
                let text = resource.document.string(span.reference)
                owner = RecordID(literal: text)?.description ?? "?"
            case .shared: owner = "Directory"
            case .follows, .unowned: continue
            }
            expected[owner, default: [:]][resource.record] = resource.document.withBytes {
                Array($0)
            }
        }
    }
}
