internal import FHIRModel
internal import Guard
internal import VaultCore

/// A patient's yes to an app as a FHIR R4 Consent: what the ordinary decisions go by from then on.
///
/// Source: FHIR R4 Consent; IHE PCF 1.1.0 for the form of the provision; v3 ActReason for the purpose.
struct ConsentDocument {
    let id: FHIRID
    let patient: FHIRID
    let launch: Launch
    let categories: [DataCategory]
    let start: Instant
    let end: Instant

    var json: JSONValue {
        let subject: JSONValue = ["reference": .string("Patient/\(patient.text)")]
        let now: JSONValue = .string(start.description)
        return [
            "resourceType": "Consent", "id": .string(id.text), "status": "active",
            "scope": Self.coded(
                "http://terminology.hl7.org/CodeSystem/consentscope",
                "patient-privacy"
            ),
            "category": .array([Self.coded("http://loinc.org", "59284-0")]),
            "patient": subject, "dateTime": now, "performer": .array([subject]),
            "policy": .array([["uri": "urn:patientvault:app-launch"]]),
            "verification": .array([
                ["verified": true, "verifiedWith": subject, "verificationDate": now]
            ]),
            "provision": [
                "type": "permit",
                "period": ["start": now, "end": .string(end.description)],
                "actor": .array([
                    [
                        "role": Self.coded(
                            "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                            "IRCP"
                        ), "reference": recipient,
                    ]
                ]),
                "action": .array([
                    Self.coded("http://terminology.hl7.org/CodeSystem/consentaction", "access")
                ]),
                "purpose": .array([
                    [
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                        "code": "PATRQT",
                    ]
                ]),
                "class": .array(
                    categories.map {
                        [
                            "system": "urn:patientvault:data-category",
                            "code": .string($0.rawValue),
                        ]
                    }
                ),
            ],
        ]
    }

    /// Who runs the app, by what the Guard knows it by.
    private var recipient: JSONValue {
        let key = launch.recipientKey
        guard let bar = key.lastIndex(of: "|") else {
            return ["reference": .string(key), "display": .string(launch.recipient)]
        }
        return [
            "identifier": [
                "system": .string(String(key[..<bar])),
                "value": .string(String(key[key.index(after: bar)...])),
            ], "display": .string(launch.recipient),
        ]
    }

    private static func coded(_ system: String, _ code: String) -> JSONValue {
        ["coding": .array([["system": .string(system), "code": .string(code)]])]
    }
}
