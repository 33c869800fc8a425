public import Consent
internal import MerkleLog
public import VaultCore

/// What a consent would change for one requester, before it is given.
public struct ConsentTrial: Sendable {
    /// One segment of the patient's record.
    public struct Part: Sendable {
        /// Category and labels.
        public let segment: Segment
        /// Current records in it.
        public let records: Int
        /// What the requester gets of it now.
        public let before: SegmentVerdict
        /// What the requester would get of it.
        public let after: SegmentVerdict
        /// The rules that would decide.
        public let rules: [DeterminingRule]
    }

    /// The patient.
    public let patient: RecordID
    /// The decision about the request as a whole, with the consent.
    public let decision: Decision
    /// Decides about single records, with the consent.
    public let context: DecisionContext
    /// Segments that hold something, by name.
    public let parts: [Part]
    /// Whether the caller is the patient, who may see every record of the answer.
    public let isOwn: Bool
    /// The entry that notes this look.
    public let receipt: Receipt
}

extension GuardCore {
    /// Decides as if a consent were in force; no key leaves, and the look is an entry.
    ///
    /// - Parameters:
    ///   - consent: What it would state; `nil` decides by what is in force.
    ///   - patient: Whose.
    ///   - requester: Who would ask.
    ///   - purposes: For what.
    ///   - caller: The patient, an officer or a registrar; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: What would be released and withheld, by segment.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` and others.
    public func tryConsent(
        _ consent: PatientFacts.Entry?,
        of patient: PatientDesignation,
        for requester: Requester,
        purposes: [String],
        by caller: Caller,
        context: CallContext
    ) throws -> ConsentTrial {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "preview", "patient": patient.json, "purposes": .strings(purposes)],
                state: state,
                allowsOperator: false
            )
            let asked = try state.pseudonym(of: patient)
            try state.requireConsentKeeper(actor, of: asked)
            let (pseudonym, reference) = try state.known(patient)
            let now = try state.facts(of: pseudonym).facts
            var then = now
            if let consent { then.merge(consent) }
            let request = AccessRequest(
                requester: requester,
                patient: reference,
                purposes: purposes,
                now: state.clock.now()
            )
            let directory = try state.directoryFacts()
            let decide = { facts in
                DecisionContext(
                    request: request,
                    facts: facts,
                    directory: directory,
                    policies: self.policies
                )
            }
            let (old, new) = (decide(now), decide(then))
            let decision = new.decision()
            let receipt = try state.notePreview(
                of: pseudonym,
                by: actor,
                decision,
                purposes: purposes,
                context
            )
            return ConsentTrial(
                patient: reference,
                decision: decision,
                context: new,
                parts: try state.trialParts(of: pseudonym, old, new),
                isOwn: try state.ownPseudonym(of: actor) == pseudonym,
                receipt: receipt
            )
        }
    }
}

extension GuardState {
    fileprivate func notePreview(
        of patient: PatientPseudonym,
        by actor: Actor,
        _ decision: Decision,
        purposes: [String],
        _ context: CallContext
    ) throws -> Receipt {
        var header = try header(.decision, by: actor, context: context)
        header.action = "preview"
        header.purpose = purposes
        header.decision = .permit
        header.rules = ["consent-keeper.role"]
        header.grant = "none"
        let body: JSONValue = [
            "preview": "consent", "wouldBe": .string(decision.effect.rawValue),
        ]
        let (index, leaf) = try append(header, parts: [Part(patient: patient, body: body)])
        try commit()
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    fileprivate func trialParts(
        of pseudonym: PatientPseudonym,
        _ old: DecisionContext,
        _ new: DecisionContext
    ) throws -> [ConsentTrial.Part] {
        guard let patient = try self.patient(pseudonym) else { return [] }
        var counts = [Int](repeating: 0, count: patient.segments.count)
        for item in try catalogue(of: pseudonym).items where !item.isDeleted {
            counts[Int(item.segment)] += 1
        }
        return zip(patient.segments, counts).filter { $0.1 > 0 }.map { segment, count in
            let record = RecordAttributes(category: segment.category, labels: segment.labels)
            return ConsentTrial.Part(
                segment: segment,
                records: count,
                before: old.segmentVerdict(category: segment.category, labels: segment.labels),
                after: new.segmentVerdict(category: segment.category, labels: segment.labels),
                rules: new.decision(for: record).rules
            )
        }.sorted { $0.segment.name < $1.segment.name }
    }
}
