public import Guard
public import VaultCore

/// Emergencies that clinicians declared, each with its review: due, done, or overdue.
public struct Emergencies: Sendable {
    /// One declared emergency.
    public struct Line: Sendable {
        /// Index of the entry that declared it.
        public let index: UInt64
        /// When.
        public let time: Instant
        /// When it ended by itself.
        public let end: Instant
        /// Principal id.
        public let actor: String
        /// Name as registered.
        public let name: String
        /// The patient's reference, as far as the vault still knows it.
        public let patient: String?
        /// Coded reason.
        public let reason: String
        /// Whether it was permitted.
        public let isPermitted: Bool
        /// Requests under it, the first included.
        public let requests: Int
        /// Records that went out under it, the same ones counted again each time.
        public let records: Int
        /// Until when an officer must have reviewed it.
        public let reviewDue: Instant
        /// The newest review: its entry and what was found.
        public let review: (index: UInt64, finding: String)?
        /// Whether the patient is told: the entry is in the patient's own list.
        public let isToldToPatient: Bool

        /// Whether nobody has reviewed it for good.
        public var isOpen: Bool { review == nil || review?.finding == "open" }
    }

    /// Time an officer has for a review: 72 hours (45 CFR 164.308(a)(1)(ii)(D) names none).
    public static let reviewTime = Duration.seconds(72 * 3600)

    /// Newest first.
    public let lines: [Line]

    /// Collects the emergencies of a log.
    ///
    /// - Parameters:
    ///   - entries: All entries of the log, oldest first.
    ///   - names: Names of principals by id.
    public init(_ entries: [LoggedEntry], names: [String: String]) {
        var groups: [UInt64: [LoggedEntry]] = [:]
        var reviews: [UInt64: (index: UInt64, finding: String)] = [:]
        var grants: [String: UInt64] = [:]
        var released: [UInt64: Int] = [:]
        for entry in entries {
            let body = entry.parts.first?.body
            if let reviewed = body?["reviewed"]?.int, let finding = body?["finding"]?.string {
                reviews[UInt64(reviewed)] = (entry.index, finding)
            }
            let count = Int(clamping: body?["released"]?.int ?? 0)
            if entry.kind == "disclosure", let grant = entry["grant"], let first = grants[grant] {
                released[first, default: 0] += count
            }
            guard entry.kind == "decision", let reason = entry["breakGlassReason"],
                reason != "none", reason != "unknown"
            else { continue }
            let first = body?["continues"]?.int.map { UInt64($0) } ?? entry.index
            groups[first, default: []].append(entry)
            released[first, default: 0] += count
            if let grant = entry["grant"] { grants[grant] = first }
        }
        lines = groups.sorted { $0.key > $1.key }.compactMap { first, entries in
            guard let entry = entries.first else { return nil }
            return Line(
                index: first,
                time: entry.time,
                end: entry.time.advanced(by: Limits.breakGlassLifetime),
                actor: entry["actor"] ?? "unknown",
                name: entry["actor"].flatMap { names[$0] } ?? entry["actor"] ?? "unknown",
                patient: entry.parts.first?.reference,
                reason: entry["breakGlassReason"] ?? "unknown",
                isPermitted: entry["decision"] == "permit",
                requests: entries.count,
                records: released[first] ?? 0,
                reviewDue: entry.time.advanced(by: Self.reviewTime),
                review: reviews[first],
                isToldToPatient: !entry.parts.isEmpty
            )
        }
    }
}
