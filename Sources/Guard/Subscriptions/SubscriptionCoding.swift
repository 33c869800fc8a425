internal import Consent
internal import MerkleLog
internal import VaultCore

/// How a subscription is kept: what was asked for in one item, how far it is in another, both sealed.
extension Subscription {
    /// What does not change; the log has its hash.
    var registration: JSONValue {
        [
            "id": .string(id.text), "key": .string(Base64.encode(key)), "client": .string(client),
            "principal": .string(principal.text),
            "scopes": .strings(scopes.map(\.description)), "purposes": .strings(purposes),
            "patient": patient.map { .string($0.text) } ?? .null, "wish": wish.json,
            "created": .int(created.microseconds),
        ]
    }

    /// How far it is.
    var progress: JSONValue {
        [
            "status": .string(status.rawValue), "cursor": .int(Int64(clamping: cursor)),
            "eventCount": .int(eventCount), "delivered": .int(delivered),
            "failures": .int(Int64(failures)), "nextTry": .int(nextTry.microseconds),
            "lastSent": .int(lastSent.microseconds), "events": .array(events.map(\.json)),
            "watched": .string(Base64.encode(watched.flatMap(\.bytes))),
        ]
    }

    /// What the log keeps of a registration; its random key keeps the hash from being guessed.
    static func digest(of registration: [UInt8]) -> String {
        TreeHasher.leafHash(registration).base64
    }

    init(registration: JSONValue, progress: JSONValue) throws(GuardError) {
        guard let id = registration["id"]?.string.flatMap({ FHIRID($0) }),
            let key = registration["key"]?.string.flatMap({ Base64.decode($0) }),
            let client = registration["client"]?.string,
            let principal = registration["principal"]?.string.flatMap({ PrincipalID($0) }),
            let scopes = registration["scopes"]?.stringArray,
            let purposes = registration["purposes"]?.stringArray,
            let wish = registration["wish"].flatMap({ Wish(json: $0) }),
            let created = registration["created"]?.int,
            let status = progress["status"]?.string.flatMap({ Status(rawValue: $0) }),
            let cursor = progress["cursor"]?.int, cursor >= 0,
            let eventCount = progress["eventCount"]?.int,
            let delivered = progress["delivered"]?.int, let failures = progress["failures"]?.int,
            let nextTry = progress["nextTry"]?.int, let lastSent = progress["lastSent"]?.int,
            let watched = progress["watched"]?.string.flatMap({ Base64.decode($0) })
        else { throw .damagedState }
        self.id = id
        self.key = key
        self.client = client
        self.principal = principal
        self.scopes = scopes.compactMap { ClientScope($0) }
        self.purposes = purposes
        patient = registration["patient"]?.string.flatMap { FHIRID($0) }
        self.wish = wish
        self.created = Instant(microseconds: created)
        self.status = status
        self.cursor = UInt64(cursor)
        self.eventCount = eventCount
        self.delivered = delivered
        self.failures = Int(failures)
        self.nextTry = Instant(microseconds: nextTry)
        self.lastSent = Instant(microseconds: lastSent)
        events = (progress["events"]?.array ?? []).compactMap { Event(json: $0) }
        self.watched = stride(from: 0, to: watched.count - 15, by: 16).compactMap {
            PatientPseudonym(bytes: watched[$0..<$0 + 16])
        }
    }
}

extension Subscription.Wish {
    var json: JSONValue {
        [
            "type": .string(type), "query": .string(query), "endpoint": .string(endpoint),
            "headers": .strings(headers),
            "heartbeat": heartbeat.map { .int(Int64($0)) } ?? .null,
            "maximumCount": .int(Int64(maximumCount)),
            "end": end.map { .int($0.microseconds) } ?? .null,
        ]
    }

    init?(json: JSONValue) {
        guard let type = json["type"]?.string, let query = json["query"]?.string,
            let endpoint = json["endpoint"]?.string, let headers = json["headers"]?.stringArray,
            let count = json["maximumCount"]?.int
        else { return nil }
        self.init(type: type, query: query, endpoint: endpoint)
        self.headers = headers
        heartbeat = json["heartbeat"]?.int.map { Int($0) }
        maximumCount = Int(count)
        end = json["end"]?.int.map { Instant(microseconds: $0) }
    }
}

extension Subscription.Event {
    var json: JSONValue {
        .array([
            .int(number), .string(patient.description), .int(record.map { Int64($0.number) } ?? -1),
            .int(record.map { Int64($0.version) } ?? 0), .int(time.microseconds),
        ])
    }

    init?(json: JSONValue) {
        guard let parts = json.array, parts.count == 5, let number = parts[0].int,
            let patient = parts[1].string.flatMap({ Hex.decode($0) }).flatMap({
                PatientPseudonym(bytes: $0)
            }), let record = parts[2].int, let version = parts[3].int, let time = parts[4].int
        else { return nil }
        self.init(
            number: number,
            patient: patient,
            record: record < 0
                ? nil : Record(number: UInt32(record), version: UInt32(version)),
            time: Instant(microseconds: time)
        )
    }
}

extension GuardState {
    /// A subscription, or `nil` for one that was never made or has been ended.
    func subscription(_ id: FHIRID) throws -> Subscription? {
        let key = Array(id.text.utf8)
        guard let registration = try item(.subscription, key) else { return nil }
        guard let progress = try item(.subscriptionProgress, key),
            let (one, other) = JSONValue(parsing: registration).flatMap({ one in
                JSONValue(parsing: progress).map { (one, $0) }
            })
        else { throw GuardError.damagedState }
        return try Subscription(registration: one, progress: other)
    }

    /// Every subscription, in the order of their ids.
    func subscriptions() throws -> [Subscription] {
        if let subscriptionIDs { return try subscriptionIDs.compactMap { try subscription($0) } }
        var ids: [FHIRID] = []
        try storage.forEachItem(.subscription) { key, _ in
            guard let id = FHIRID(String(decoding: key, as: UTF8.self)) else {
                throw GuardError.damagedState
            }
            ids.append(id)
        }
        subscriptionIDs = ids
        return try ids.compactMap { try subscription($0) }
    }

    func setProgress(of subscription: Subscription) {
        setItem(
            .subscriptionProgress,
            Array(subscription.id.text.utf8),
            subscription.progress.bytes
        )
    }
}
