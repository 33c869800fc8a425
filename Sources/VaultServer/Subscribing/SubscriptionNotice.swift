internal import Guard
internal import VaultCore

/// Notifications of the R4 backport: a Bundle that begins with the subscription's status.
struct SubscriptionNotice {
    /// Why it is sent.
    enum Kind: String {
        case handshake
        case heartbeat
        case events = "event-notification"
        case queryStatus = "query-status"
        case queryEvents = "query-event"
    }

    /// One event with what it is about.
    struct Told {
        var event: Subscription.Event
        var focus: RecordID
    }

    let subscription: Subscription
    let base: String

    func json(_ kind: Kind, _ told: [Told] = [], now: Instant) -> JSONValue {
        let isQuery = kind == .queryStatus || kind == .queryEvents
        var entries: [JSONValue] = [
            entry(
                url: "urn:uuid:\(uuid)",
                resource: status(kind, told),
                address: "Subscription/\(subscription.id.text)/$status"
            )
        ]
        for one in told where kind == .events || kind == .queryEvents {
            entries.append(
                entry(
                    url: "\(base)/\(one.focus)",
                    resource: nil,
                    address: one.focus.description
                )
            )
        }
        return [
            "resourceType": "Bundle",
            "meta": [
                "profile": .strings([
                    "\(SubscriptionResource.extensions)/backport-subscription-notification-r4"
                ])
            ],
            "type": kind == .queryStatus ? "searchset" : "history",
            "timestamp": .string(now.description),
            "entry": .array(isQuery && kind == .queryStatus ? [searched(entries[0])] : entries),
        ]
    }

    /// The id of the Parameters: the subscription's own, as a uuid.
    private var uuid: String {
        let text = subscription.id.text
        guard text.utf8.count == 32 else { return text }
        var parts: [Substring] = []
        var rest = text[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// The same entry as a search's match.
    private func searched(_ entry: JSONValue) -> JSONValue {
        [
            "fullUrl": entry["fullUrl"] ?? .null, "resource": entry["resource"] ?? .null,
            "search": ["mode": "match"],
        ]
    }

    private func entry(url: String, resource: JSONValue?, address: String) -> JSONValue {
        var entry: JSONValue = ["fullUrl": .string(url)]
        if let resource { entry.set("resource", resource) }
        entry.set("request", ["method": "GET", "url": .string(address)])
        entry.set("response", ["status": "200"])
        return entry
    }

    private func status(_ kind: Kind, _ told: [Told]) -> JSONValue {
        var parameters: [JSONValue] = [
            [
                "name": "subscription",
                "valueReference": [
                    "reference": .string("\(base)/Subscription/\(subscription.id.text)")
                ],
            ],
            ["name": "topic", "valueCanonical": .string(SubscriptionResource.topic)],
            ["name": "status", "valueCode": .string(subscription.status.rawValue)],
            ["name": "type", "valueCode": .string(kind.rawValue)],
            [
                "name": "events-since-subscription-start",
                "valueString": .string("\(subscription.eventCount)"),
            ],
        ]
        for one in told {
            parameters.append([
                "name": "notification-event",
                "part": .array([
                    ["name": "event-number", "valueString": .string("\(one.event.number)")],
                    ["name": "timestamp", "valueInstant": .string(one.event.time.description)],
                    [
                        "name": "focus",
                        "valueReference": ["reference": .string("\(base)/\(one.focus)")],
                    ],
                ]),
            ])
        }
        return [
            "resourceType": "Parameters", "id": .string(uuid),
            "meta": [
                "profile": .strings([
                    "\(SubscriptionResource.extensions)/backport-subscription-status-r4"
                ])
            ],
            "parameter": .array(parameters),
        ]
    }
}
