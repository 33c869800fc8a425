import Consent
import Foundation
import Testing

/// Consents in the form of IHE PCF, and questions about one observation.
enum PCF {
    static func purpose(_ code: String) -> [String: String] {
        ["system": CodeSystem.actReason, "code": code]
    }

    static func label(_ code: String) -> [String: String] {
        let isClearance = ["U", "L", "M", "N", "R", "V"].contains(code)
        return [
            "system": isClearance ? CodeSystem.confidentiality : CodeSystem.actCode, "code": code,
        ]
    }

    static func actor(_ reference: String) -> [String: Any] {
        [
            "role": ["coding": [["system": CodeSystem.participationType, "code": "IRCP"]]],
            "reference": ["reference": reference],
        ]
    }

    static func consent(_ provision: [String: Any], id: String = "c") -> [String: Any] {
        [
            "resourceType": "Consent", "id": id, "status": "active",
            "scope": [
                "coding": [["system": CodeSystem.consentScope, "code": "patient-privacy"]]
            ],
            "category": [["coding": [["system": "http://loinc.org", "code": "59284-0"]]]],
            "patient": ["reference": "Patient/p"], "dateTime": "2026-01-01",
            "provision": provision,
        ]
    }

    /// The shipped policies with one of `Policies/implicit`.
    static func policies(with file: String) throws -> PolicySet {
        let path = Shipped.folder.appending(path: "implicit/\(file)")
        let text = try String(contentsOf: path, encoding: .utf8)
        return try PolicySet(files: Shipped.files + [PolicySet.File(name: file, text: text)])
    }

    /// A criterion permits or denies what is inside, and leaves alone what is outside.
    static func expect(
        _ type: String,
        _ provision: [String: Any],
        inside: [String: Any],
        outside: [String: Any]
    ) throws {
        var rule = provision
        if type == "deny" {
            rule = ["type": "permit", "purpose": [purpose("TREAT")], "provision": [provision]]
        }
        let question = { Question(purpose: "TREAT", label: "N", more: $0) }
        let answers = try [inside, outside].map {
            try question($0).answer([consent(rule)]).decision
        }
        #expect(answers == (type == "permit" ? ["permit", "deny"] : ["deny", "permit"]))
    }

    struct Question {
        var purpose: String
        var label: String
        var kind = "clinician"
        var reference = "Practitioner/doctor"
        var now = "2026-06-01T12:00:00Z"
        var isTreating = false
        var isEmergency = false
        var more: [String: Any] = [:]

        var line: [String: Any] {
            var patient: [String: Any] = ["resourceType": "Patient", "id": "p"]
            if isTreating { patient["generalPractitioner"] = [["reference": reference]] }
            var record: [String: Any] = [
                "resourceType": "Observation", "id": "o", "status": "final",
                "subject": ["reference": "Patient/p"],
                "code": ["coding": [["system": "http://loinc.org", "code": "8480-6"]]],
                "meta": ["security": [label].map(PCF.label)],
            ]
            record.merge(more) { $1 }
            let isPatient = kind == "patient"
            var line: [String: Any] = [
                "id": "x", "now": now, "patient": "Patient/p", "purpose": [purpose],
                "requester": [
                    "kind": kind, "reference": isPatient ? "Patient/p" : reference,
                    "organization": "Organization/clinic",
                ],
                "record": record,
                "resources": [
                    patient,
                    [
                        "resourceType": "Practitioner", "id": "doctor",
                        "identifier": [["system": "http://example.org/npi", "value": "42"]],
                    ],
                    [
                        "resourceType": "Group", "id": "team", "type": "practitioner",
                        "actual": true,
                        "member": [["entity": ["reference": "Practitioner/doctor"]]],
                    ],
                    [
                        "resourceType": "PractitionerRole", "id": "role",
                        "practitioner": ["reference": "Practitioner/doctor"],
                    ],
                    [
                        "resourceType": "Encounter", "id": "e", "status": "finished",
                        "subject": ["reference": "Patient/p"],
                        "episodeOfCare": [["reference": "EpisodeOfCare/ep"]],
                    ],
                ],
            ]
            if isEmergency { line["facts"] = ["breakGlass": ["reason": "unconscious"]] }
            return line
        }

        func answer(
            _ consents: [[String: Any]],
            _ policies: PolicySet = Shipped.policies
        ) throws -> LineAnswer {
            var line = line
            line["consents"] = consents
            let data = try JSONSerialization.data(withJSONObject: line)
            var decider = PolicyDecideLine(policies: policies, labels: nil)
            return LineAnswer(decider.decide(Array(data)))
        }

        func isDenied(_ consents: [[String: Any]]) throws -> Bool {
            try answer(consents).decision == "deny"
        }
    }
}
