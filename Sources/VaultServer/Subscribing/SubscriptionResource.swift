internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import VaultCore

/// Subscription resources of FHIR R4 in the form of the R4 backport: read into a wish, and written back.
///
/// Source: HL7 Subscriptions R5 Backport 1.1.0, for FHIR R4.
enum SubscriptionResource {
    /// The one topic: a record that its recipient may see was stored, or a consent that showed one has ended.
    static let topic = "urn:patientvault:topic:visible-change"

    static let extensions = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
    private static let payload = "application/fhir+json"

    // MARK: Reading

    /// Reads what a client asks for; whatever is not exactly understood is refused.
    static func wish(_ root: JSONNode) throws -> Subscription.Wish {
        guard root["resourceType"]?.string == "Subscription" else {
            throw Problem.invalid("the body is not a Subscription")
        }
        if let status = root["status"]?.string, status != "requested" {
            throw Problem(422, "business-rule", "a new Subscription is `requested`")
        }
        guard root["criteria"]?.string == topic else {
            throw Problem(422, "not-supported", "`criteria` is not a topic of this server")
        }
        guard let channel = root["channel"], channel["type"]?.string == "rest-hook" else {
            throw Problem(422, "not-supported", "only the channel `rest-hook` is offered")
        }
        guard let endpoint = channel["endpoint"]?.string, TargetURL(endpoint) != nil else {
            throw Problem(422, "business-rule", "`channel.endpoint` is no https address")
        }
        let content = value(of: "backport-payload-content", in: channel["_payload"])
        guard channel["payload"]?.string == payload, content?["valueCode"]?.string == "id-only"
        else {
            throw Problem(422, "not-supported", "only the content `id-only` in JSON is sent")
        }
        var wish = try filtered(root, endpoint: endpoint)
        let headers = channel["header"]?.elements.compactMap { $0.string } ?? []
        guard headers.allSatisfy(isHeader), headers.count <= 10 else {
            throw Problem(422, "business-rule", "`channel.header` is not `Name: value`")
        }
        wish.headers = headers
        if let seconds = value(of: "backport-heartbeat-period", in: channel)?["valueUnsignedInt"] {
            guard let number = seconds.integer, (10...86_400).contains(number) else {
                throw Problem(422, "business-rule", "a heartbeat has 10 to 86400 seconds")
            }
            wish.heartbeat = number
        }
        if let most = value(of: "backport-max-count", in: channel)?["valuePositiveInt"] {
            guard let number = most.integer, (1...100).contains(number) else {
                throw Problem(422, "business-rule", "a notification has 1 to 100 events")
            }
            wish.maximumCount = number
        }
        if let end = root["end"]?.string {
            guard let date = PartialDate(end), date.precision == .instant else {
                throw Problem.invalid("`end` is no instant", code: "value")
            }
            wish.end = date.earliest
        }
        return wish
    }

    /// The filter: one type, with a search of its own.
    private static func filtered(
        _ root: JSONNode,
        endpoint: String
    ) throws -> Subscription.Wish {
        let filters =
            root["_criteria"]?["extension"]?.elements.filter {
                $0["url"]?.string == "\(extensions)/backport-filter-criteria"
            }.compactMap { $0["valueString"]?.string } ?? []
        guard filters.count == 1 else {
            throw Problem(422, "business-rule", "one filter is given: `Type?parameter=value`")
        }
        let parts = filters[0].split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard let type = ResourceType(named: String(parts[0])), type != .auditEvent,
            SearchParameterTable.standard.types.contains(type)
        else { throw Problem(422, "not-supported", "the filter's type is not told of") }
        let wish = Subscription.Wish(
            type: type.rawValue,
            query: parts.count == 2 ? String(parts[1]) : "",
            endpoint: endpoint
        )
        _ = try query(of: wish)
        return wish
    }

    /// The search that a record must meet.
    static func query(of wish: Subscription.Wish) throws -> SearchQuery {
        guard let type = ResourceType(named: wish.type), let pairs = FormText.pairs(wish.query)
        else { throw Problem.invalid("the filter is not well-formed") }
        let query = try Searching.understood(pairs, type: type)
        guard query.ignored.isEmpty, query.inclusions.isEmpty, query.sort.isEmpty,
            query.count == nil
        else { throw Problem(422, "not-supported", "the filter has more than conditions") }
        return query
    }

    private static func value(of name: String, in node: JSONNode?) -> JSONNode? {
        node?["extension"]?.elements.first { $0["url"]?.string == "\(extensions)/\(name)" }
    }

    /// One header field; none that would change how the request is read.
    private static func isHeader(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":"), text.utf8.count <= 1_000 else { return false }
        let name = text[..<colon].lowercased()
        let taken: Set<String> = [
            "host", "content-length", "content-type", "transfer-encoding", "connection", "te",
            "upgrade", "expect", "trailer",
        ]
        return !name.isEmpty && !taken.contains(name)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
            && text[colon...].utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    // MARK: Writing

    /// The resource as its client reads it; header values are its secret, and stay out.
    static func json(_ subscription: Subscription) -> JSONValue {
        let wish = subscription.wish
        let filter = wish.query.isEmpty ? wish.type : "\(wish.type)?\(wish.query)"
        var channel: JSONValue = [
            "type": "rest-hook", "endpoint": .string(wish.endpoint),
            "payload": .string(payload),
            "_payload": [
                "extension": .array([
                    [
                        "url": .string("\(extensions)/backport-payload-content"),
                        "valueCode": "id-only",
                    ]
                ])
            ],
        ]
        var more: [JSONValue] = []
        if let seconds = wish.heartbeat {
            more.append([
                "url": .string("\(extensions)/backport-heartbeat-period"),
                "valueUnsignedInt": .int(Int64(seconds)),
            ])
        }
        more.append([
            "url": .string("\(extensions)/backport-max-count"),
            "valuePositiveInt": .int(Int64(wish.maximumCount)),
        ])
        channel.set("extension", .array(more))
        var json: JSONValue = [
            "resourceType": "Subscription", "id": .string(subscription.id.text),
            "meta": [
                "versionId": "1", "lastUpdated": .string(subscription.created.description),
                "profile": .strings(["\(extensions)/backport-subscription"]),
            ],
            "status": .string(subscription.status.rawValue),
            "reason": "to be told what was stored",
            "criteria": .string(topic),
            "_criteria": [
                "extension": .array([
                    [
                        "url": .string("\(extensions)/backport-filter-criteria"),
                        "valueString": .string(filter),
                    ]
                ])
            ],
            "channel": channel,
        ]
        if let end = wish.end { json.set("end", .string(end.description)) }
        if subscription.status == .error {
            json.set("error", "the address does not take notifications; it is tried each hour")
        }
        return json
    }
}
