internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    /// Registers a client, or gives a registered one new keys, scopes or purposes; its tokens end.
    ///
    /// - Parameters:
    ///   - client: Whom; its principal must be registered and enabled.
    ///   - caller: An administrator or the operator.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func register(_ client: Client, by caller: Caller, context: CallContext) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "register-client", "client": client.json],
                state: state,
                allowsOperator: true
            )
            try actor.require([.administrator], action: "register a client")
            guard let principal = try state.principal(client.principal), !principal.isDisabled
            else {
                throw GuardError.unknown(what: "principal")
            }
            // A patient's consent to the app must be able to name who runs it.
            guard client.launch == nil || principal.consentKey != nil else {
                throw GuardError.invalid(field: "principal")
            }
            var client = client
            let former = try state.client(client.id)
            client.rosters = former?.rosters ?? []
            // A `sub` means somebody only beside its own `iss`.
            if let known = former?.issuer, known.issuer == client.issuer?.issuer {
                client.issuer?.subjects = known.subjects
            }
            mutable.keySets[client.id] = nil
            try state.write(client, action: "register-client", by: actor, context: context)
            try mutable.authenticator.endTokens(ofClient: client.id, state: state)
        }
    }

    /// Ends a client's right to ask; its tokens and the grants under them end with it.
    ///
    /// - Parameters:
    ///   - id: Client id.
    ///   - caller: An administrator, an officer or the operator.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)`` and other ``Failure``s.
    public func disableClient(_ id: String, by caller: Caller, context: CallContext) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "disable-client", "client": .string(id)],
                state: state,
                allowsOperator: true
            )
            try actor.require(
                [.administrator, .privacyOfficer, .securityOfficer],
                action: "disable a client"
            )
            guard var client = try state.client(id) else {
                throw GuardError.unknown(what: "client")
            }
            client.isDisabled = true
            try state.write(client, action: "disable-client", by: actor, context: context)
            try mutable.authenticator.endTokens(ofClient: id, state: state)
            mutable.grants.revokeAll(of: client.principal)
        }
    }

    /// All clients, by id.
    ///
    /// - Parameter caller: Whoever may have everything checked, by ``GuardRequest/clients``, or the operator.
    /// - Returns: Disabled ones included.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func clients(by caller: Caller) throws -> [Client] {
        try exclusively { mutable in
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.clients,
                kinds: .auditors,
                action: "list clients"
            )
            var found: [Client] = []
            try mutable.state.forEachStoredItem(.client) { _, bytes in
                guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
                found.append(try Client(json: json))
            }
            return found.sorted { $0.id < $1.id }
        }
    }
}

extension GuardState {
    func client(_ id: String) throws -> Client? {
        guard let bytes = try item(.client, Array(id.utf8)) else { return nil }
        guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
        return try Client(json: json)
    }

    func write(
        _ client: Client,
        action: String,
        by actor: Actor,
        context: CallContext
    ) throws {
        var header = try self.header(.principal, by: actor, context: context)
        header.action = action
        header.more = [.init("registration", client.json)]
        try append(header)
        setItem(.client, Array(client.id.utf8), client.json.bytes)
        try commit()
    }
}
