internal import Dispatch
internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Subscriptions as FHIR resources: made, read and ended by their own client, with `$status` and `$events`.
///
/// They are the Guard's; nothing of them is a record. Of another client's nothing shows.
struct Subscribing {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    private var server: Server { request.server }

    func create() throws -> HTTPReply {
        try request.requester.require(.create, on: .subscription)
        guard request.requester.emergency == nil else {
            throw Problem.invalid("an emergency opens one patient, and no subscription")
        }
        let wish = try SubscriptionResource.wish(try Writing.parse(request.call.body).root)
        guard let type = ResourceType(named: wish.type) else { throw Problem.notFound }
        try request.requester.require(.read, on: type)
        let made = try request.vault.guard.subscribe(
            wish,
            by: request.requester.caller,
            context: request.requester.context
        )
        server.subscriptionSignal.signal()
        var reply = server.fhir(201, SubscriptionResource.json(made).bytes)
        reply.headers += [
            ("Location", "\(request.base)/Subscription/\(made.id.text)/_history/1"),
            ("ETag", "W/\"1\""), ("Last-Modified", HTTPDate.text(made.created)),
        ]
        return reply
    }

    func read() throws -> HTTPReply {
        try request.requester.require(.read, on: .subscription)
        return server.fhir(200, SubscriptionResource.json(try own()).bytes)
    }

    func search() throws -> HTTPReply {
        try request.requester.require(.search, on: .subscription)
        var found = try request.vault.guard.subscriptions(by: request.requester.caller)
        for pair in try request.pairs() {
            switch pair.name {
            case "_id": found.removeAll { $0.id.text != pair.value }
            case "status": found.removeAll { $0.status.rawValue != pair.value }
            case "_format", "_pretty", "_count", "_total": continue
            default:
                throw Problem.invalid("a search parameter is not known", code: "not-supported")
            }
        }
        var bundle = BundleWriter(type: "searchset", total: found.count)
        bundle.link("self", "\(request.base)/Subscription")
        for one in found {
            bundle.add(
                raw: SubscriptionResource.json(one).bytes,
                url: "\(request.base)/Subscription/\(one.id.text)"
            )
        }
        return server.fhir(200, bundle.bytes())
    }

    func delete() throws -> HTTPReply {
        try request.requester.require(.delete, on: .subscription)
        try request.vault.guard.endSubscription(
            try own().id,
            by: request.requester.caller,
            context: request.requester.context
        )
        return HTTPReply(status: 204)
    }

    func status() throws -> HTTPReply {
        try request.requester.require(.read, on: .subscription)
        let notice = SubscriptionNotice(subscription: try own(), base: request.base)
        return server.fhir(200, notice.json(.queryStatus, now: request.now).bytes)
    }

    /// Events that were told before, or could not be: decided anew for whoever asks now.
    func events() throws -> HTTPReply {
        try request.requester.require(.read, on: .subscription)
        let subscription = try own()
        guard let type = ResourceType(named: subscription.wish.type) else {
            throw Problem.notFound
        }
        try request.requester.require(.read, on: type)
        var first = Int64.min
        var last = Int64.max
        for pair in try request.pairs() {
            switch pair.name {
            case "eventsSinceNumber": first = try Self.number(pair)
            case "eventsUntilNumber": last = try Self.number(pair)
            case "content":
                guard pair.value == "id-only" || pair.value == "empty" else {
                    throw Problem.invalid(
                        "only the content `id-only` is sent",
                        code: "not-supported"
                    )
                }
            case "_format", "_pretty": continue
            default:
                throw Problem.invalid(
                    "a parameter of this operation is not known",
                    code: "not-supported"
                )
            }
        }
        let asked = subscription.events.filter { (first...max(first, last)).contains($0.number) }
        let telling = EventTelling(
            server: server,
            requester: request.requester,
            subscription: subscription
        )
        let outcome = try telling.tell(Array(asked.prefix(subscription.wish.maximumCount)))
        let notice = SubscriptionNotice(subscription: subscription, base: request.base)
        return server.fhir(200, notice.json(.queryEvents, outcome.told, now: request.now).bytes)
    }

    private static func number(_ pair: QueryPair) throws -> Int64 {
        guard let number = Int64(pair.value) else {
            throw Problem.invalid("a value of `\(pair.name)` is not of its kind", code: "value")
        }
        return number
    }

    private func own() throws -> Subscription {
        guard let id = request.match.id,
            let found = try request.vault.guard.subscriptions(by: request.requester.caller)
                .first(where: { $0.id == id })
        else { throw Problem.notFound }
        return found
    }
}
