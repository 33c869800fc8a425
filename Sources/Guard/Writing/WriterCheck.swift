internal import Consent
internal import MerkleLog
internal import VaultCore

extension GuardCore {
    private static let keepers: Set<RequesterKind> = [.registrar, .administrator]

    /// Refuses a token to write to the record of a patient where no rule lets it, and notes that.
    ///
    /// An emergency is left out of the question, for it opens reading alone (invariant `emergency-reads-only`).
    /// Registrars and administrators keep records by their office, and of a patient who is new here no rule can say
    /// anything.
    func requireWriter(_ session: WriteSession, of write: PatientWrite, _ state: GuardState) throws
    {
        guard let token = session.token, let principal = session.actor.principal,
            !Self.keepers.contains(principal.requester.kind), write.patient != nil,
            let subject = try state.subject(state.pseudonym(of: write))
        else { return }
        var access = AccessRequest(
            requester: principal.requester,
            patient: subject.reference,
            purposes: token.purposes,
            now: state.clock.now()
        )
        access.action = .write
        let decision = DecisionContext(
            request: access,
            facts: subject.facts.facts,
            directory: try state.directoryFacts(),
            policies: policies
        ).decision()
        guard decision.effect != .permit else { return }
        var header = try state.header(.decision, by: session.actor, context: session.context)
        header.action = access.action.rawValue
        header.purpose = token.purposes
        header.decision = .deny
        header.rules = decision.rules.map(\.id)
        header.policyDigest = policyDigest
        try state.append(header, parts: [GuardState.Part(patient: subject.pseudonym, body: [:])])
        try state.commit()
        throw GuardError.notPermitted(action: "write to this record")
    }
}
