public import VaultCore

/// A made-up patient with a small record; every resource carries the mark of test data.
public struct DrillPatient: Sendable, Hashable {
    /// From 1; says nothing about the group.
    public let number: Int
    /// Name of the group.
    public let group: String
    /// Code of the jurisdiction of the home.
    public let residence: String
    /// FHIR id.
    public let id: String
    /// The resources, Patient first.
    public let resources: [JSONValue]
    private let categories: [String: [String]]

    /// `Patient/…`.
    public var reference: String { "Patient/\(id)" }

    /// The claim that a health plan may ask about.
    public var claim: String { "\(id)-claim" }

    /// Names that cannot be taken for anybody's.
    private static let names: [String: [String]] = [
        "en": ["Synthia Drillwell", "Testa Examplewood"], "nb": ["Øvelse Prøvesen"],
        "lt": ["Bandomoji Pavyzdienė"], "ms": ["Contoh binti Latihan"], "ta": ["பயிற்சி மாதிரி"],
        "ko": ["연습 김예시"],
    ]

    private static let mark: JSONValue = [
        "tag": [
            ["system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"]
        ]
    ]

    init(
        number: Int,
        group: DrillScenario.Group,
        home: (code: String, language: String),
        begins: ZonedTime
    ) {
        let digits = String(number)
        let id = "drill-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        self.number = number
        self.group = group.name
        self.id = id
        residence = home.code
        let day = CivilDate(daysSince1970: begins.day.daysSince1970 - 40).description
        var maker = Maker(id: id, day: day)
        maker.patient(number: number, home: home, treatedBy: group.treatedBy)
        maker.record()
        if let insurer = group.insurer { maker.billing(insurer) }
        if let consentTo = group.consentTo { maker.consent(to: consentTo) }
        resources = maker.resources
        categories = maker.categories
    }

    /// Ids of the patient's records, `Observation/drill-0001-lab`.
    ///
    /// - Parameter names: Data categories.
    /// - Returns: In no order that means anything.
    public func records(of names: [String]) -> [String] {
        names.flatMap { categories[$0] ?? [] }
    }

    /// A further laboratory result, as a write brings it.
    ///
    /// - Parameter place: Number of the write, for the id.
    /// - Returns: One resource.
    public func laboratory(_ place: Int) -> JSONValue {
        Maker.laboratory("\(id)-lab-\(place)", id, "2026-01-02", mark: Self.mark)
    }

    private struct Maker {
        let id: String
        let day: String
        var resources: [JSONValue] = []
        var categories: [String: [String]] = [:]

        private var subject: JSONValue { ["reference": .string("Patient/\(id)")] }

        mutating func add(_ category: String, _ resource: JSONValue) {
            resources.append(resource)
            let type = resource["resourceType"]?.string ?? ""
            categories[category, default: []].append("\(type)/\(resource["id"]?.string ?? "")")
        }

        mutating func patient(
            number: Int,
            home: (code: String, language: String),
            treatedBy: String?
        ) {
            let names = DrillPatient.names[home.language] ?? ["Synthia Drillwell"]
            let parts = home.code.split(separator: "-")
            var address: [JSONValue.Member] = [
                .init("line", [.string("\(number) Rehearsal Road")]), .init("city", "Drillton"),
            ]
            if parts.count > 1 { address.append(.init("state", .string(String(parts[1])))) }
            address.append(.init("country", .string(String(parts[0]))))
            var members: [JSONValue.Member] = [
                .init("resourceType", "Patient"), .init("id", .string(id)),
                .init("meta", DrillPatient.mark),
                .init("name", [["text": .string("\(names[number % names.count]) \(number)")]]),
                .init("birthDate", .string("19\(40 + number % 50)-04-12")),
                .init("address", [.object(address)]),
                .init(
                    "communication",
                    [
                        [
                            "language": [
                                "coding": [
                                    [
                                        "system": "urn:ietf:bcp:47",
                                        "code": .string(home.language),
                                    ]
                                ]
                            ]
                        ]
                    ]
                ),
            ]
            if let treatedBy {
                members.append(
                    .init(
                        "generalPractitioner",
                        [["reference": .string("Practitioner/\(treatedBy)")]]
                    )
                )
            }
            add("demographics", .object(members))
        }

