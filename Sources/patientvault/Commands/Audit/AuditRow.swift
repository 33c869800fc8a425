internal import Guard
internal import VaultCore

/// One entry as `audit list` shows it.
struct AuditRow {
    let index: UInt64
    let time: Instant
    let kind: String
    let actor: String
    let actorKind: String
    let organization: String?
    let patients: [String]
    let purposes: [String]
    let action: String?
    let decision: String?
    let rules: [String]
    let emergency: String?
    let released: Int64?
    let manifest: String?
    let automated: String?

    init(_ entry: LoggedEntry) {
        func known(_ field: String) -> String? {
            let text = entry[field]
            return text == "unknown" || text == "none" ? nil : text
        }
        index = entry.index
        time = entry.time
        kind = entry.kind
        actor = entry["actor"] ?? "unknown"
        actorKind = entry["actorKind"] ?? "unknown"
        organization = known("organization")
        patients = entry.parts.compactMap(\.reference)
        purposes = entry.header["purpose"]?.stringArray ?? []
        action = known("action")
        decision = known("decision")
        rules = entry.header["rules"]?.stringArray ?? []
        emergency = known("breakGlassReason")
        let counts = entry.parts.compactMap { $0.body["released"]?.int }
        released = counts.isEmpty ? nil : counts.reduce(0, +)
        let manifests = entry.parts.compactMap { $0.body["manifest"]?.string }
        manifest = manifests.isEmpty ? nil : manifests.joined(separator: " ")
        automated = known("automated")
    }

    /// The rest in a few words.
    var what: String {
        var words: [String] = []
        if let action { words.append(action) }
        if let released { words.append(Words.count(Int(released), "record")) }
        if let emergency { words.append("break-glass: \(emergency)") }
        return words.joined(separator: ", ")
    }

    var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "index": .int(Int64(clamping: index)), "time": .string(time.description),
            "kind": .string(kind), "actor": .string(actor), "actorKind": .string(actorKind),
            "organization": text(organization), "patient": text(patients.first),
            "patients": .strings(patients),
            "purpose": text(purposes.isEmpty ? nil : purposes.joined(separator: ",")),
            "action": text(action), "decision": text(decision), "rules": .strings(rules),
            "breakGlass": text(emergency), "released": released.map { .int($0) } ?? .null,
            "manifest": text(manifest), "automated": text(automated),
        ]
    }

    /// RFC 4180, with a quote before what a spreadsheet would run as a formula.
    static func csv(_ rows: [AuditRow]) -> String {
        func cell(_ text: String) -> String {
            let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
            let safe = (isFormula ? "'" : "") + text
            guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
            return "\"\(safe.replacing("\"", with: "\"\""))\""
        }
        let header = [
            "index", "time", "kind", "actor", "actorKind", "organization", "patient", "purpose",
            "action", "decision", "rules", "breakGlass", "released",
        ]
        let lines = rows.map { row in
            [
                String(row.index), row.time.description, row.kind, row.actor, row.actorKind,
                row.organization ?? "", row.patients.joined(separator: " "),
                row.purposes.joined(separator: " "), row.action ?? "", row.decision ?? "",
                row.rules.joined(separator: " "), row.emergency ?? "",
                row.released.map { String($0) } ?? "",
            ].map(cell).joined(separator: ",")
        }
        return ([header.joined(separator: ",")] + lines).map { $0 + "\r\n" }.joined()
    }
}
