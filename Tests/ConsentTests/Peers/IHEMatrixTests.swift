import Consent
import Foundation
import Testing
import VaultTestSupport

/// IHE Privacy Consent on FHIR: the profile's example consents against its example resources.
struct IHEMatrixTests {
    static let folder = "consent/ihe-pcf/resources/"

    /// Facts of the profile: persons and organizations, the encounter, the group.
    static let resources = [
        "Patient-ex-patient", "Practitioner-ex-practitioner", "Practitioner-ex-author",
        "Practitioner-ex-clerk", "Organization-ex-organization", "Organization-ex-org-researcher",
        "Encounter-ex-encounter", "Group-ex-privilegedUsers",
    ]

    /// Files are read once: the matrix names few of them four thousand times.
    struct Files {
        var read: [String: [String: Any]] = [:]

        mutating func object(_ path: String) throws -> [String: Any] {
            if let known = read[path] { return known }
            let found = try ConsentTests.object(path)
            read[path] = found
            return found
        }
    }

    static func line(
        _ fields: [String],
        _ files: inout Files
    ) throws -> [String: Any] {
        let name = fields[0].replacing("/", with: "-")
        let record = fields[4].replacing("/", with: "-")
        let isExtra = record.contains("-x-")
        let folder = isExtra ? "consent/ihe-pcf/extra-resources/" : Self.folder
        let kind = fields[2].hasPrefix("Organization/") ? "researcher" : "clinician"
        return [
            "id": "x", "now": fields[1],
            "consents": [try files.object("\(Self.folder)\(name).json")],
            "resources": try resources.map { try files.object("\(Self.folder)\($0).json") },
            "requester": ["kind": kind, "reference": fields[2]],
            "patient": "Patient/ex-patient", "purpose": [fields[3]], "action": "read",
            "record": try files.object("\(folder)\(record).json"),
        ]
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `every row of the matrix is decided as IHE's notes say`() throws {
        let bytes = try SharedData.bytes("consent/ihe-pcf/decision-matrix-dev.csv")
        let text = String(decoding: bytes, as: UTF8.self)
        var counts: [String: Int] = [:]
        var files = Files()
        var mismatches: [String] = []
        for row in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                .map { String($0).trimmingCharacters(in: .whitespacesAndNewlines) }
            let answer = try decide(try Self.line(fields, &files))
            // "ambiguous" rows ask a vault to fail closed.
            let expected = fields[5] == "permit" ? "permit" : "deny"
            counts[fields[5], default: 0] += 1
            if answer.decision != expected {
                mismatches.append("\(row) -> \(answer)")
            }
        }
        print("IHE matrix: \(counts.sorted { $0.key < $1.key })")
        #expect(mismatches.isEmpty, "\(mismatches.count): \(mismatches.prefix(8))")
        #expect(counts.values.reduce(0, +) == 4_320)
    }
}
