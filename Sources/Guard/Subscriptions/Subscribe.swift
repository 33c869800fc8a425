internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

extension GuardRequest {
    /// Signed for ``GuardService/subscriptions(by:)``.
    public static let subscriptions: JSONValue = ["kind": "subscriptions"]
}

extension GuardCore {
    /// Makes a subscription in the name of a token's client; the entry names its address's host, not its query.
    ///
    /// - Parameters:
    ///   - wish: What is asked for; the address must be one that the client is registered with.
    ///   - caller: A token that reads the type and has a purpose.
    ///   - context: Where the call came from.
    /// - Returns: The subscription, not yet proved to be reachable.
    /// - Throws: ``GuardError/notPermitted(action:)`` for an address that is not the client's,
    ///   ``GuardError/tooMany``, and other ``Failure``s.
    public func subscribe(
        _ wish: Subscription.Wish,
        by caller: Caller,
        context: CallContext
    ) throws -> Subscription {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "subscribe"],
                state: state,
                allowsOperator: false
            )
            guard let token = actor.token, actor.method == "bearer",
                let client = try state.client(token.client), !client.isDisabled
            else { throw GuardError.notAuthenticated }
            guard let target = TargetURL(wish.endpoint), client.targets.contains(target.origin),
                !token.purposes.isEmpty,
                !token.scopes.allowing(.read, on: wish.type).isEmpty
            else { throw GuardError.notPermitted(action: "subscribe") }
            let own = try state.subscriptions().count { $0.client == client.id }
            guard own < Self.subscriptionsOfOneClient else { throw GuardError.tooMany }
            guard let id = FHIRID(Hex.encode(state.random.bytes(16))) else {
                throw GuardError.damagedState
            }
            let subscription = Subscription(
                id: id,
                key: state.random.bytes(16),
                wish: wish,
                token: token,
                now: try state.entryTime(),
                cursor: state.nextIndex
            )
            let registration = subscription.registration.bytes
            var header = try state.header(.session, by: actor, context: context)
            header.action = "subscribe"
            header.client = client.id
            header.purpose = token.purposes
            header.scopeAsked = .string(token.scope)
            header.more = [
                .init(
                    "subscription",
                    [
                        "id": .string(id.text), "type": .string(wish.type),
                        "target": .string(target.origin),
                        "digest": .string(Subscription.digest(of: registration)),
                    ]
                )
            ]
            try state.append(header)
            state.setItem(.subscription, Array(id.text.utf8), registration)
            state.setProgress(of: subscription)
            try state.commit()
            return subscription
        }
    }

    private static let subscriptionsOfOneClient = 50

    /// Ends a subscription of the caller's own client.
    ///
    /// - Parameters:
    ///   - id: The subscription.
    ///   - caller: A token of its client and principal.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)`` also for one of somebody else, and other ``Failure``s.
    public func endSubscription(
        _ id: FHIRID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "unsubscribe", "id": .string(id.text)],
                state: state,
                allowsOperator: false
            )
            guard let token = actor.token, let known = try state.subscription(id),
                known.isOwn(of: token)
            else { throw GuardError.unknown(what: "subscription") }
            var header = try state.header(.session, by: actor, context: context)
            header.action = "unsubscribe"
            header.client = known.client
            header.more = [.init("subscription", ["id": .string(id.text)])]
            try state.append(header)
            state.setItem(.subscription, Array(id.text.utf8), nil)
            state.setItem(.subscriptionProgress, Array(id.text.utf8), nil)
            try state.commit()
        }
    }

    /// Subscriptions: of a token those of its own client, of a record server all, with what they act by.
    ///
    /// - Parameter caller: A token, or who may write records, or the operator, by
    ///   ``GuardRequest/subscriptions``.
    /// - Returns: By id.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func subscriptions(by caller: Caller) throws -> [Subscription] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.subscriptions,
                state: state,
                allowsOperator: true
            )
            if let token = actor.token {
                return try state.subscriptions().filter { $0.isOwn(of: token) }
            }
            try actor.require(.writers, action: "deliver notifications")
            return try state.subscriptions().map { known in
                var narrowed = known
                narrowed.scopes = try state.scopes(of: known)
                return narrowed
            }
        }
    }
}

extension Subscription {
    /// Whether a token's client may see and end it.
    func isOwn(of token: TokenFacts) -> Bool {
        client == token.client && principal == token.principal && patient == token.patient
    }
}

extension GuardState {
    /// Who acts for a subscription: its principal, as far as its client may still ask.
    func actor(for id: FHIRID, key: [UInt8]) throws -> Actor? {
        guard let known = try subscription(id), known.key == key, known.status != .off,
            known.wish.end.map({ $0 > clock.now() }) ?? true,
            let client = try client(known.client), !client.isDisabled,
            client.principal == known.principal,
            Set(known.purposes).isSubset(of: client.purposes),
            let target = TargetURL(known.wish.endpoint), client.targets.contains(target.origin),
            let principal = try principal(known.principal), !principal.isDisabled,
            let facts = try known.narrowed(to: scopes(of: known))
                .facts(kind: principal.requester.kind, now: clock.now()),
            !facts.scopes.allowing(.read, on: known.wish.type).isEmpty
        else { return nil }
        return Actor(
            principal: principal,
            method: "subscription",
            credential: client.id,
            session: facts.id,
            token: facts
        )
    }

    /// What its client may still read of the subscription's type: a registration that was narrowed narrows what was
    /// asked for before.
    fileprivate func scopes(of subscription: Subscription) throws -> [ClientScope] {
        guard let client = try client(subscription.client) else { return [] }
        var found: [ClientScope] = []
        for scope in subscription.scopes {
            guard scope.type == nil || scope.type == subscription.wish.type else { continue }
            let own = ClientScope(
                context: scope.context,
                type: subscription.wish.type,
                actions: scope.actions,
                filters: scope.filters
            )
            for registered in client.scopes {
                if let both = own.narrowed(to: registered), !found.contains(both) {
                    found.append(both)
                }
            }
        }
        return found
    }
}

extension Subscription {
    fileprivate func narrowed(to scopes: [ClientScope]) -> Subscription {
        var narrowed = self
        narrowed.scopes = scopes
        return narrowed
    }
}
