import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import Outbound
@testable import VaultServer

/// Subscriptions: who is told what, that nothing is lost, and where nothing may be sent.
struct SubscriptionTests {
    private let h: ServerHarness
    private let client: TestClient
    private let receiver = Receiver()

    init() throws {
        h = try ServerHarness()
        let doctor = #""generalPractitioner":[{"reference":"Practitioner/d"}]"#
        try h.take([
            #"{"resourceType":"Practitioner","id":"d","identifier":[{"system":"urn:npi","value":"1"}]}"#,
            #"{"resourceType":"Patient","id":"a",\#(doctor)}"#,
            #"{"resourceType":"Patient","id":"b",\#(doctor)}"#,
            #"{"resourceType":"Patient","id":"c"}"#,
            Self.observation("o0", "a"),
        ])
        client = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        try h.enrol(
            "a",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT"]
        )
    }

    private static func observation(
        _ id: String,
        _ patient: String,
        status: String = "final"
    ) -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","code":{"text":"pulse"},"#
            + #""subject":{"reference":"Patient/\#(patient)"},"valueQuantity":{"value":72.50}}"#
    }

    /// The resource that a client posts.
    static func resource(
        _ endpoint: String,
        filter: String = "Observation",
        content: String = "id-only",
        more: String = ""
    ) -> String {
        let base = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
        return #"{"resourceType":"Subscription","status":"requested","reason":"t","#
            + #""criteria":"\#(SubscriptionResource.topic)","_criteria":{"extension":[{"url":"#
            + #""\#(base)/backport-filter-criteria","valueString":"\#(filter)"}]},"#
            + #""channel":{"type":"rest-hook","endpoint":"\#(endpoint)","#
            + #""header":["Authorization: Bearer of-the-app"],"payload":"application/fhir+json","#
            + #""_payload":{"extension":[{"url":"\#(base)/backport-payload-content","#
            + #""valueCode":"\#(content)"}]}\#(more)}}"#
    }

    private func register(
        _ targets: [String],
        scopes: [String] = ["system/*.cruds"]
    ) throws {
        var known = try #require(try h.vault.guard.clients().first { $0.id == client.id })
        known = try #require(
            Client(
                id: known.id,
                principal: known.principal,
                keys: known.keys,
                scopes: scopes.compactMap { ClientScope($0) },
                purposes: known.purposes
            )
        )
        known.targets = targets
        try h.vault.guard.register(known, by: .operator, context: CallContext())
    }

    private func post(_ body: String) throws -> HTTPReply {
        h.call("POST", "/fhir/Subscription", token: try h.token(client), body: body)
    }

    private func subscribe(
        at port: Int,
        filter: String = "Observation",
        more: String = ""
    ) throws -> String {
        try register(["http://127.0.0.1:\(port)"])
        let reply = try post(
            Self.resource("http://127.0.0.1:\(port)/hook?x=1", filter: filter, more: more)
        )
        #expect(reply.status == 201, "\(reply.text)")
        #expect(!reply.text.contains("of-the-app"))
        return try #require(reply.json["id"]?.string)
    }

    /// One round of what the server's own thread does.
    private func tell(_ server: Server? = nil, allowsLoopback: Bool = true) throws {
        var settings = NotificationSettings()
        settings.allowsLoopback = allowsLoopback
        settings.timeout = .seconds(60)
        try SubscriptionWork(
            server: server ?? h.server,
            sender: HTTPNotificationSender(settings),
            caller: .operator
        ).run()
    }

    private func status(_ id: String) throws -> JSONValue {
        h.call("GET", "/fhir/Subscription/\(id)", token: try h.token(client)).json
    }

    private var disclosures: [LoggedEntry] {
        get throws {
            try h.vault.guard.entries(LogQuery(), by: .operator).filter {
                $0.kind == "disclosure"
                    && $0.header["scopeAsked"]?["file"]?.string?.hasPrefix("Subscription/") == true
            }
        }
    }

    // MARK: Telling

    @Test(.timeLimit(.minutes(10)))
    func `a subscriber is told by id what it may see, in order, and the log has it before`()
        async throws
    {
        try await receiver.listening { port in
            let id = try subscribe(at: port)
            try tell()
            #expect(receiver.received.map { $0.status("type") } == ["handshake"])
            #expect(try status(id)["status"]?.string == "active")
            // One that it may not see, and one of another type, are no events.
            try h.take([
                Self.observation("o1", "a"), Self.observation("o2", "b"),
                Self.observation("o3", "c"),
                #"{"resourceType":"Condition","id":"k","subject":{"reference":"Patient/a"}}"#,
            ])
            try tell()
            let first = try #require(receiver.received.last)
            #expect(first.status("type") == "event-notification")
            #expect(first.status("events-since-subscription-start") == "2")
            #expect(Set(first.events.map(\.focus)) == ["Observation/o1", "Observation/o2"])
            #expect(first.events.map(\.number) == ["1", "2"])
            #expect(first.path == "/hook")
            #expect(first.headers.contains { $0 == ("authorization", "Bearer of-the-app") })
            // Ids only: nothing of the record, and of nobody whom it may not see.
            let text = String(decoding: first.json.bytes, as: UTF8.self)
            #expect(!text.contains("72.5") && !text.contains("o3") && !text.contains("pulse"))
            let entry = try #require(try disclosures.last)
            #expect(entry.parts.count == 2 && entry["actor"] == "d")
            #expect(entry["authMethod"] == "subscription")
            // Nothing new: nothing is sent. A new version is one event more.
            try tell()
            #expect(receiver.received.count == 2)
            let put = h.call(
                "PUT",
                "/fhir/Observation/o1",
                token: try h.token(client),
                body: Self.observation("o1", "a", status: "amended")
            )
            #expect(put.status == 200)
            try tell()
            #expect(receiver.received.last?.events.map(\.number) == ["3"])
            #expect(receiver.received.last?.events.map(\.focus) == ["Observation/o1"])
            #expect(try h.vault.guard.audit().problems.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a filter says which records, and status and events catch up`() async throws {
        try await receiver.listening { port in
            let id = try subscribe(
                at: port,
                filter: "Observation?patient=Patient/b&status=final",
                more:
                    #","extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/"#
                    + #"StructureDefinition/backport-heartbeat-period","valueUnsignedInt":60}]"#
            )
            try tell()
            try h.take([
                Self.observation("o1", "a"), Self.observation("o2", "b"),
                Self.observation("o3", "b", status: "amended"), Self.observation("o4", "b"),
            ])
            try tell()
            #expect(
                Set(receiver.received.last?.events.map(\.focus) ?? []) == [
                    "Observation/o2", "Observation/o4",
                ]
            )
            let token = try h.token(client)
            let status = h.call("GET", "/fhir/Subscription/\(id)/$status", token: token)
            #expect(status.status == 200 && status.text.contains("query-status"))
            let events = h.call(
                "GET",
                "/fhir/Subscription/\(id)/$events?eventsSinceNumber=2",
                token: token
            )
            #expect(events.text.contains("query-event") && events.text.contains("\"2\""))
            #expect(events.text.components(separatedBy: "notification-event").count == 2)
            // Silence is broken after its time, and not before.
            let count = receiver.received.count
            try tell()
            #expect(receiver.received.count == count)
            h.clock.move(by: .seconds(61))
            try tell()
            #expect(receiver.received.last?.status("type") == "heartbeat")
            #expect(receiver.received.last?.status("events-since-subscription-start") == "2")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `what was not taken is sent again later, through failures and a restart`() async throws {
        try await receiver.listening { port in
            let id = try subscribe(at: port)
            try tell()
            receiver.answer(503)
            try h.take([Self.observation("o1", "a")])
            try tell()
            let failed = receiver.received.count
            #expect(failed == 2)
            // It waits before it tries again, longer each time.
            try tell()
            #expect(receiver.received.count == failed)
            for attempt in 1...8 {
                h.clock.move(by: .seconds(1 << (attempt + 1)))
                try tell()
            }
            #expect(try status(id)["status"]?.string == "error")
            try h.take([Self.observation("o2", "b")])
            // Another server over the same vault, as after a restart; a redirection is no success.
            let next = Server(
                vault: h.vault,
                options: Server.Options(origin: ServerHarness.origin),
                clock: h.clock,
                random: SystemRandom()
            )
            receiver.answer(302)
            h.clock.move(by: .seconds(3_700))
            try tell(next)
            #expect(!receiver.received.contains { $0.path == "/elsewhere" })
            receiver.answer(200)
            h.clock.move(by: .seconds(3_700))
            try tell(next)
            let told = try #require(receiver.received.last)
            #expect(told.events.map(\.number) == ["1", "2"])
            #expect(Set(told.events.map(\.focus)) == ["Observation/o1", "Observation/o2"])
            #expect(try status(id)["status"]?.string == "active")
            #expect(try h.vault.guard.audit().problems.isEmpty)
        }
    }

    // MARK: Consent

    @Test(.timeLimit(.minutes(10)))
    func `the verdict is that of the moment of telling, and a gap looks like any other`()
        async throws
    {
        try await receiver.listening { port in
            let id = try subscribe(at: port)
            try tell()
            receiver.answer(503)
            try h.take([Self.observation("o1", "a"), Self.observation("o2", "b")])
            try tell()
            // Between the event and its arrival the patient says no.
            _ = try h.vault.restrict(
                .id(try #require(FHIRID("a"))),
                RestrictionStatement(kind: .blockedPersonAlways, person: "Practitioner/d"),
                by: try h.session("a"),
                context: CallContext()
            )
            receiver.answer(200)
            h.clock.move(by: .seconds(10))
            try tell()
            let told = try #require(receiver.received.last)
            #expect(told.events.map(\.focus) == ["Observation/o2"])
            #expect(told.status("events-since-subscription-start") == "2")
            // No consent had let it be told: that there is a restriction now is told to nobody.
            h.clock.move(by: .seconds(120))
            let count = receiver.received.count
            try tell()
            #expect(receiver.received.count == count)
            let events = h.call(
                "GET",
                "/fhir/Subscription/\(id)/$events",
                token: try h.token(client)
            )
            #expect(events.status == 200 && !events.text.contains("Observation/o1"))
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `who was told by a patient's consent is told that it has ended`() async throws {
        let m = try Margaret()
        try m.consent("margaret-daughter")
        let daughter = try #require(
            try m.harness.vault.guard.clients().first { $0.id == m.daughter.id }
        )
        try await receiver.listening { port in
            var known = daughter
            known.targets = ["http://127.0.0.1:\(port)"]
            try m.harness.vault.guard.register(known, by: .operator, context: CallContext())
            let token = try m.harness.token(m.daughter)
            let made = m.harness.call(
                "POST",
                "/fhir/Subscription",
                token: token,
                body: Self.resource("http://127.0.0.1:\(port)/", filter: "Appointment")
            )
            #expect(made.status == 201, "\(made.text)")
            var settings = NotificationSettings()
            settings.allowsLoopback = true
            settings.timeout = .seconds(60)
            let work = SubscriptionWork(
                server: m.harness.server,
                sender: HTTPNotificationSender(settings),
                caller: .operator
            )
            try work.run()
            try m.harness.take([
                #"{"resourceType":"Appointment","id":"new-visit","status":"booked","participant":[{"#
                    + #""status":"accepted","actor":{"reference":"Patient/margaret"}}]}"#
            ])
            try work.run()
            #expect(receiver.received.last?.events.map(\.focus) == ["Appointment/new-visit"])
            _ = try m.harness.vault.revokeConsent(
                try #require(FHIRID("margaret-consent-daughter")),
                by: try m.harness.session("margaret"),
                context: CallContext()
            )
            try work.run()
            let notice = try #require(receiver.received.last)
            #expect(notice.events.map(\.focus) == ["Patient/margaret"])
            #expect(notice.events.map(\.number) == ["2"])
            let entries = try m.harness.vault.guard.entries(LogQuery(), by: .operator)
            #expect(entries.contains { $0["action"] == "notify-consent-ended" })
            // Once: nothing is told of her any more.
            let count = receiver.received.count
            try m.harness.take([
                #"{"resourceType":"Appointment","id":"later","status":"booked","participant":[{"#
                    + #""status":"accepted","actor":{"reference":"Patient/margaret"}}]}"#
            ])
            m.harness.clock.move(by: .seconds(120))
            try work.run()
            #expect(receiver.received.count == count)
            #expect(try m.harness.vault.guard.audit().problems.isEmpty)
        }
    }

    // MARK: Who and where

    @Test(.timeLimit(.minutes(10)))
    func `a client that may ask no more is told no more`() async throws {
        try await receiver.listening { port in
            let id = try subscribe(at: port)
            try tell()
            // A narrower registration narrows what was subscribed to before.
            try register(["http://127.0.0.1:\(port)"], scopes: ["system/Condition.rs"])
            try h.take([Self.observation("o1", "a")])
            try tell()
            #expect(receiver.received.count == 1)
            let ended = try h.vault.guard.subscriptions(by: .operator).first
            #expect(ended?.status == .off && ended?.id.text == id)
            #expect(throws: GuardError.notAuthenticated) {
                _ = try h.vault.guard.release(
                    ReleaseRequest(
                        patient: .id(try #require(FHIRID("a"))),
                        purposes: ["TREAT"]
                    ),
                    by: try #require(ended).caller
                )
            }
        }
    }

    @Test func `a subscription is its client's alone, and ends when its client ends it`() throws {
        try register(["https://app.example:443"])
        let made = try post(Self.resource("https://app.example/hook"))
        let id = try #require(made.json["id"]?.string)
        let other = TestClient("other-app")
        try h.register(other, for: "d", purposes: ["TREAT"], scopes: ["system/*.cruds"])
        let stranger = try h.token(other)
        for path in ["\(id)", "\(id)/$status", "\(id)/$events"] {
            let reply = h.call("GET", "/fhir/Subscription/\(path)", token: stranger)
            #expect(reply.status == 404, "\(path)")
            #expect(
                reply.shape
                    == h.call("GET", "/fhir/Subscription/none", token: stranger).shape
            )
        }
        #expect(h.call("GET", "/fhir/Subscription", token: stranger).total == 0)
        #expect(h.call("DELETE", "/fhir/Subscription/\(id)", token: stranger).status == 404)
        let token = try h.token(client)
        #expect(h.call("GET", "/fhir/Subscription", token: token).total == 1)
        #expect(h.call("PUT", "/fhir/Subscription/\(id)", token: token).status == 415)
        #expect(h.call("DELETE", "/fhir/Subscription/\(id)", token: token).status == 204)
        #expect(h.call("GET", "/fhir/Subscription/\(id)", token: token).status == 404)
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test func `only the client's own addresses are taken, and only what is understood`() throws {
        try register(["https://app.example:443"])
        for endpoint in [
            "https://app.example.evil.example/", "https://app.example:444/",
            "https://other.example/", "http://app.example/", "https://user@app.example/",
            "https://app.example#@evil.example/", "http://127.0.0.1:80/", "https://[::1]/",
            "file:///etc/passwd", "https://app.example\\\\@evil.example/",
        ] {
            let status = try post(Self.resource(endpoint)).status
            #expect([400, 403, 422].contains(status), "\(endpoint) \(status)")
        }
        let good = "https://app.example/hook"
        for body in [
            Self.resource(good, content: "full-resource"),
            Self.resource(good, filter: "AuditEvent"), Self.resource(good, filter: "Nothing"),
            Self.resource(good, filter: "Observation?foo=1"),
            Self.resource(good, filter: "Observation?_sort=date"),
            Self.resource(good).replacing("rest-hook", with: "websocket"),
            Self.resource(good).replacing("Authorization: Bearer", with: "Host: x"),
            Self.resource(good).replacing(SubscriptionResource.topic, with: "urn:other"),
            Self.resource(good).replacing("requested", with: "active"), "{}",
        ] {
            let status = try post(body).status
            #expect([400, 422].contains(status), "\(status)")
        }
        let narrow = h.call(
            "POST",
            "/fhir/Subscription",
            token: try h.token(client, scope: "system/Subscription.c"),
            body: Self.resource(good)
        )
        #expect(narrow.status == 403)
        #expect(try post(Self.resource(good)).status == 201)
    }

    @Test func `no address inside a network is reached, whatever its name`() throws {
        for bytes: [UInt8] in [
            [10, 0, 0, 1], [127, 0, 0, 1], [169, 254, 169, 254], [172, 16, 0, 1],
            [172, 31, 255, 255], [192, 168, 1, 1], [100, 64, 0, 1], [0, 0, 0, 0],
            [224, 0, 0, 1], [255, 255, 255, 255], [198, 18, 0, 1], [192, 0, 0, 8],
        ] {
            #expect(!PublicAddress.isPublic(v4: bytes), "\(bytes)")
            let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
            #expect(!PublicAddress.isPublic(v6: mapped), "\(mapped)")
            let translated = [0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8) + bytes
            #expect(!PublicAddress.isPublic(v6: translated), "\(translated)")
        }
        for bytes: [UInt8] in [[8, 8, 8, 8], [172, 32, 0, 1], [100, 128, 0, 1], [193, 0, 0, 1]] {
            #expect(PublicAddress.isPublic(v4: bytes), "\(bytes)")
        }
        let zeros = [UInt8](repeating: 0, count: 15)
        for first: UInt8 in [0x00, 0xFC, 0xFD, 0xFE, 0xFF] {
            #expect(!PublicAddress.isPublic(v6: [first] + zeros))
        }
        #expect(PublicAddress.isPublic(v6: [0x2A] + zeros))
        #expect(TargetURL("https://app.example")?.origin == "https://app.example:443")
        #expect(TargetURL("http://app.example/") == nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func `this machine is not told unless somebody asked for that`() async throws {
        try await receiver.listening { port in
            _ = try subscribe(at: port)
            try tell(allowsLoopback: false)
            #expect(receiver.received.isEmpty)
            let failures = try h.vault.guard.subscriptions(by: .operator).first?.failures
            #expect(failures == 1)
        }
    }
}
