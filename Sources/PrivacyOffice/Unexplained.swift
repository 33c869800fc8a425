public import Guard
public import VaultCore

/// Accesses that nothing in the log explains, each with the evidence that was looked at.
///
/// Unexplained is neutral: it says where a person must look, never that somebody did wrong. A permission
/// that rests on a relationship, a consent, a claim or the patient's own request explains itself.
public struct Unexplained: Sendable {
    /// One access.
    public struct Finding: Sendable {
        /// Index of the entry.
        public let index: UInt64
        /// When.
        public let time: Instant
        /// Principal id.
        public let actor: String
        /// Name as registered.
        public let name: String
        /// The patient's reference, as far as the vault still knows it.
        public let patient: String?
        /// What happened.
        public let kind: LogEvent.Kind
        /// What was looked at, in plain words, the declared reason first.
        public let evidence: [String]
    }

    /// The findings, newest first.
    public let findings: [Finding]
    /// Accesses that were looked at.
    public let examined: Int

    /// Looks for explanations.
    ///
    /// - Parameters:
    ///   - entries: All entries of the log, oldest first; older ones may explain newer ones.
    ///   - since: Only accesses at or after this instant are reported.
    ///   - names: Names of principals by id.
    public init(_ entries: [LoggedEntry], since: Instant?, names: [String: String]) {
        let events = LogEvent.events(entries).filter { $0.patient != nil }
        var related: Set<String> = []
        for event in events where Self.isRelated(event) { related.insert(Self.pair(event)) }
        var findings: [Finding] = []
        var examined = 0
        for event in events where since.map({ event.time >= $0 }) ?? true {
            guard [.saw, .permitted, .lookedUp].contains(event.kind) else { continue }
            examined += 1
            if related.contains(Self.pair(event)) || Self.explains(event) { continue }
            findings.append(
                Finding(
                    index: event.index,
                    time: event.time,
                    actor: event.actor,
                    name: names[event.actor] ?? event.actor,
                    patient: event.patient,
                    kind: event.kind,
                    evidence: Self.evidence(event, in: events)
                )
            )
        }
        self.findings = findings.reversed()
        self.examined = examined
    }

    private static func pair(_ event: LogEvent) -> String {
        "\(event.actor) \(event.patient ?? "")"
    }

    private static func isEmergency(_ event: LogEvent) -> Bool {
        event.rules.contains { $0.hasPrefix("emergency") }
    }

    /// Whether the rules that decided show what the actor has to do with the patient.
    private static func isRelated(_ event: LogEvent) -> Bool {
        [.saw, .permitted].contains(event.kind) && !isEmergency(event) && !event.rules.isEmpty
    }

    private static func explains(_ event: LogEvent) -> Bool {
        event.kind == .lookedUp ? false : isRelated(event)
    }

    private static func evidence(_ event: LogEvent, in events: [LogEvent]) -> [String] {
        var lines: [String] = []
        if let reason = event.emergency {
            lines.append("declared: \(PlainWords.emergency(reason))")
        }
        if event.kind == .lookedUp { lines.append("looked up, and no disclosure followed") }
        lines.append("no entry shows a treatment relationship, a consent or a claim")
        let others = events.filter { pair($0) == pair(event) && $0.index != event.index }
        lines.append(
            others.isEmpty
                ? "no other entry by this person about this patient"
                : "\(others.count) other by this person about this patient"
        )
        return lines
    }
}
