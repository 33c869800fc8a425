public import Guard
public import VaultCore

/// What one entry means for one patient.
public struct LogEvent: Sendable {
    /// What happened.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Records left, with the list of them in the entry.
        case saw
        /// Was permitted; no response is in the log.
        case permitted
        /// Asked and was refused.
        case refused
        /// Found the patient in a look-up.
        case lookedUp = "looked-up"
        /// Read this log.
        case readLog = "read-log"
        /// Added to or changed the record.
        case wrote
        /// Had a key made for the record.
        case madeKey = "made-key"
        /// Stated or withdrew a fact: a consent, a restriction.
        case stated
        /// Reviewed an emergency access.
        case reviewed
        /// Tried out what a consent would show.
        case previewed
        /// Anything else that the log says about the patient.
        case other
    }

    /// Index of the entry.
    public let index: UInt64
    /// When.
    public let time: Instant
    /// What happened.
    public let kind: Kind
    /// Principal id, or `operator`.
    public let actor: String
    /// The actor's kind.
    public let actorKind: String
    /// The patient's reference, as far as the vault still knows it.
    public let patient: String?
    /// Purposes of use as asked.
    public let purposes: [String]
    /// Data categories that the answer carried, as far as the entry says.
    public let categories: [String]
    /// Records that left.
    public let records: Int
    /// Coded break-glass reason.
    public let emergency: String?
    /// Rules that decided.
    public let rules: [String]
    /// Law that they rest on.
    public let legalBasis: [String]
    /// Whether a program acted on its own.
    public let isMachine: Bool
    /// Whether 45 CFR 164.528 wants it accounted for.
    public let isAccountable: Bool

    /// Reads the events of a list of entries.
    ///
    /// - Parameter entries: Oldest first, as the Guard gives them.
    /// - Returns: One event for each entry and patient; a permission whose response follows is left out,
    ///   because the response says more.
    public static func events(_ entries: [LoggedEntry]) -> [LogEvent] {
        let answered = Set(
            entries.filter { $0.kind == "disclosure" }.flatMap { entry in
                entry.parts.compactMap { $0.body["decision"]?.string }
            }
        )
        return entries.flatMap { entry in
            entry.parts.compactMap { part in
                let event = LogEvent(entry, part)
                let isAnswered = entry["grant"].map { answered.contains($0) } ?? false
                return event.kind == .permitted && isAnswered ? nil : event
            }
        }
    }

    private init(_ entry: LoggedEntry, _ part: LoggedEntry.Part) {
        index = entry.index
        time = entry.time
        kind = Self.kind(of: entry, part.body)
        actor = entry["actor"] ?? "unknown"
        actorKind = entry["actorKind"] ?? "unknown"
        patient = part.reference
        purposes = entry.header["purpose"]?.stringArray ?? []
        // A disclosure's header repeats what its grant could open, which is more than what it carried.
        let reach = entry.kind == "disclosure" ? nil : entry.header["categories"]
        categories = (part.body["categories"] ?? reach)?.stringArray ?? []
        records = part.body["released"]?.int.map { Int(clamping: $0) } ?? 0
        let reason = entry["breakGlassReason"]
        emergency = reason == "none" || reason == "unknown" ? nil : reason
        // A file of an export carries many patients: what decided about each is in the parts.
        rules = (part.body["rules"] ?? entry.header["rules"])?.stringArray ?? []
        legalBasis = (part.body["legalBasis"] ?? entry.header["legalBasis"])?.stringArray ?? []
        isMachine = entry["automated"] == "machine" || entry["actorKind"] == "integration"
        isAccountable =
            (part.body["accountable"] ?? entry.header["accountable"])?.bool ?? false
    }

    private static func kind(of entry: LoggedEntry, _ part: JSONValue) -> Kind {
        switch entry.kind {
        case "disclosure": return .saw
        case "decision":
            if part["found"] != nil { return .lookedUp }
            if part["read"] != nil { return .readLog }
            if part["preview"] != nil { return .previewed }
            if entry["decision"] == "deny" { return .refused }
            return part["manifest"] == nil ? .permitted : .saw
        case "intent", "stored", "abandoned": return .wrote
        case "fact": return part["reviewed"] == nil ? .stated : .reviewed
        case "key": return .madeKey
        default: return .other
        }
    }
}
