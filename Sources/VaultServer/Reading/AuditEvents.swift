internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Log entries as FHIR R4 AuditEvents in the patterns of IHE BALP; read only, for officers, and for patients
/// those about themselves.
///
/// The proof stays in the log: an AuditEvent is a copy for reading. It has no clinical value, query or body
/// in it. Who may read the log is the Guard's decision, and reading it is an entry.
struct AuditEvents {
    let request: FHIRCall
    private static let defaultCount = 50

    init(_ request: FHIRCall) { self.request = request }

    func read() throws -> HTTPReply {
        try request.requester.require(.read, on: .auditEvent)
        guard let id = request.match.id, id.text.hasPrefix("entry-"),
            let index = UInt64(id.text.dropFirst(6))
        else { throw Problem.notFound }
        do {
            let entry = try request.vault.guard.entry(
                at: index,
                by: request.requester.caller,
                context: request.requester.context
            )
            return request.server.fhir(200, AuditEventText(entry).json.bytes)
        } catch GuardError.notPermitted { throw Problem.notFound }
    }

    func search() throws -> HTTPReply {
        try request.requester.require(.search, on: .auditEvent)
        var query = LogQuery()
        query.context = request.requester.context
        var count = Self.defaultCount
        var offset = 0
        let pairs = try request.pairs()
        for pair in pairs {
            switch pair.name {
            case "patient", "entity":
                query.patient = PatientDesignation(pair.value)
            case "patient.identifier": query.patient = PatientDesignation(pair.value)
            case "date": try Self.date(pair.value, &query)
            case "_count": count = min(try Self.number(pair), Searching.maximumCount)
            case "outcome": query.decision = pair.value == "0" ? "permit" : "deny"
            case "_page": offset = try Self.number(pair)
            default: continue
            }
        }
        if request.match.route.interaction == .compartmentSearch, let id = request.match.id {
            query.patient = .id(id)
        }
        if query.patient == nil, let own = request.requester.facts.patient {
            query.patient = .id(own)
        }
        let entries = try request.vault.guard.entries(query, by: request.requester.caller)
        let page = entries.reversed().dropFirst(offset).prefix(count)
        var bundle = BundleWriter(type: "searchset", total: entries.count)
        bundle.link("self", "\(request.base)/AuditEvent")
        for entry in page {
            bundle.add(
                audit: AuditEventText(entry).json.bytes,
                id: "entry-\(entry.index)",
                base: request.base
            )
        }
        return request.server.fhir(200, bundle.bytes())
    }

    private static func number(_ pair: QueryPair) throws -> Int {
        guard let number = Int(pair.value), number >= 0 else {
            throw Problem.invalid("a value of `\(pair.name)` is not of its kind", code: "value")
        }
        return number
    }

    private static func date(_ value: String, _ query: inout LogQuery) throws {
        let prefix = String(value.prefix(2))
        let hasPrefix = prefix.allSatisfy(\.isLetter)
        guard let date = PartialDate(hasPrefix ? value.dropFirst(2) : value[...]) else {
            throw Problem.invalid("a value of `date` is not of its kind", code: "value")
        }
        switch hasPrefix ? prefix : "eq" {
        case "ge", "gt", "sa": query.since = date.earliest
        case "le", "lt", "eb": query.until = date.end
        case "eq": (query.since, query.until) = (date.earliest, date.end)
        default:
            throw Problem.invalid("`date` is not evaluated in this form", code: "not-supported")
        }
    }
}

/// One log entry as an AuditEvent.
struct AuditEventText {
    let entry: LoggedEntry

    init(_ entry: LoggedEntry) { self.entry = entry }

    private static let act = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

    var json: JSONValue {
        let interaction = interaction
        var event: JSONValue = [
            "resourceType": "AuditEvent", "id": .string("entry-\(entry.index)"),
            "meta": [
                "versionId": "1", "lastUpdated": .string(entry.time.description),
                "profile": .strings([profile(interaction)]),
            ],
            "type": Self.coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest"),
            "subtype": .array([
                Self.coding("http://hl7.org/fhir/restful-interaction", interaction)
            ]), "action": .string(Self.action(interaction)),
            "recorded": .string(entry.time.description),
            "outcome": .string(entry["decision"] == "deny" ? "4" : "0"),
        ]
        let purposes = (entry.header["purpose"]?.stringArray ?? []).filter { $0 != "unknown" }
        if !purposes.isEmpty {
            event.set(
                "purposeOfEvent",
                .array(purposes.map { ["coding": .array([Self.coding(Self.act, $0)])] })
            )
        }
        event.set("agent", .array(agents))
        event.set(
            "source",
            [
                "observer": ["display": "patientvault"],
                "type": .array([
                    Self.coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4")
                ]),
            ]
        )
        if !entities.isEmpty { event.set("entity", .array(entities)) }
        return event
    }

    private var agents: [JSONValue] {
        let participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
        var user: JSONValue = [
            "type": ["coding": .array([Self.coding(participation, "IRCP")])],
            "who": ["identifier": ["value": .string(entry["actor"] ?? "unknown")]],
            "requestor": true,
        ]
        if let address = entry["sourceAddress"], address != "unknown" {
            user.set("network", ["address": .string(address), "type": "2"])
        }
        var agents = [user]
        if let client = entry["client"], client != "unknown", client != "none" {
            agents.append([
                "type": [
                    "coding": .array([
                        Self.coding("http://dicom.nema.org/resources/ontology/DCM", "110150")
                    ])
                ], "who": ["identifier": ["value": .string(client)]], "requestor": false,
            ])
        }
        return agents
    }

    private var entities: [JSONValue] {
        entry.parts.compactMap(\.reference).filter { $0.hasPrefix("Patient/") }.map {
            [
                "what": ["reference": .string($0)],
                "type": Self.coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "1"),
                "role": Self.coding("http://terminology.hl7.org/CodeSystem/object-role", "1"),
            ]
        }
    }

    private var interaction: String {
        switch (entry.kind, entry["action"] ?? "") {
        case ("decision", "find"): "search"
        case ("intent", _), ("stored", _): "create"
        case ("fact", _), ("principal", _), ("decision", "write"): "update"
        default: "read"
        }
    }

    private static func action(_ interaction: String) -> String {
        switch interaction {
        case "create": "C"
        case "update": "U"
        case "search": "E"
        default: "R"
        }
    }

    /// The pattern of IHE BALP, of which there is one with a patient and one without.
    private func profile(_ interaction: String) -> String {
        let name =
            switch interaction {
            case "create": "Create"
            case "update": "Update"
            case "search": "Query"
            default: "Read"
            }
        let patient = entities.isEmpty ? "" : "Patient"
        return
            "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.\(patient)\(name)"
    }

    private static func coding(_ system: String, _ code: String) -> JSONValue {
        ["system": .string(system), "code": .string(code)]
    }
}

extension BundleWriter {
    mutating func add(audit bytes: [UInt8], id: String, base: String) {
        add(raw: bytes, url: "\(base)/AuditEvent/\(id)")
    }
}
