internal import FHIRModel
internal import VaultCore

/// The range of instants that a date in a search or in a resource means, in UTC where it has no zone.
struct SearchDate: Sendable, Hashable {
    var start: Int64
    var end: Int64

    /// Comparison prefixes of ordered values.
    enum Prefix: String, Sendable, CaseIterable {
        case eq, ne, gt, ge, lt, le, sa, eb, ap
    }

    /// Reads a date, dateTime or instant; also a time without seconds, as searches may have it.
    init?(_ text: some StringProtocol) {
        var text = String(text)
        if let mark = text.firstIndex(where: { $0 == "T" || $0 == "t" }) {
            let clock = text[text.index(after: mark)...]
            let zone = clock.firstIndex(where: { "Zz+-".contains($0) }) ?? clock.endIndex
            let time = clock[..<zone]
            let hours =
                time.count == 2 ? "\(time):00:00" : time.count == 5 ? "\(time):00" : "\(time)"
            text = text[...mark] + hours + (zone == clock.endIndex ? "Z" : "\(clock[zone...])")
            guard let date = PartialDate(text) else { return nil }
            start = date.earliest.microseconds
            // What was not written counts as the whole minute or second.
            let span: Int64 = time.count <= 5 ? 60_000_000 : time.contains(".") ? 1 : 1_000_000
            end = start + span
            return
        }
        guard let date = PartialDate(text) else { return nil }
        // PartialDate widens a day to all zones, because a rule must not permit too much; a search
        // compares days as they are written.
        let day = date.date.daysSince1970
        start = day * 86_400_000_000
        end = date.end.microseconds - 12 * 3_600_000_000
        if date.precision == .instant { return nil }
    }

    init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }

    /// Splits a value into its prefix and the rest.
    static func split(_ value: String) -> (prefix: Prefix, rest: Substring) {
        if value.count > 2, let prefix = Prefix(rawValue: String(value.prefix(2))) {
            return (prefix, value.dropFirst(2))
        }
        return (.eq, value[...])
    }

    /// Whether a value of a resource, `self`, stands to the value searched as the prefix says.
    ///
    /// Source: FHIR R4, search, prefixes; ranges compare by their ends.
    func meets(_ prefix: Prefix, _ asked: SearchDate) -> Bool {
        switch prefix {
        case .eq: asked.start <= start && end <= asked.end
        case .ne: !(asked.start <= start && end <= asked.end)
        case .gt: end > asked.end
        case .ge: end > asked.end || (asked.start <= start && end <= asked.end)
        case .lt: start < asked.start
        case .le: start < asked.start || (asked.start <= start && end <= asked.end)
        case .sa: start >= asked.end
        case .eb: end <= asked.start
        case .ap:
            start < asked.end + Self.leeway(asked) && end > asked.start - Self.leeway(asked)
        }
    }

    /// "Approximately" is within a day or a tenth of the range asked for, whichever is more.
    private static func leeway(_ asked: SearchDate) -> Int64 {
        max(86_400_000_000, (asked.end - asked.start) / 10)
    }

    /// The range of a node: a date, a Period with open ends, or the events of a Timing.
    static func ranges(of node: JSONNode) -> [SearchDate] {
        if let text = node.string { return SearchDate(text).map { [$0] } ?? [] }
        guard node.kind == .object else { return [] }
        if node["start"] != nil || node["end"] != nil {
            let start = node["start"]?.string.flatMap { SearchDate($0) }
            let end = node["end"]?.string.flatMap { SearchDate($0) }
            return [SearchDate(start: start?.start ?? .min, end: end?.end ?? .max)]
        }
        var found: [SearchDate] = []
        for event in node["event"]?.elements.map({ $0 }) ?? [] { found += ranges(of: event) }
        if let bounds = node["repeat"]?["boundsPeriod"] { found += ranges(of: bounds) }
        return found
    }
}
