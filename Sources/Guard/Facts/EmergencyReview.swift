internal import Consent
internal import MerkleLog
internal import VaultCore

/// What an officer found of an emergency access.
public enum ReviewFinding: String, Sendable, Hashable, CaseIterable {
    /// It was right to break the glass.
    case justified
    /// It was not.
    case unjustified
    /// Somebody still has to be asked.
    case open
}

extension GuardCore {
    /// Notes an officer's review of an emergency access; the patient sees that it took place.
    ///
    /// - Parameters:
    ///   - index: The decision's entry.
    ///   - finding: What the officer found.
    ///   - note: For other officers; never shown to the patient.
    ///   - caller: A privacy officer.
    ///   - context: Where the call came from.
    /// - Returns: The review's entry.
    /// - Throws: ``GuardError/unknown(what:)`` where there is no such emergency, and others.
    public func reviewEmergency(
        _ index: UInt64,
        finding: ReviewFinding,
        note: String?,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: [
                    "kind": "review", "index": .int(Int64(clamping: index)),
                    "finding": .string(finding.rawValue),
                ],
                state: state,
                allowsOperator: false
            )
            guard actor.principal?.requester.kind == .privacyOfficer else {
                throw GuardError.notPermitted(action: "review an emergency")
            }
            let entry = try LogReader(state: state).entry(index, parts: .all)
            guard entry.kind == EntryKind.decision.name, let part = entry.parts.first,
                let reason = entry["breakGlassReason"], reason != "none", reason != "unknown"
            else { throw GuardError.unknown(what: "emergency at this index") }
            var header = try state.header(.fact, by: actor, context: context)
            header.action = "review-emergency"
            var body: JSONValue = [
                "reviewed": .int(Int64(clamping: index)), "finding": .string(finding.rawValue),
            ]
            if let note { body.set("note", .string(note)) }
            let (place, leaf) = try state.append(
                header,
                parts: [GuardState.Part(patient: part.pseudonym, body: body)]
            )
            try state.commit()
            return Receipt(index: place, leafHash: leaf.bytes)
        }
    }
}
