public import Consent
public import Guard
public import VaultCore

/// Which past decisions other policies would have made otherwise.
public struct PolicyReplay: Sendable {
    /// One decision that would differ.
    public struct Change: Sendable {
        /// The decision's entry.
        public let index: UInt64
        /// When.
        public let time: Instant
        /// Who asked.
        public let actor: String
        /// About whom, as far as the vault still knows.
        public let patient: String
        /// For what.
        public let purposes: [String]
        /// The decision by the policies in force now.
        public let before: Decision
        /// The decision by the other policies.
        public let after: Decision
        /// Segments that would be released in addition.
        public let gained: [Segment]
        /// Segments that would no longer be released.
        public let lost: [Segment]
    }

    /// The decisions that would differ, oldest first.
    public let changes: [Change]
    /// Decisions that were compared.
    public let examined: Int
    /// Decisions that can no longer be put together again.
    public let omitted: Int
    /// Compared decisions that the policies in force now decide otherwise than the log says.
    public let alreadyDifferent: [UInt64]
}

extension VaultService {
    /// Decides every past request again, by the policies in force and by others, with the facts of its time.
    ///
    /// - Parameters:
    ///   - policies: The other policies.
    ///   - caller: An officer or the operator.
    ///   - context: Where the call came from.
    /// - Returns: What would differ.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func replay(
        _ policies: PolicySet,
        by caller: Caller,
        context: CallContext
    ) throws -> PolicyReplay {
        let past = try localGuard().pastDecisions(by: caller, context: context)
        var changes: [PolicyReplay.Change] = []
        var different: [UInt64] = []
        for decision in past.decisions {
            let before = Self.context(decision, `guard`.policies)
            let after = Self.context(decision, policies)
            let old = before.decision()
            if old.effect.rawValue != decision.entry["decision"] {
                different.append(decision.entry.index)
            }
            if let change = Self.change(decision, (before, old), after) { changes.append(change) }
        }
        return PolicyReplay(
            changes: changes,
            examined: past.decisions.count,
            omitted: past.omitted,
            alreadyDifferent: different
        )
    }

    private static func context(_ past: PastDecision, _ policies: PolicySet) -> DecisionContext {
        DecisionContext(
            request: PastRequest.request(past.entry, past.part, past.requester),
            facts: past.facts,
            directory: past.directory,
            policies: policies
        )
    }

    private static func change(
        _ past: PastDecision,
        _ before: (context: DecisionContext, decision: Decision),
        _ after: DecisionContext
    ) -> PolicyReplay.Change? {
        let new = after.decision()
        var gained: [Segment] = []
        var lost: [Segment] = []
        for segment in past.segments {
            let old = reach(before.context, before.decision, segment)
            let now = reach(after, new, segment)
            if now > old { gained.append(segment) }
            if now < old { lost.append(segment) }
        }
        guard new.effect != before.decision.effect || !gained.isEmpty || !lost.isEmpty else {
            return nil
        }
        return PolicyReplay.Change(
            index: past.entry.index,
            time: past.entry.time,
            actor: past.entry["actor"] ?? "unknown",
            patient: past.part.reference ?? "unknown",
            purposes: past.entry.header["purpose"]?.stringArray ?? [],
            before: before.decision,
            after: new,
            gained: gained,
            lost: lost
        )
    }

    /// How much of a segment goes: none, some, all.
    private static func reach(
        _ context: DecisionContext,
        _ decision: Decision,
        _ segment: Segment
    ) -> Int {
        guard decision.effect == .permit else { return 0 }
        switch context.segmentVerdict(category: segment.category, labels: segment.labels) {
        case .deny: return 0
        case .depends: return 1
        case .permit: return 2
        }
    }
}
