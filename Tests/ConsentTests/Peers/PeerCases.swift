import Foundation
import VaultTestSupport

/// One case of a peer: what its own text or test says, and why we say something else where we do.
struct PeerCase {
    let peer: String
    let name: String
    let they: String
    let line: [String: Any]

    private static let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    private static let shiftLabels =
        "http://SHIFT-Task-Force.github.io/SLS-ValueSets/CodeSystem/AB352HealthSensitivityCs"

    /// HL7's R4 examples: who asks for what, and what the page of the example says.
    static func hl7() throws -> [PeerCase] {
        let observation: [String: Any] = [
            "resourceType": "Observation", "id": "o", "status": "final",
            "code": ["coding": [["system": "http://loinc.org", "code": "8867-4"]]],
        ]
        let document: [String: Any] = [
            "resourceType": "DocumentReference", "id": "d", "status": "current",
            "type": ["coding": [["system": "http://loinc.org", "code": "34133-9"]]],
            "author": [["reference": "Practitioner/xcda-author"]],
            "content": [["attachment": ["contentType": "application/hl7-cda+xml"]]],
        ]
        func item(_ type: String, _ id: String) -> [String: Any] {
            ["resourceType": type, "id": id]
        }
        let nurse = "Practitioner/f204"
        let other = "Practitioner/f201"
        return try [
            ("notThem", "the nurse who is named", "deny", nurse, "TREAT", observation),
            ("notThem", "another clinician", "permit", other, "TREAT", observation),
            ("notOrg", "the organization named", "deny", "Organization/f001", "TREAT", observation),
            ("notOrg", "another organization", "permit", "Organization/f002", "TREAT", observation),
            ("notThis", "the item that is named", "deny", other, "TREAT", item("Task", "example3")),
            ("notThis", "another item", "permit", other, "TREAT", item("Task", "other")),
            ("notAuthor", "what the custodian keeps", "deny", other, "TREAT", observation),
            ("Out", "anybody through the exchange", "deny", other, "TREAT", observation),
            ("grantor", "the recipient named", "permit", "Patient/example", "TREAT", observation),
            ("Emergency", "an ordinary visit", "deny", other, "TREAT", observation),
            ("Emergency", "emergency treatment", "permit", other, "ETREAT", observation),
            ("basic", "after its period", "deny", other, "TREAT", observation),
            ("signature", "the document named", "permit", "Practitioner/13", "TREAT", document),
            ("signature", "another record", "deny", "Practitioner/13", "TREAT", observation),
            (
                "smartonfhir", "prescriptions in time", "permit", "Device/app", "TREAT",
                item("MedicationRequest", "m")
            ),
            (
                "smartonfhir", "allergies in time", "deny", "Device/app", "TREAT",
                item("AllergyIntolerance", "a")
            ),
        ].map { consent, name, they, who, purpose, record in
            let patient = ["signature": "72", "smartonfhir": "xcda"][consent] ?? "f001"
            let times = ["signature": "2016-06-01T00:00:00Z", "basic": "2016-06-01T00:00:00Z"]
            let now = consent == "smartonfhir" ? "2016-06-23T07:10:00Z" : times[consent]
            return PeerCase(
                peer: "HL7 R4 `\(consent)`",
                name: name,
                they: they,
                line: try line(
                    "hl7-r4-examples/Consent-consent-example-\(consent)",
                    patient: patient,
                    who: who,
                    purpose: purpose,
                    now: now ?? "2015-12-01T00:00:00Z",
                    record: record,
                    labels: [["system": confidentiality, "code": "N"]]
                )
            )
        }
    }

    /// SHIFT's consents for California's AB 352.
    static func shift() throws -> [PeerCase] {
        try [
            ("Example", "N", "permit"), ("Example", "ABORTION", "permit in California"),
            ("Example", "CONTRACEPTION", "permit in California"), ("Example2", "N", "permit"),
            ("Example2", "ABORTION", "permit in California"), ("Example4", "N", "permit"),
            ("Example4", "ABORTION", "permit in California"), ("Example-AllowAll", "N", "permit"),
            ("Example-AllowAll", "ABORTION", "permit"),
        ].map { consent, label, they in
            let labels =
                label == "N"
                ? [["system": confidentiality, "code": "N"]]
                : [
                    ["system": shiftLabels, "code": label],
                    ["system": confidentiality, "code": "R"],
                ]
            return PeerCase(
                peer: "SHIFT AB 352 `\(consent)`",
                name: "a record labelled \(label)",
                they: they,
                line: try line(
                    "shift-ab352/resources/Consent-Consent-AB352-\(consent)",
                    patient: "example",
                    who: "Practitioner/p",
                    purpose: "TREAT",
                    now: "2025-02-01T00:00:00Z",
                    record: ["resourceType": "Observation", "id": "o", "status": "final"],
                    labels: labels
                )
            )
        }
    }

    private static func line(
        _ consent: String,
        patient: String,
        who: String,
        purpose: String,
        now: String,
        record: [String: Any],
        labels: [[String: String]]
    ) throws -> [String: Any] {
        var record = record
        let type = record["resourceType"] as? String ?? ""
        let owner = ["Task": "for", "AllergyIntolerance": "patient"][type] ?? "subject"
        record[owner] = ["reference": "Patient/\(patient)"]
        record["meta"] = ["security": labels]
        return [
            "id": "x", "now": now, "consents": [try object("consent/\(consent).json")],
            "resources": [["resourceType": "Patient", "id": patient]],
            "requester": [
                "kind": who.hasPrefix("Device/") ? "integration" : "clinician", "reference": who,
            ],
            "patient": "Patient/\(patient)", "purpose": [purpose], "action": "read",
            "record": record,
        ]
    }
}
