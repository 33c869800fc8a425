internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    /// Gives an app tokens for its code; the issue is an entry, durable before they leave.
    ///
    /// A code that comes twice ends what it gave the first time (RFC 6749 section 4.1.2). One that comes with another
    /// client, redirect or verifier is not taken again either.
    ///
    /// - Parameter request: The code, with everything it is bound to.
    /// - Returns: Tokens, or the refusal that the app is told.
    /// - Throws: A ``Failure`` where the question could not be decided; then there is no token.
    public func exchangeCode(_ request: CodeExchange) throws -> LaunchTokenOutcome {
        try fetchKeys(for: request.proof)
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard let proved = try mutable.client(provedBy: request.proof, now: now) else {
                return .refused(.invalidClient)
            }
            let code: LaunchDesk.Code
            switch mutable.launches.take(request.code, now: now) {
            case .unknown: return .refused(.invalidGrant)
            case .replayed(let grant):
                try mutable.endGrant(grant, "code-replayed", client: proved.client, request.context)
                return .refused(.invalidGrant)
            case .good(let found): code = found
            }
            guard code.grant.client == proved.client.id, code.redirect == request.redirect,
                (43...128).contains(request.verifier.utf8.count),
                Base64URL.encode(PlainDigest.sha256(Array(request.verifier.utf8)))
                    == code.challenge,
                try mutable.refusal(of: code.grant, now: now) == nil
            else { return .refused(.invalidGrant) }
            guard let thumbprint = try mutable.thumbprint(of: request.possession, now: now) else {
                return .refused(.invalidProof)
            }
            var grant = code.grant
            // RFC 9449 section 5: a client without a key of its own is held to this one from now on.
            if proved.client.isPublic { grant.thumbprint = thumbprint }
            return .issued(
                try mutable.issue(
                    grant,
                    scopes: grant.scopes,
                    thumbprint: thumbprint,
                    to: proved,
                    replacing: nil,
                    now: now,
                    request.context
                )
            )
        }
    }

    /// Gives an app new tokens for its refresh token, which is good once: the next one comes with them.
    ///
    /// One that was used before ends all of its kin, for either who holds it or who used it has stolen it (RFC 9700
    /// section 4.14). Ended are also those whose consent was withdrawn, has ended or says something else by now.
    ///
    /// - Parameter request: The token, and who asks.
    /// - Returns: Tokens, or the refusal that the app is told.
    /// - Throws: A ``Failure`` where the question could not be decided; then there is no token.
    public func refresh(_ request: RefreshExchange) throws -> LaunchTokenOutcome {
        try fetchKeys(for: request.proof)
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard let proved = try mutable.client(provedBy: request.proof, now: now) else {
                return .refused(.invalidClient)
            }
            guard let name = RefreshName(request.token), let kin = try state.kin(name.grant),
                kin.grant.client == proved.client.id
            else { return .refused(.invalidGrant) }
            guard kin.current == name.digest else {
                try mutable.endGrant(
                    name.grant,
                    "refresh-replayed",
                    client: proved.client,
                    request.context
                )
                return .refused(.invalidGrant)
            }
            guard let thumbprint = try mutable.thumbprint(of: request.possession, now: now),
                kin.grant.thumbprint == nil || kin.grant.thumbprint == thumbprint
            else { return .refused(.invalidProof) }
            if let reason = try kin.isIdle(at: now)
                ? "idle" : mutable.refusal(of: kin.grant, now: now)
            {
                try mutable.endGrant(name.grant, reason, client: proved.client, request.context)
                return .refused(.invalidGrant)
            }
            var scopes = kin.grant.scopes
            if let asked = request.scope {
                scopes = asked.split(separator: " ").compactMap { ClientScope($0) }.flatMap {
                    word in
                    kin.grant.scopes.compactMap { word.narrowed(to: $0) }
                }
                guard !scopes.isEmpty else { return .refused(.invalidScope) }
            }
            return .issued(
                try mutable.issue(
                    kin.grant,
                    scopes: scopes,
                    thumbprint: thumbprint,
                    to: proved,
                    replacing: kin,
                    now: now,
                    request.context
                )
            )
        }
    }

    /// Ends a refresh token and its kin at once, and the access tokens that came with them.
    ///
    /// - Parameters:
    ///   - token: As the client got it; one that does not hold is none to end.
    ///   - proof: Who asks; a client may end only its own.
    ///   - context: Where the call came from.
    /// - Returns: Whether the client is who it says; what became of the token is told to nobody.
    /// - Throws: A ``Failure``.
    public func revoke(
        _ token: String,
        by proof: ClientProof,
        context: CallContext
    ) throws -> Bool {
        try fetchKeys(for: proof)
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard let proved = try mutable.client(provedBy: proof, now: now) else { return false }
            if let name = RefreshName(token) {
                if let kin = try state.kin(name.grant), kin.current == name.digest,
                    kin.grant.client == proved.client.id
                {
                    try mutable.endGrant(name.grant, "revoked", client: proved.client, context)
                }
                return true
            }
            guard let live = try mutable.authenticator.liveToken(token, state: state),
                live.facts.client == proved.client.id
            else { return true }
            try mutable.endToken(live.facts, of: live.principal, proved, context)
            return true
        }
    }

    /// What a refresh token is good for, for its own client.
    ///
    /// - Parameters:
    ///   - token: As the client got it.
    ///   - client: Who asks, proved by ``authenticate(_:)``.
    /// - Returns: Its scopes, user, patient and end; `nil` where it does not hold.
    /// - Throws: A ``Failure``.
    public func refreshFacts(_ token: String, of client: String) throws -> RefreshFacts? {
        try exclusively { mutable in
            let state = mutable.state
            guard let name = RefreshName(token), let kin = try state.kin(name.grant),
                kin.current == name.digest, kin.grant.client == client,
                try mutable.refusal(of: kin.grant, now: state.clock.now()) == nil
            else { return nil }
            return RefreshFacts(
                scope: kin.grant.scope,
                user: kin.grant.user,
                patient: kin.grant.patient,
                end: kin.grant.end
            )
        }
    }
}

