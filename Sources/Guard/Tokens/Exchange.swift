internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    /// Gives a client a token for its assertion; the issue is an entry, durable before the token leaves.
    ///
    /// - Parameter request: Assertion and scopes.
    /// - Returns: The token, or the refusal that the client is told.
    /// - Throws: A ``Failure`` where the question could not be decided; then there is no token.
    public func issueToken(_ request: TokenRequest) throws -> TokenOutcome {
        try fetchKeys(for: .assertion(request.assertion, audience: request.audience))
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard
                let assertion = Assertion(request.assertion, audience: request.audience, now: now),
                let client = try state.client(assertion.client), !client.isDisabled,
                client.issuer == nil,
                let principal = try state.principal(client.principal), !principal.isDisabled,
                let key = try mutable.key(
                    assertion.keyID,
                    assertion.algorithm,
                    of: client,
                    now: now
                ),
                key.isValid(assertion.token.signature, for: assertion.token.signed),
                mutable.authenticator.isFirst(assertion, now: now)
            else { return .refused(.invalidClient) }
            guard let thumbprint = try mutable.thumbprint(of: request.possession, now: now) else {
                return .refused(.invalidProof)
            }
            guard let scopes = client.granted(request.scope) else { return .refused(.invalidScope) }
            guard let purposes = client.purposes(asked: assertion.purposes) else {
                return .refused(.invalidRequest)
            }
            return try mutable.issue(
                to: principal,
                under: client,
                scopes: scopes,
                purposes: purposes,
                thumbprint: thumbprint,
                provedBy: ("private_key_jwt", key),
                now: now,
                context: request.context
            )
        }
    }

    /// What a token says; `nil` where it does not hold (any more).
    ///
    /// - Parameter token: As the client sent it.
    /// - Returns: Its facts, principal and client being enabled still.
    /// - Throws: A ``Failure``.
    public func tokenFacts(_ token: String) throws -> TokenFacts? {
        try exclusively { mutable in
            try mutable.authenticator.liveToken(token, state: mutable.state)?.facts
        }
    }

    /// Proves a client by its assertion, for introspection and revocation; no token comes of it.
    ///
    /// - Parameter request: The assertion and the endpoint's own URL; scopes are not looked at.
    /// - Returns: The client's id, or `nil`.
    /// - Throws: A ``Failure``.
    public func authenticate(_ request: TokenRequest) throws -> String? {
        try fetchKeys(for: .assertion(request.assertion, audience: request.audience))
        return try exclusively { mutable in
            try mutable.client(
                provedBy: .assertion(request.assertion, audience: request.audience),
                now: try mutable.state.entryTime()
            )?.client.id
        }
    }
}

extension GuardCore.Mutable {
    /// Issues an access token for somebody who is proved; its entry is committed before the token is made.
    ///
    /// `user` is the person, where the token is not the client's own; it ends at `last` at the latest.
    mutating func issue(
        to principal: Principal,
        under client: Client,
        for user: PrincipalID? = nil,
        scopes: [ClientScope],
        purposes: [String],
        thumbprint: String?,
        provedBy proof: (method: String, key: WebKey),
        notAfter last: Instant? = nil,
        now: Instant,
        context: CallContext
    ) throws -> TokenOutcome {
        guard let id = SessionID(bytes: state.random.bytes(16)) else {
            throw GuardError.damagedState
        }
        // Seconds in a token, so that what is kept and what is signed are the same.
        let start = Instant(seconds: now.microseconds / 1_000_000)
        let end = start.advanced(by: TokenFacts.lifetime)
        let facts = TokenFacts(
            id: id,
            principal: principal.id,
            kind: principal.requester.kind,
            client: client.id,
            scopes: scopes,
            purposes: purposes,
            patient: nil,
            issued: start,
            end: last.map { min(end, $0) } ?? end,
            user: user,
            thumbprint: thumbprint
        )
        let actor = Actor(
            principal: principal,
            method: proof.method,
            credential: "\(client.id)#\(proof.key.id)",
            session: id,
            token: nil
        )
        try state.write(issueOf: facts, by: actor, context: context)
        return .issued(try authenticator.issue(facts, state: state), facts)
    }
}

extension Client {
    /// The scopes asked for as far as they are registered; `nil` where nothing is left.
    func granted(_ asked: String, to context: ClientScope.Context = .system) -> [ClientScope]? {
        var found: [ClientScope] = []
        for word in asked.split(separator: " ").prefix(200) {
            guard let wanted = ClientScope(word), wanted.context == context else { continue }
            for own in scopes {
                if let narrowed = wanted.narrowed(to: own), !found.contains(narrowed) {
                    found.append(narrowed)
                }
            }
        }
        return found.isEmpty ? nil : found
    }

    /// The purposes of a token: those named, all registered; where none is named, the only one there is.
    func purposes(asked: [String]?) -> [String]? {
        guard let asked else { return purposes.count == 1 ? purposes : [] }
        guard !asked.isEmpty, asked.allSatisfy({ purposes.contains($0) }) else { return nil }
        return asked
    }
}

extension GuardState {
    fileprivate func write(
        issueOf facts: TokenFacts,
        by actor: Actor,
        context: CallContext
    ) throws {
        var header = try self.header(.session, by: actor, context: context)
        header.action = "issue-token"
        header.client = facts.client
        header.purpose = facts.purposes
        header.scopeAsked = .string(facts.scope)
        header.more = [.init("ends", .string(facts.end.description))]
        try append(header)
        try commit()
    }
}
