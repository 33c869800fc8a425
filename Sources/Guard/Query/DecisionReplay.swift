public import Consent
internal import MerkleLog
internal import VaultCore

/// One past decision with what it was decided by.
public struct PastDecision: Sendable {
    /// The decision's entry.
    public let entry: LoggedEntry
    /// What it says of the patient.
    public let part: LoggedEntry.Part
    /// Who asked, as registered.
    public let requester: Requester
    /// What was known of the patient then.
    public let facts: PatientFacts
    /// What was known of practitioners and organizations then.
    public let directory: PatientFacts
    /// The segments that the patient's record has now.
    public let segments: [Segment]
}

extension GuardCore {
    /// Past decisions on reading a patient's record, with the facts as they stood at each.
    ///
    /// Reads the log once; decisions about patients or by principals whom the vault no longer knows are
    /// left out.
    ///
    /// - Parameters:
    ///   - caller: An officer or the operator.
    ///   - context: Where the call came from.
    /// - Returns: Oldest first, and how many were left out.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func pastDecisions(
        by caller: Caller,
        context: CallContext
    ) throws -> (decisions: [PastDecision], omitted: Int) {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "replay"],
                state: state,
                allowsOperator: true
            )
            try state.requireLogReader(actor, of: nil)
            let end = state.frontier.size
            var query = LogQuery()
            query.action = "replay"
            query.context = context
            try state.logReading(query, by: actor, of: nil)
            var replay = DecisionReplay(state: state)
            try replay.run(before: end)
            return (replay.decisions, replay.omitted)
        }
    }
}

/// Walks the log forwards with the facts of every patient.
private struct DecisionReplay {
    let state: GuardState
    private(set) var decisions: [PastDecision] = []
    private(set) var omitted = 0
    private var facts: [PatientPseudonym: PatientFacts] = [:]

    init(state: GuardState) { self.state = state }

    mutating func run(before end: UInt64) throws {
        var places: [(index: UInt64, kind: EntryKind)] = []
        try state.storage.forEachEntry(in: 0..<end) { index, bytes in
            let kind = try EntryFrame(bytes).kind
            if [.decision, .fact, .stored].contains(kind) { places.append((index, kind)) }
            return true
        }
        let reader = LogReader(state: state)
        for place in places {
            let entry = try reader.entry(place.index, parts: .all)
            switch place.kind {
            case .stored:
                // An intent counts from here on.
                for intent in entry.header["intents"]?.integers ?? [] {
                    try apply(try reader.entry(UInt64(intent), parts: .all))
                }
            case .fact: try apply(entry)
            default: try take(entry)
            }
        }
    }

    private mutating func apply(_ entry: LoggedEntry) throws {
        for part in entry.parts {
            _ = try FactsReplay.apply(
                part.body,
                to: &facts[part.pseudonym, default: PatientFacts()]
            )
        }
    }

    private mutating func take(_ entry: LoggedEntry) throws {
        guard let action = entry["action"], AccessAction(name: action) == .read,
            action != "preview"
        else { return }
        guard let part = entry.parts.first, part.reference != nil,
            let actor = entry["actor"].flatMap({ PrincipalID($0) }),
            let principal = try state.principal(actor),
            let patient = try state.patient(part.pseudonym), patient.erasedAt == nil
        else {
            omitted += 1
            return
        }
        let directory = state.ring.pseudonym(of: GuardState.directoryReference)
        decisions.append(
            PastDecision(
                entry: entry,
                part: part,
                requester: principal.requester,
                facts: facts[part.pseudonym] ?? PatientFacts(),
                directory: facts[directory] ?? PatientFacts(),
                segments: patient.segments
            )
        )
    }
}
