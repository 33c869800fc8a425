public import VaultCore

/// Whether a duty to tell somebody was done, as the case's own records say; each duty by itself.
///
/// An authority's clock is met only by a filing or an acknowledgement that names this very rule or this very
/// authority: what HHS was told meets nothing at Datatilsynet. Persons are told when no letter of the newest
/// queue is open. What a person did and did not write down counts as not done, and what was done before new facts
/// reopened the case settles nothing for whom they concern (``Incident/renewal``).
public struct DeadlineStanding: Sendable, Hashable {
    /// What is known of the duty.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Done, and not after the deadline.
        case met
        /// Done, after the deadline.
        case late
        /// Not done, and the deadline is over.
        case missed
        /// Not done yet.
        case open
    }

    /// What is known of the duty.
    public let state: State
    /// When it was done.
    public let doneAt: Instant?

    /// Looks a duty up in a case.
    ///
    /// - Parameters:
    ///   - deadline: The duty.
    ///   - incident: The case.
    ///   - now: The present.
    public init(_ deadline: BreachDeadline, in incident: Incident, at now: Instant) {
        doneAt =
            switch deadline.rule.recipient {
            case .authority: Self.filed(deadline, incident)
            case .individual: Self.told(incident)
            case .media: Self.published(incident)
            case .other: nil
            }
        let due = deadline.due?.instant
        state =
            switch (doneAt, due) {
            case (let done?, let due?): done <= due ? .met : .late
            case (_?, nil): .met
            case (nil, let due?): due < now ? .missed : .open
            case (nil, nil): .open
            }
    }

    /// The first filing or acknowledgement that names this rule or this authority.
    private static func filed(_ deadline: BreachDeadline, _ incident: Incident) -> Instant? {
        incident.currentRecords.lazy.compactMap { record -> Instant? in
            guard let event = record["event"]?.string.flatMap(IncidentEvent.init(rawValue:)),
                tells(deadline, event, record["artefacts"] ?? .null)
            else { return nil }
            return time(record)
        }.first
    }

    /// Whether a step tells an authority what this deadline asks for: it names the rule or the authority.
    static func tells(
        _ deadline: BreachDeadline,
        _ event: IncidentEvent,
        _ things: JSONValue
    ) -> Bool {
        switch event {
        case .file: names(deadline, things)
        case .reportOut: (things["receipts"]?.array ?? []).contains { names(deadline, $0) }
        default: false
        }
    }

    private static func names(_ deadline: BreachDeadline, _ said: JSONValue) -> Bool {
        if let text = said.string {
            // `HHS 2026-17`: the authority's name, then its receipt.
            guard let authority = deadline.authority else { return false }
            let rest = text.dropFirst(authority.count)
            return text.hasPrefix(authority) && rest.first?.isLetter != true && !rest.isEmpty
        }
        if let place = said["jurisdiction"]?.string, place != deadline.jurisdiction { return false }
        if let rule = said["rule"]?.string { return rule == deadline.rule.id }
        return said["authority"]?.string.map { $0 == deadline.authority } ?? false
    }

    /// When the last letter of the newest queue had its outcome; `nil` while one is open, and where the scope
    /// has a newer version: the persons whom it found have not been told.
    private static func told(_ incident: Incident) -> Instant? {
        let ledger = DeliveryLedger(incident)
        guard ledger.letterCount > 0, ledger.openCount <= 0,
            ledger.scopeVersion == incident.scopeVersion
        else { return nil }
        return ledger.entries.values.compactMap { Instant(rfc3339: $0.time) }.max()
    }

    /// When media or a page were told, with proof.
    private static func published(_ incident: Incident) -> Instant? {
        incident.currentRecords.first { record in
            let channel = record["artefacts"]?["channel"]?.string
            return record["event"] == .string(IncidentEvent.deliver.rawValue)
                && (channel == "media" || channel == "web")
        }.flatMap(time)
    }

    private static func time(_ record: JSONValue) -> Instant? {
        record["time"]?.string.flatMap { Instant(rfc3339: $0) }
    }

    /// Members that a deadline's document gets: `standing`, `doneAt`.
    var members: [JSONValue.Member] {
        [
            .init("standing", .string(state.rawValue)),
            .init("doneAt", doneAt.map { .string($0.description) } ?? .null),
        ]
    }
}

extension BreachClocksLine {
    /// The members of an answer, each duty with what its case says of it.
    ///
    /// - Parameters:
    ///   - answer: The deadlines.
    ///   - incident: The case.
    ///   - now: The present.
    /// - Returns: Members for an object; deadlines have `standing` and `doneAt` as well.
    public static func members(
        _ answer: BreachClocksAnswer,
        of incident: Incident,
        at now: Instant
    ) -> [JSONValue.Member] {
        let deadlines = answer.deadlines.map { deadline -> JSONValue in
            let standing = DeadlineStanding(deadline, in: incident, at: now)
            return .object((document(deadline).object ?? []) + standing.members)
        }
        return members(answer).map {
            $0.key == "deadlines" ? .init("deadlines", .array(deadlines)) : $0
        }
    }
}