extension GuardCore.Mutable {
    /// Who a client is, and by what.
    struct ProvedClient {
        var client: Client
        var method: String
        var credential: String
    }

    /// Proves a client; a confidential one never by its name alone.
    mutating func client(provedBy proof: ClientProof, now: Instant) throws -> ProvedClient? {
        switch proof {
        case .name(let id):
            guard let client = try state.client(id), !client.isDisabled, client.isPublic else {
                return nil
            }
            return ProvedClient(client: client, method: "none", credential: client.id)
        case .assertion(let text, let audience):
            guard let assertion = Assertion(text, audience: audience, now: now),
                let client = try state.client(assertion.client), !client.isDisabled,
                client.issuer == nil,
                let key = try key(assertion.keyID, assertion.algorithm, of: client, now: now),
                key.isValid(assertion.token.signature, for: assertion.token.signed),
                authenticator.isFirst(assertion, now: now)
            else { return nil }
            return ProvedClient(
                client: client,
                method: "private_key_jwt",
                credential: "\(client.id)#\(key.id)"
            )
        }
    }

    /// The key that something names; none where the set it is of is too old to be believed.
    func key(
        _ id: String,
        _ algorithm: WebKey.Algorithm,
        of client: Client,
        now: Instant
    ) throws -> WebKey? {
        guard client.keyLocation == nil || keySets[client.id]?.holds(now: now) == true else {
            return nil
        }
        return client.keys.first { $0.id == id && $0.algorithm == algorithm }
    }

    /// Why a grant holds no more; `nil` where it does.
    func refusal(of grant: LaunchGrant, now: Instant) throws -> String? {
        guard grant.end > now else { return "ended" }
        guard let client = try state.client(grant.client), client.digest == grant.clientDigest
        else {
            return "client-changed"
        }
        guard let user = try state.principal(grant.user), !user.isDisabled,
            let account = try state.account(grant.user), account.digest == grant.accountDigest,
            let acting = try state.principal(grant.acting), !acting.isDisabled
        else { return "account-changed" }
        if let consent = grant.consent, let patient = grant.patient {
            let digest = try state.digest(
                ofConsent: consent,
                of: patient,
                naming: nil,
                now: now
            )
            guard let digest else { return "consent-withdrawn" }
            guard digest == grant.consentDigest else { return "consent-changed" }
        }
        return nil
    }

