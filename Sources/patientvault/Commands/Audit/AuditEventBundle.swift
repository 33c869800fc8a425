internal import VaultCore

/// Log entries as FHIR R4 AuditEvents in the manner of IHE BALP, for programs that collect those.
///
/// Source: FHIR R4 AuditEvent; IHE Basic Audit Log Patterns (PatientRead and its kin). The proof stays in
/// the log: an AuditEvent is a copy for reading.
struct AuditEventBundle {
    private let rows: [AuditRow]

    init(_ rows: [AuditRow]) { self.rows = rows }

    var bytes: [UInt8] {
        let bundle: JSONValue = [
            "resourceType": "Bundle", "type": "collection",
            "entry": .array(
                rows.map { row in
                    [
                        "fullUrl": .string("urn:patientvault:entry:\(row.index)"),
                        "resource": Self.event(row),
                    ]
                }
            ),
        ]
        return Array(bundle.prettyText.utf8)
    }

    private static func event(_ row: AuditRow) -> JSONValue {
        var event: JSONValue = [
            "resourceType": "AuditEvent", "id": .string("entry-\(row.index)"),
            "type": coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest"),
            "subtype": .array([
                coding("http://hl7.org/fhir/restful-interaction", interaction(row))
            ]), "action": .string(action(row)), "recorded": .string(row.time.description),
            "outcome": .string(row.decision == "deny" ? "4" : "0"),
        ]
        if !row.purposes.isEmpty {
            event.set(
                "purposeOfEvent",
                .array(
                    row.purposes.map {
                        ["coding": .array([coding(purposeSystem, $0)])]
                    }
                )
            )
        }
        event.set("agent", .array([agent(row)]))
        event.set(
            "source",
            [
                "observer": ["display": "patientvault"],
                "type": .array([
                    coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4")
                ]),
            ]
        )
        let entities = row.patients.map(entity)
        if !entities.isEmpty { event.set("entity", .array(entities)) }
        return event
    }

    private static let purposeSystem = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

    private static func coding(_ system: String, _ code: String) -> JSONValue {
        ["system": .string(system), "code": .string(code)]
    }

    private static func agent(_ row: AuditRow) -> JSONValue {
        [
            "type": [
                "coding": .array([
                    coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
                ])
            ], "who": ["identifier": ["value": .string(row.actor)]],
            "requestor": .bool(row.automated != "machine"),
        ]
    }

    private static func entity(_ reference: String) -> JSONValue {
        [
            "what": ["reference": .string(reference)],
            "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "1"),
            "role": coding("http://terminology.hl7.org/CodeSystem/object-role", "1"),
        ]
    }

    private static func interaction(_ row: AuditRow) -> String {
        switch (row.kind, row.action) {
        case ("decision", "find"): "search"
        case ("intent", _), ("stored", _): "create"
        case ("fact", _), ("principal", _), ("decision", "write"): "update"
        default: "read"
        }
    }

    private static func action(_ row: AuditRow) -> String {
        switch interaction(row) {
        case "create": "C"
        case "update": "U"
        case "search": "E"
        default: "R"
        }
    }
}
