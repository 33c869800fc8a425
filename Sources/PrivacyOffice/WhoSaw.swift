public import Guard
public import VaultCore

/// Who saw a patient's record, in plain words: people first, programs apart, refusals last.
public struct WhoSaw: Sendable {
    /// Everything one actor did of one kind.
    public struct Group: Sendable {
        /// What they did.
        public let kind: LogEvent.Kind
        /// Principal id, or `operator`.
        public let actor: String
        /// Whether this is the patient.
        public let isYou: Bool
        /// Name as registered; `You` and `The operator` for those two.
        public let name: String
        /// What they are.
        public let actorKind: String
        /// How often.
        public let times: Int
        /// The first time.
        public let first: Instant
        /// The last time.
        public let last: Instant
        /// Why, in plain words.
        public let purposes: [String]
        /// Why in an emergency, in plain words.
        public let emergencies: [String]
        /// The codes behind ``purposes``.
        public let purposeCodes: [String]
        /// The codes behind ``emergencies``.
        public let emergencyCodes: [String]
        /// Data categories.
        public let categories: [String]
        /// Records, the same ones counted again each time.
        public let records: Int
        /// Whether a program acted on its own.
        public let isMachine: Bool
        /// Indexes of the entries.
        public let entries: [UInt64]

        /// One sentence.
        public var sentence: String {
            let isSelfExplaining = isYou || actorKind == "operator"
            let who = isSelfExplaining ? name : "\(name) (\(PlainWords.kind(actorKind)))"
            let often = times == 1 ? "once" : "\(times) times"
            let why = purposes.isEmpty ? "" : " " + purposes.joined(separator: " and ")
            let emergency =
                emergencies.isEmpty
                ? "" : ", because " + emergencies.joined(separator: " and ")
            let what = records == 1 ? "1 record" : "\(records) records"
            return switch kind {
            case .saw: "\(who) saw \(what) \(often)\(why)\(emergency)"
            case .permitted: "\(who) was let in \(often)\(why)\(emergency); no answer is in the log"
            case .refused: "\(who) asked \(often)\(why) and was refused"
            case .lookedUp: "\(who) looked you up \(often)"
            case .readLog: "\(who) read this list \(often)"
            case .wrote: "\(who) added to your record \(often)"
            case .madeKey: "\(who) had the key of your record made"
            case .stated: "\(who) recorded a decision of yours \(often)"
            case .reviewed: "\(who) reviewed an emergency access \(often)"
            case .previewed: "\(who) tried out \(often) what a consent would show"
            case .other: "\(who) did something else \(often)"
            }
        }
    }

    /// People and organizations to whom records went.
    public let people: [Group]
    /// Programs that read on their own.
    public let machines: [Group]
    /// Who asked and was refused.
    public let refused: [Group]
    /// Look-ups, readings of this list, additions to the record and the like.
    public let others: [Group]
    /// The first and the last entry about this patient.
    public let period: (first: Instant, last: Instant)?
    /// Entries about this patient.
    public let entryCount: Int

    /// Groups a patient's entries.
    ///
    /// - Parameters:
    ///   - entries: All entries about one patient, oldest first.
    ///   - names: Names of principals by id; an unknown id is shown as itself.
    ///   - own: Ids of principals who are the patient.
    public init(_ entries: [LoggedEntry], names: [String: String], own: Set<String>) {
        var groups: [String: [LogEvent]] = [:]
        let events = LogEvent.events(entries)
        for event in events {
            groups["\(event.kind) \(event.isMachine) \(event.actor)", default: []].append(event)
        }
        let all = groups.values.compactMap { Group($0, names: names, own: own) }
            .sorted {
                ($0.last, $0.actor, $0.kind.rawValue) > ($1.last, $1.actor, $1.kind.rawValue)
            }
        let saw: (Group) -> Bool = { $0.kind == .saw || $0.kind == .permitted }
        people = all.filter { saw($0) && !$0.isMachine }
        machines = all.filter { saw($0) && $0.isMachine }
        refused = all.filter { $0.kind == .refused }
        others = all.filter { !saw($0) && $0.kind != .refused }
        period = events.first.flatMap { first in events.last.map { (first.time, $0.time) } }
        entryCount = entries.count
    }
}

extension WhoSaw.Group {
    fileprivate init?(_ events: [LogEvent], names: [String: String], own: Set<String>) {
        guard let first = events.first, let last = events.last else { return nil }
        self.init(
            kind: first.kind,
            actor: first.actor,
            isYou: own.contains(first.actor),
            name: Self.name(first.actor, names, own),
            actorKind: first.actorKind,
            times: events.count,
            first: first.time,
            last: last.time,
            purposes: Self.distinct(events.flatMap(\.purposes).map(PlainWords.purpose)),
            emergencies: Self.distinct(events.compactMap(\.emergency).map(PlainWords.emergency)),
            purposeCodes: Self.distinct(events.flatMap(\.purposes)),
            emergencyCodes: Self.distinct(events.compactMap(\.emergency)),
            categories: Set(events.flatMap(\.categories)).sorted(),
            records: events.reduce(0) { $0 + $1.records },
            isMachine: first.isMachine,
            entries: events.map(\.index)
        )
    }

    private static func name(
        _ actor: String,
        _ names: [String: String],
        _ own: Set<String>
    ) -> String {
        if own.contains(actor) { return "You" }
        return actor == "operator" ? "The operator" : names[actor] ?? actor
    }

    private static func distinct(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