        mutating func record() {
            add(
                "medications",
                [
                    "resourceType": "MedicationRequest", "id": .string("\(id)-med"),
                    "meta": DrillPatient.mark, "status": "active", "intent": "order",
                    "medicationCodeableConcept": ["text": "Rehearsol 10 mg"], "subject": subject,
                    "authoredOn": .string(day),
                ]
            )
            add(
                "laboratory",
                Self.laboratory("\(id)-lab", id, day, mark: DrillPatient.mark)
            )
        }

        static func laboratory(
            _ id: String,
            _ patient: String,
            _ day: String,
            mark: JSONValue
        ) -> JSONValue {
            [
                "resourceType": "Observation", "id": .string(id), "meta": mark, "status": "final",
                "category": [
                    [
                        "coding": [
                            [
                                "system":
                                    "http://terminology.hl7.org/CodeSystem/observation-category",
                                "code": "laboratory",
                            ]
                        ]
                    ]
                ],
                "code": [
                    "coding": [["system": "http://loinc.org", "code": "718-7"]],
                    "text": "Hemoglobin",
                ], "subject": ["reference": .string("Patient/\(patient)")],
                "effectiveDateTime": .string(day),
                "valueQuantity": ["value": 14, "unit": "g/dL"],
            ]
        }

        mutating func billing(_ insurer: String) {
            add(
                "coverage",
                [
                    "resourceType": "Coverage", "id": .string("\(id)-cov"),
                    "meta": DrillPatient.mark, "status": "active", "beneficiary": subject,
                    "payor": [["reference": .string(insurer)]],
                ]
            )
            add(
                "billing",
                [
                    "resourceType": "Claim", "id": .string("\(id)-claim"),
                    "meta": DrillPatient.mark, "status": "active",
                    "type": [
                        "coding": [
                            [
                                "system": "http://terminology.hl7.org/CodeSystem/claim-type",
                                "code": "professional",
                            ]
                        ]
                    ], "use": "claim", "patient": subject, "created": .string(day),
                    "insurer": ["reference": .string(insurer)],
                    "provider": ["reference": "Organization/drill-hospital"],
                    "priority": ["coding": [["code": "normal"]]],
                    "insurance": [
                        [
                            "sequence": 1, "focal": true,
                            "coverage": ["reference": .string("Coverage/\(id)-cov")],
                        ]
                    ],
                ]
            )
        }

        mutating func consent(to actor: String) {
            add(
                "consents",
                [
                    "resourceType": "Consent", "id": .string("\(id)-consent"),
                    "meta": DrillPatient.mark, "status": "active",
                    "scope": [
                        "coding": [
                            [
                                "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                                "code": "patient-privacy",
                            ]
                        ]
                    ],
                    "category": [
                        ["coding": [["system": "http://loinc.org", "code": "59284-0"]]]
                    ], "patient": subject, "dateTime": .string(day), "performer": [subject],
                    "policy": [["uri": "https://policies.example/drill"]],
                    "provision": [
                        "type": "permit",
                        "actor": [
                            [
                                "role": [
                                    "coding": [
                                        [
                                            "system": .string(
                                                "http://terminology.hl7.org/CodeSystem/"
                                                    + "v3-ParticipationType"
                                            ), "code": "IRCP",
                                        ]
                                    ]
                                ],
                                "reference": ["reference": .string("Device/\(actor)")],
                            ]
                        ],
                        "purpose": [
                            [
                                "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                                "code": "TREAT",
                            ]
                        ],
                    ],
                ]
            )
        }
    }
}
