import Consent
import Foundation
import Testing
import VaultTestSupport

/// LEAP's own decision cases: a consent, perhaps patched, and a request without a record.
struct LEAPCaseTests {
    static func line(_ item: [String: Any]) throws -> [String: Any] {
        var consents: [[String: Any]] = []
        for entry in item["consents"] as? [[String: Any]] ?? [] {
            let file = entry["file"] as? String ?? ""
            var consent = try object("consent/\(file)")
            let set = (entry["patch"] as? [String: Any])?["set"] as? [String: Any] ?? [:]
            for (path, value) in set {
                var keys = path.split(separator: ".").map(String.init)
                // R5 has the period on the consent itself.
                if item["fhir"] as? String == "R5" { keys.removeAll { $0 == "provision" } }
                consent = patched(consent, keys, value)
            }
            consents.append(consent)
        }
        var resources = [try object("consent/leap/resources/patient-boris.json")]
        for (reference, file) in item["actor_resources"] as? [String: String] ?? [:] {
            var resource = try object("consent/\(file)")
            resource["id"] = String(reference.split(separator: "/")[1])
            resources.append(resource)
        }
        let request = item["request"] as? [String: Any] ?? [:]
        let actors = request["actor"] as? [[String: String]] ?? []
        var line: [String: Any] = [
            "id": item["id"] ?? "", "now": item["now"] ?? "", "consents": consents,
            "resources": resources,
            "requester": [
                "kind": "clinician",
                "identifier": actors.map { "\($0["system"] ?? "")|\($0["value"] ?? "")" },
            ],
            "patient": "Patient/52", "purpose": request["purposeOfUse"] ?? [], "action": "read",
            "record": NSNull(),
        ]
        if let type = (request["class"] as? [[String: String]])?.first?["code"] {
            line["record"] = [
                "resourceType": type, "id": "x", "patient": ["reference": "Patient/52"],
            ]
        }
        return line
    }

    private static func patched(
        _ object: [String: Any],
        _ path: [String],
        _ value: Any
    ) -> [String: Any] {
        var object = object
        guard let key = path.first else { return object }
        object[key] =
            path.count == 1
            ? value
            : patched(object[key] as? [String: Any] ?? [:], Array(path.dropFirst()), value)
        return object
    }

    /// LEAP permits where any purpose asked for is allowed; here every one must be.
    static let deliberate: Set<String> = ["leap-r4-37", "leap-r5-38"]

    @Test(.enabled(if: SharedData.isExpected))
    func `every case is decided as LEAP decides it, but for the listed ones`() throws {
        let bytes = try SharedData.bytes("consent/leap/decision-cases-dev.jsonl")
        var differing: Set<String> = []
        var count = 0
        for row in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let value = try JSONSerialization.jsonObject(with: Data(row.utf8))
            let item = value as? [String: Any] ?? [:]
            let wanted = (item["expect"] as? [String: Any])?["decision"] as? String
            let answer = try decide(try Self.line(item))
            count += 1
            let expected = wanted == "CONSENT_PERMIT" ? "permit" : "deny"
            if answer.decision != expected {
                differing.insert(item["id"] as? String ?? "?")
                print(item["id"] ?? "", item["name"] ?? "", answer)
            }
        }
        #expect(count == 30)
        #expect(differing == Self.deliberate)
    }
}
