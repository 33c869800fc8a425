internal import VaultCore

extension Authenticator {
    /// A token that holds, with its principal as it is now.
    mutating func liveToken(
        _ text: String,
        state: GuardState
    ) throws -> (facts: TokenFacts, principal: Principal)? {
        let now = state.clock.now()
        guard let facts = try withDesk(state, { $0.facts(of: text, now: now) }),
            let principal = try state.principal(facts.principal), !principal.isDisabled
        else { return nil }
        if let user = facts.user {
            guard let user = try state.principal(user), !user.isDisabled else { return nil }
        }
        return (facts, principal)
    }

    mutating func issue(_ facts: TokenFacts, state: GuardState) throws -> String {
        try withDesk(state) { $0.issue(facts) }
    }

    mutating func revoke(_ facts: TokenFacts, state: GuardState) throws {
        let now = state.clock.now()
        try withDesk(state) { $0.revoke(facts, now: now) }
    }

    mutating func endTokens(ofClient id: String, state: GuardState) throws {
        let now = state.clock.now()
        try withDesk(state) { $0.end(ofClient: id, now: now) }
    }

    /// Ends the access tokens of a person's yes; gives in whose names they were.
    mutating func endTokens(ofGrant id: String, state: GuardState) throws -> Set<PrincipalID> {
        let now = state.clock.now()
        return try withDesk(state) { $0.end(ofGrant: id, now: now) }
    }

    /// Ends the access tokens of a patient's record that are in somebody's name.
    mutating func endTokens(
        of patient: FHIRID,
        heldBy holders: Set<PrincipalID>,
        state: GuardState
    ) throws {
        let now = state.clock.now()
        try withDesk(state) { $0.end(of: patient, heldBy: holders, now: now) }
    }

    /// Ends the access tokens that a person has let clients have.
    mutating func endTokens(ofUser id: PrincipalID, state: GuardState) throws {
        let now = state.clock.now()
        try withDesk(state) { $0.end(ofUser: id, now: now) }
    }

    mutating func isFirst(_ assertion: Assertion, now: Instant) -> Bool {
        replays.isFirst(assertion.id, of: assertion.client, end: assertion.end, now: now)
    }

    /// Whether a provider's token comes for the first time.
    mutating func isFirst(_ identity: IdentityToken, of client: String, now: Instant) -> Bool {
        replays.isFirst(identity.id, of: "openid \(client)", end: identity.end, now: now)
    }

    /// Whether a proof of possession comes for the first time.
    mutating func isFirst(_ proof: PossessionProof.Checked, now: Instant) -> Bool {
        replays.isFirst(proof.id, of: "dpop \(proof.thumbprint)", end: proof.end, now: now)
    }

    private mutating func withDesk<Value>(
        _ state: GuardState,
        _ body: (inout TokenDesk) -> Value
    ) throws -> Value {
        var desk = try tokens ?? TokenDesk(vault: state.vault, random: state.random)
        tokens = nil
        defer { tokens = desk }
        return body(&desk)
    }
}

extension Actor {
    /// Refuses what the caller's token is not for; callers without a token are not bound by one.
    func requireWithinToken(_ request: ReleaseRequest) throws(GuardError) {
        guard let token else { return }
        let refusal = GuardError.notPermitted(action: "read outside this token")
        guard Set(request.purposes).isSubset(of: token.purposes) else { throw refusal }
        if let patient = token.patient, request.patient != .id(patient) { throw refusal }
        guard let types = token.scopes.types(allowingAnyOf: [.read, .search]) else { return }
        guard !request.types.isEmpty, Set(request.types).isSubset(of: types) else { throw refusal }
    }
}
