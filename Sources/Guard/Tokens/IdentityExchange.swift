internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

/// A request for a token in exchange for a provider's: RFC 7523 section 2.1.
public struct IdentityExchange: Sendable {
    /// The client id under which the provider is registered.
    public var client: String
    /// The provider's token.
    public var token: String
    /// Scopes asked for, separated by spaces.
    public var scope: String
    /// Proof of the key that the token is to be bound to.
    public var possession: PossessionProof?
    /// Where the call came from.
    public var context = CallContext()

    /// Asks for a token.
    ///
    /// - Parameters:
    ///   - client: The client id under which the provider is registered.
    ///   - token: The provider's token.
    ///   - scope: Scopes asked for.
    public init(client: String, token: String, scope: String) {
        self.client = client
        self.token = token
        self.scope = scope
    }
}

extension GuardCore {
    /// Gives an enrolled person a token for a sign-in at an outside provider; the issue is an entry, durable before
    /// the token leaves.
    ///
    /// The provider proves who somebody is there. Who that is here, and what for, is the administrator's word.
    ///
    /// - Parameter request: The provider's token and the scopes.
    /// - Returns: The token, or the refusal that the app is told: the same whatever did not hold.
    /// - Throws: A ``Failure`` where the question could not be decided; then there is no token.
    public func exchangeIdentity(_ request: IdentityExchange) throws -> TokenOutcome {
        if let token = CompactToken(request.token), let keyID = token.header["kid"]?.string {
            try fetchKeys(of: request.client, for: keyID)
        }
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard let client = try state.client(request.client), !client.isDisabled,
                let keeper = try state.principal(client.principal), !keeper.isDisabled,
                let provider = client.issuer,
                let identity = IdentityToken(request.token, from: provider, now: now),
                let key = try mutable.key(identity.keyID, identity.algorithm, of: client, now: now),
                key.isValid(identity.token.signature, for: identity.token.signed),
                let id = provider.subjects[identity.subject],
                let person = try state.principal(id), !person.isDisabled,
                mutable.authenticator.isFirst(identity, of: client.id, now: now)
            else { return .refused(.invalidGrant) }
            guard let thumbprint = try mutable.thumbprint(of: request.possession, now: now) else {
                return .refused(.invalidProof)
            }
            guard let scopes = client.granted(request.scope, to: .user) else {
                return .refused(.invalidScope)
            }
            guard let purposes = client.purposes(asked: identity.purposes) else {
                return .refused(.invalidRequest)
            }
            return try mutable.issue(
                to: person,
                under: client,
                for: person.id,
                scopes: scopes,
                purposes: purposes,
                thumbprint: thumbprint,
                provedBy: ("openid", key),
                notAfter: identity.end,
                now: now,
                context: request.context
            )
        }
    }

    /// Says which principal a provider's subject is, or that it is nobody any more; tokens of the provider end.
    ///
    /// - Parameters:
    ///   - subject: The provider's `sub`, 1 to 255 printable ASCII characters.
    ///   - principal: Whom; `nil` takes the subject away.
    ///   - client: The client id under which the provider is registered.
    ///   - caller: An administrator or the operator.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/invalid(field:)``,
    ///   ``GuardError/notPermitted(action:)`` and others.
    public func enrol(
        _ subject: String,
        as principal: PrincipalID?,
        at client: String,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.enrolment(subject, as: principal, at: client),
                state: state,
                allowsOperator: true
            )
            try actor.require([.administrator], action: "enrol a provider's subject")
            guard var known = try state.client(client), known.issuer != nil else {
                throw GuardError.unknown(what: "provider")
            }
            guard OutsideIssuer.isName(subject) else { throw GuardError.invalid(field: "subject") }
            if let principal {
                guard let person = try state.principal(principal), !person.isDisabled else {
                    throw GuardError.unknown(what: "principal")
                }
                let others = known.issuer?.subjects.keys.count { $0 != subject } ?? 0
                guard others < OutsideIssuer.maximumSubjectCount else {
                    throw GuardError.invalid(field: "subject")
                }
            }
            let former = known.issuer?.subjects[subject]
            known.issuer?.subjects[subject] = principal
            try state.write(known, action: "enrol-subject", by: actor, context: context)
            try mutable.authenticator.endTokens(ofClient: client, state: state)
            if let former { mutable.grants.revokeAll(of: former) }
        }
    }
}

extension GuardRequest {
    /// What an administrator signs to say which principal a provider's subject is.
    ///
    /// - Parameters:
    ///   - subject: The provider's `sub`.
    ///   - principal: Whom; `nil` takes the subject away.
    ///   - client: The client id under which the provider is registered.
    /// - Returns: The body of the statement.
    public static func enrolment(
        _ subject: String,
        as principal: PrincipalID?,
        at client: String
    ) -> JSONValue {
        [
            "kind": "enrol-subject", "client": .string(client), "subject": .string(subject),
            "principal": principal.map { .string($0.text) } ?? .null,
        ]
    }
}