    /// Issues an access token and, where the app may return, the next refresh token.
    fileprivate mutating func issue(
        _ grant: LaunchGrant,
        scopes: [ClientScope],
        thumbprint: String?,
        to proved: ProvedClient,
        replacing kin: RefreshKin?,
        now: Instant,
        _ context: CallContext
    ) throws -> LaunchTokens {
        guard let id = SessionID(bytes: state.random.bytes(16)),
            let acting = try state.principal(grant.acting)
        else { throw GuardError.damagedState }
        let start = Instant(seconds: now.microseconds / 1_000_000)
        let facts = TokenFacts(
            id: id,
            principal: acting.id,
            kind: acting.requester.kind,
            client: grant.client,
            scopes: scopes,
            purposes: grant.purposes,
            patient: grant.patient,
            issued: start,
            end: start.advanced(by: TokenFacts.lifetime),
            user: grant.user,
            grant: grant.id,
            thumbprint: thumbprint
        )
        let actor = Actor(
            principal: acting,
            method: proved.method,
            credential: proved.credential,
            session: id,
            token: facts
        )
        var next: (text: String, kin: RefreshKin)?
        if grant.words.contains(where: { $0.hasSuffix("_access") }) {
            let secret = state.random.bytes(32)
            let name = RefreshName(grant: grant.id, secret: secret)
            next = (name.text, RefreshKin(grant: grant, current: name.digest, used: now))
        }
        var header = try state.header(.session, by: actor, context: context)
        header.action = "issue-token"
        header.client = grant.client
        header.purpose = grant.purposes
        header.scopeAsked = .string(facts.scope)
        header.consent = grant.consent.map { [.init(id: $0.description, version: "newest")] } ?? []
        header.more = [.init("ends", .string(facts.end.description))]
        if let next {
            header.more.append(.init("refresh", next.kin.announcement))
            state.setItem(.refresh, Array(grant.id.utf8), next.kin.json.bytes)
        }
        try state.append(header)
        if next != nil, kin == nil { try sweepRefreshTokens(now: now) }
        try state.commit()
        let words = grant.words.joined(separator: " ")
        return LaunchTokens(
            access: try authenticator.issue(facts, state: state),
            facts: facts,
            scope: [facts.scope, words].filter { !$0.isEmpty }.joined(separator: " "),
            refresh: next?.text
        )
    }

    /// Ends a grant because of what its client did or showed.
    mutating func endGrant(
        _ id: String,
        _ reason: String,
        client: Client,
        _ context: CallContext
    ) throws {
        let kin = try state.kin(id)
        var header = EntryHeader(kind: .session, time: try state.entryTime())
        header.actor = client.principal.text
        header.onBehalfOf = kin?.grant.user.text
        header.client = client.id
        header.reason = reason
        header.sourceAddress = context.sourceAddress
        header.recordServer = context.recordServer
        try endGrant(id, kin, header)
    }

    /// Ends a grant because somebody wants it so.
    mutating func endGrant(
        _ kin: RefreshKin,
        _ reason: String,
        by actor: Actor,
        _ context: CallContext
    ) throws {
        var header = try state.header(.session, by: actor, context: context)
        header.client = kin.grant.client
        header.reason = reason
        header.automated = .human
        try endGrant(kin.grant.id, kin, header)
    }

    /// The refresh token of a grant ends, and every access token that came of it.
    private mutating func endGrant(_ id: String, _ kin: RefreshKin?, _ header: EntryHeader) throws {
        try state.stageEnd(ofGrant: id, isKept: kin != nil, header)
        try state.commit()
        for principal in try authenticator.endTokens(ofGrant: id, state: state) {
            grants.revokeAll(of: principal)
        }
    }

    fileprivate mutating func endToken(
        _ facts: TokenFacts,
        of principal: Principal,
        _ proved: ProvedClient,
        _ context: CallContext
    ) throws {
        let actor = Actor(
            principal: principal,
            method: proved.method,
            credential: proved.credential,
            session: facts.id,
            token: facts
        )
        var header = try state.header(.session, by: actor, context: context)
        header.action = "revoke-token"
        header.client = facts.client
        try state.append(header)
        try state.commit()
        try authenticator.revoke(facts, state: state)
        grants.revokeAll(of: facts.principal)
    }
}
