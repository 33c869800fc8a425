public import Consent
internal import MerkleLog
internal import VaultCore

/// The facts of a patient as they stood when an entry was written.
public struct FactsAt: Sendable {
    /// What was known of the patient.
    public let facts: PatientFacts
    /// What was known of practitioners and organizations.
    public let directory: PatientFacts
    /// Log index of the entry that had last changed them.
    public let index: UInt64
}

extension GuardCore {
    /// A decision's entry with everything that decided it: the asker as now registered, and the patient's
    /// facts replayed up to the entry.
    ///
    /// - Parameters:
    ///   - index: The entry.
    ///   - caller: An officer, the operator, or the patient whom the entry is about, by
    ///     ``GuardRequest/entry(_:)``.
    ///   - context: Where the call came from.
    /// - Returns: The entry; without facts where it names no patient.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)``,
    ///   ``GuardError/damagedState`` where the patient's list is not complete, and others.
    public func explanation(
        of index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> ExplainedEntry {
        try exclusively { mutable in
            let entry = try entry(at: index, by: caller, context: context, &mutable)
            let state = mutable.state
            guard entry.kind == EntryKind.decision.name, let part = entry.parts.first,
                let actor = entry["actor"].flatMap({ PrincipalID($0) }),
                let principal = try state.principal(actor)
            else { return ExplainedEntry(entry: entry, requester: nil, facts: nil) }
            let replay = FactsReplay(state: state)
            let facts = try replay.facts(of: part.pseudonym, before: index)
            let directory = try replay.facts(
                of: state.ring.pseudonym(of: GuardState.directoryReference),
                before: index
            )
            return ExplainedEntry(
                entry: entry,
                requester: principal,
                facts: FactsAt(
                    facts: facts.facts,
                    directory: directory.facts,
                    index: facts.index
                )
            )
        }
    }
}

/// A decision's entry with what decided it.
public struct ExplainedEntry: Sendable {
    /// The entry.
    public let entry: LoggedEntry
    /// Who asked, as now registered; `nil` where the entry names no patient or nobody known asked.
    public let requester: Principal?
    /// What was known; `nil` where the entry names no patient.
    public let facts: FactsAt?

    package init(entry: LoggedEntry, requester: Principal?, facts: FactsAt?) {
        self.entry = entry
        self.requester = requester
        self.facts = facts
    }
}

/// Rebuilds a patient's facts from the entries that stated them.
struct FactsReplay {
    let state: GuardState

    func facts(of patient: PatientPseudonym, before index: UInt64) throws -> CachedFacts {
        var replayed = CachedFacts.none
        let stored = try storedIntents(before: index)
        // An intent counts from its `stored` entry on: what was stated in between comes first.
        let entries = try LogReader(state: state).history(of: patient).compactMap { entry in
            let place = entry.kind == "intent" ? stored[entry.index] : entry.index
            return place.flatMap { $0 < index ? (place: $0, entry: entry) : nil }
        }.sorted { ($0.place, $0.entry.index) < ($1.place, $1.entry.index) }
        for (_, entry) in entries {
            guard let body = entry.parts.first?.body else { continue }
            if try Self.apply(body, to: &replayed.facts) { replayed.index = entry.index }
        }
        return replayed
    }

    /// Intents whose rows were stored before an entry, and where; facts of the others never counted.
    private func storedIntents(before index: UInt64) throws -> [UInt64: UInt64] {
        var stored: [UInt64: UInt64] = [:]
        let reader = LogReader(state: state)
        try state.storage.forEachEntry(in: 0..<index) { position, bytes in
            guard try EntryFrame(bytes).kind == .stored else { return true }
            let entry = try reader.open(position, Array(bytes), parts: .only(GuardState.nobody))
            for intent in entry.header["intents"]?.integers ?? [] {
                stored[UInt64(intent)] = position
            }
            return true
        }
        return stored
    }

    /// Applies what an entry's part states; answers whether it stated anything.
    static func apply(_ body: JSONValue, to facts: inout PatientFacts) throws -> Bool {
        var changed = false
        for entry in try statements(in: body) {
            facts.merge(entry)
            changed = true
        }
        for item in body["withdrawn"]?.array ?? [] {
            guard let origin = item.string.flatMap({ RecordID($0) }) else {
                throw GuardError.damagedState
            }
            facts.remove(origin)
            changed = true
        }
        return changed
    }

    /// What a part states: an intent packs it, other entries write it out.
    private static func statements(in body: JSONValue) throws -> [PatientFacts.Entry] {
        if body["rows"] != nil { return try IntentPart(json: body).facts }
        return try (body["facts"]?.array ?? []).map { item in
            guard let entry = PatientFacts.Entry(encoded: item) else {
                throw GuardError.damagedState
            }
            return entry
        }
    }
}
