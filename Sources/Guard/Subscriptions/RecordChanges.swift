internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

/// Whose records were written in a stretch of the log.
public struct RecordChanges: Sendable, Hashable {
    /// Patients with new versions, each once.
    public var patients: [PatientPseudonym]
    /// Indexes of the intents that announced them: what a row states as its own.
    public var intents: Set<Int64>
    /// Whether something that decides was stated or withdrawn.
    public var hasNewFacts: Bool
    /// Where to go on.
    public var next: UInt64
}

extension GuardCore {
    /// Whose records were written since an entry; the log is the queue of notifications, so nothing can be lost.
    ///
    /// Nothing of a record leaves here and no name: no entry is due.
    ///
    /// - Parameters:
    ///   - index: The first entry to look at.
    ///   - caller: Who may write records, or the operator, by ``GuardRequest/subscriptions``.
    /// - Returns: At most ``changeStep`` entries' worth.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    /// - Complexity: O(entries looked at).
    public func changes(from index: UInt64, by caller: Caller) throws -> RecordChanges {
        try exclusively { mutable in
            let state = mutable.state
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.subscriptions,
                kinds: .writers,
                action: "deliver notifications"
            )
            let end = min(state.frontier.size, index + Self.changeStep)
            var found = RecordChanges(
                patients: [],
                intents: [],
                hasNewFacts: false,
                next: max(index, end)
            )
            guard index < end else { return found }
            let directory = state.ring.pseudonym(of: GuardState.directoryReference)
            var seen: Set<PatientPseudonym> = [directory]
            var stored: [UInt64] = []
            let reader = LogReader(state: state)
            try state.storage.forEachEntry(in: index..<end) { place, bytes in
                let bytes = Array(bytes)
                switch try EntryCodec.frame(ofStored: bytes).kind {
                case .fact: found.hasNewFacts = true
                case .stored:
                    let entry = try reader.open(place, bytes, parts: .only(directory))
                    stored += (entry.header["intents"]?.array ?? []).compactMap {
                        $0.int.map { UInt64($0) }
                    }
                default: break
                }
                return true
            }
            for intent in stored {
                guard let bytes = try state.storage.entry(at: intent) else {
                    throw GuardError.damagedState
                }
                found.intents.insert(Int64(clamping: intent))
                let entry = try EntryCodec.decode(bytes)
                for section in entry.sections.dropFirst() {
                    let patient = reader.patient(of: section.routing, index: intent)
                    if seen.insert(patient).inserted { found.patients.append(patient) }
                }
            }
            // A consent that comes in as a record is a fact by then.
            if !stored.isEmpty { found.hasNewFacts = true }
            return found
        }
    }

    /// Most entries of one ``changes(from:by:)``.
    public static let changeStep: UInt64 = 4_096
}
