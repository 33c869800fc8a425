public import Guard
public import VaultCore

/// An accounting of disclosures to a patient: what went to others, treatment, payment, operations and
/// authorized disclosures left out.
///
/// Source: 45 CFR 164.528(a) (six years, exempt purposes) and (b)(2) (date, recipient, description,
/// purpose). The Guard marks an entry as accountable when it decides; nothing is judged again here.
public struct Accounting: Sendable {
    /// One disclosure.
    public struct Line: Sendable {
        /// When.
        public let time: Instant
        /// Name of the recipient as registered.
        public let recipient: String
        /// What the recipient is.
        public let recipientKind: String
        /// Brief description: categories and number of records.
        public let description: String
        /// Brief purpose, and the law where the log names it.
        public let purpose: String
        /// Index of the entry.
        public let index: UInt64
    }

    /// First instant that is accounted for.
    public let since: Instant
    /// The disclosures, oldest first.
    public let lines: [Line]

    /// Six years in microseconds, two leap days included, so that no day is missed.
    private static let period = Duration.seconds(6 * 365 * 86_400 + 2 * 86_400)

    /// Makes an accounting.
    ///
    /// - Parameters:
    ///   - entries: All entries about one patient, oldest first.
    ///   - since: A shorter period, where the patient asked for one.
    ///   - now: When the accounting is asked for.
    ///   - names: Names of principals by id.
    public init(_ entries: [LoggedEntry], since: Instant?, now: Instant, names: [String: String]) {
        let start = now.advanced(by: .zero - Self.period)
        self.since = max(start, since ?? start)
        let from = self.since
        lines = LogEvent.events(entries)
            .filter { $0.kind == .saw && $0.isAccountable && $0.time >= from && $0.time <= now }
            .map { event in
                let what =
                    event.categories.isEmpty ? "records" : event.categories.joined(separator: ", ")
                let basis =
                    event.legalBasis.isEmpty ? "" : " (\(event.legalBasis.joined(separator: "; ")))"
                return Line(
                    time: event.time,
                    recipient: names[event.actor] ?? event.actor,
                    recipientKind: PlainWords.kind(event.actorKind),
                    description: "\(what): \(event.records) in number",
                    purpose: event.purposes.map(PlainWords.purpose).joined(separator: " and ")
                        + basis,
                    index: event.index
                )
            }
    }
}
