import Consent
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// Every route and method by everybody who might ask; a route that is not in the matrix fails.
struct MatrixTests {
    /// What an actor gets: a status that says no, or any that says yes.
    private enum Expected: String {
        case yes, unauthorized, notFound, no, empty
    }

    private let m: Margaret
    private let h: ServerHarness

    init() throws {
        m = try Margaret()
        h = m.harness
    }

    /// How the protected interactions are asked of Margaret's record.
    private static let requests: [Interaction: (method: String, target: String, body: String)] = [
        .read: ("GET", "/fhir/\(Margaret.visible)", ""),
        .vread: ("GET", "/fhir/\(Margaret.visible)/_history/1", ""),
        .history: ("GET", "/fhir/\(Margaret.visible)/_history", ""),
        .search: ("GET", "/fhir/Condition?patient=margaret", ""),
        .searchByPost: ("POST", "/fhir/Condition/_search", "patient=margaret"),
        .compartmentSearch: ("GET", "/fhir/Patient/margaret/Condition", ""),
        .everything: ("GET", "/fhir/Patient/margaret/$everything", ""),
        .everythingByPost: ("POST", "/fhir/Patient/margaret/$everything", ""),
        .create: (
            "POST", "/fhir/Observation",
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/margaret"}}"#
        ),
        .update: (
            "PUT", "/fhir/\(Margaret.visible)",
            #"{"resourceType":"Condition","id":"margaret-cond-1","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/margaret"}}"#
        ),
        .patch: ("PATCH", "/fhir/\(Margaret.visible)", "[]"),
        .delete: ("DELETE", "/fhir/Condition/margaret-cond-8", ""),
        .bundle: (
            "POST", "/fhir",
            #"{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","#
                + #""url":"Condition/margaret-cond-2"}}]}"#
        ),
        .validate: ("POST", "/fhir/Patient/$validate", #"{"resourceType":"Patient"}"#),
        .conditionalUpdate: (
            "PUT", "/fhir/Condition?patient=margaret&_id=margaret-cond-1",
            #"{"resourceType":"Condition","id":"margaret-cond-1","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/margaret"}}"#
        ),
        .conditionalDelete: ("DELETE", "/fhir/Condition?patient=margaret&_id=margaret-cond-3", ""),
        .preview: (
            "POST", "/fhir/Consent/$preview",
            Margaret.preview("margaret-daughter", of: "RelatedPerson/rp-margaret-daughter")
        ),
        .subscriptionStatus: ("GET", "/fhir/Subscription/0123456789abcdef/$status", ""),
        .subscriptionStatusByPost: ("POST", "/fhir/Subscription/0123456789abcdef/$status", ""),
        .subscriptionEvents: ("GET", "/fhir/Subscription/0123456789abcdef/$events", ""),
        .subscriptionEventsByPost: ("POST", "/fhir/Subscription/0123456789abcdef/$events", ""),
        .bulkImport: (
            "POST", "/fhir/$import",
            #"{"resourceType":"Condition","id":"new","code":{"text":"x"},"subject":"#
                + #"{"reference":"Patient/margaret"}}"#
        ),
        .export: ("GET", "/fhir/$export?_type=Condition", ""),
        .exportPatients: ("GET", "/fhir/Patient/$export?_type=Condition", ""),
        .exportGroup: ("GET", "/fhir/Group/margarets/$export", ""),
        .exportStatus: ("GET", "/fhir/bulk/0123456789abcdef", ""),
        .exportEnd: ("DELETE", "/fhir/bulk/0123456789abcdef", ""),
        .exportFile: ("GET", "/fhir/bulk/0123456789abcdef/0.Condition.ndjson", ""),
        .launchContext: ("POST", "/auth/launch", "patient=margaret&client_id=acme-public"),
    ]

    /// What is answered to anybody, and how; a page on which people sign in says nothing before they have.
    private static let open: [Interaction: (method: String, target: String, status: Int)] = [
        .health: ("GET", "/health", 200), .ready: ("GET", "/ready", 200),
        .metrics: ("GET", "/metrics", 200), .openAPI: ("GET", "/openapi.json", 200),
        .capabilities: ("GET", "/fhir/metadata", 200),
        .smartConfiguration: ("GET", "/.well-known/smart-configuration", 200),
        .token: ("POST", "/auth/token", 400), .introspect: ("POST", "/auth/introspect", 400),
        .revoke: ("POST", "/auth/revoke", 400), .authorize: ("GET", "/auth/authorize", 400),
        .signIn: ("POST", "/auth/sign-in", 400), .decide: ("POST", "/auth/decide", 400),
        .apps: ("GET", "/auth/apps", 200), .appsSignIn: ("POST", "/auth/apps/sign-in", 400),
        .appsWithdraw: ("POST", "/auth/apps/withdraw", 400),
        .appsSignOut: ("POST", "/auth/apps/sign-out", 400),
    ]

    private func ask(_ interaction: Interaction, _ token: String?) throws -> HTTPReply {
        let request = try #require(Self.requests[interaction])
        let media =
            switch interaction {
            case .patch: "application/json-patch+json"
            case .searchByPost, .launchContext: "application/x-www-form-urlencoded"
            case .bulkImport: "application/fhir+ndjson"
            default: "application/fhir+json"
            }
        return h.call(
            request.method,
            request.target,
            token: token,
            headers: [("content-type", media), ("prefer", "respond-async")],
            body: request.body
        )
    }

    @Test func `every route is public, or in the matrix`() {
        for route in Route.all {
            let isKnown =
                route.interaction.isPublic
                ? Self.open[route.interaction] != nil : Self.requests[route.interaction] != nil
            #expect(isKnown, "\(route.pattern)")
        }
        #expect(Set(Route.all.map(\.interaction)) == Set(Interaction.allCases))
    }

    @Test func `what is public tells nobody's name, token or not`() throws {
        let token = try h.token(m.doctor)
        for (interaction, request) in Self.open {
            for token in [nil, token] {
                let reply = h.call(request.method, request.target, token: token)
                #expect(reply.status == request.status, "\(interaction)")
                #expect(!reply.text.localizedCaseInsensitiveContains("margaret"), "\(interaction)")
            }
        }
    }

    @Test(arguments: Interaction.allCases.filter { !$0.isPublic })
    func `without a token, or with one that does not hold, nobody gets anything`(
        interaction: Interaction
    ) throws {
        var ended = try h.token(m.doctor)
        h.clock.move(by: .seconds(400))
        for token in [nil, "x.y.z", ended] {
            let reply = try ask(interaction, token)
            #expect(reply.status == 401)
            #expect(reply.text.contains("OperationOutcome"))
        }
        ended = try h.token(m.doctor)
        try h.vault.guard.disable(
            try #require(PrincipalID("okafor")),
            by: .operator,
            context: CallContext()
        )
        #expect(try ask(interaction, ended).status == 401)
    }

    @Test(arguments: Interaction.allCases.filter { !$0.isPublic && $0 != .validate })
    func `who has nothing to do with the patient is answered as if nobody were there`(
        interaction: Interaction
    ) throws {
        let actors = [
            m.stranger, m.daughter, m.integration, m.researcher, m.administrator,
        ]
        for actor in actors {
            let reply = try ask(interaction, try h.token(actor))
            #expect(!reply.text.contains("Diabetes"), "\(actor.id)")
            switch interaction {
            case .search, .searchByPost, .compartmentSearch:
                #expect(reply.status == 200 && reply.total == 0, "\(actor.id)")
            case .create, .preview:
                // Administrators keep records without reading them.
                if actor.id != m.administrator.id {
                    #expect([403, 422].contains(reply.status), "\(actor.id) \(reply.status)")
                }
            case .bulkImport:
                // Whose work it is to keep records may bring them in, and sees nothing by it.
                let isKeeper = actor.id == m.administrator.id
                #expect(reply.status == (isKeeper ? 202 : 403), "\(actor.id) \(reply.status)")
            case .export, .exportPatients:
                // It begins, and ends with nothing: who is asked for shows in no answer.
                #expect(reply.status == 202, "\(actor.id) \(reply.status)")
                let export = try ExportClient(h, try h.token(actor), accepted: reply)
                #expect(try export.files().isEmpty, "\(actor.id)")
            case .launchContext:
                // That somebody has a patient in view opens nothing; only clinicians start apps.
                #expect(reply.status == (actor.id == m.stranger.id ? 200 : 403), "\(actor.id)")
            default: #expect([404, 405, 422].contains(reply.status), "\(actor.id) \(reply.status)")
            }
        }
    }

    @Test func `who treats the patient may read and write, and nobody else may write`() throws {
        let token = try h.token(m.doctor)
        try h.take([
            #"{"resourceType":"Group","id":"margarets","type":"person","actual":true,"member":"#
                + #"[{"entity":{"reference":"Patient/margaret"}}]}"#
        ])
        // Jobs of nobody are nobody's; what somebody would see is the patient's and the officers' to ask.
        let others: Set<Interaction> = [
            .exportStatus, .exportEnd, .exportFile, .preview, .bulkImport, .subscriptionStatus,
            .subscriptionStatusByPost, .subscriptionEvents, .subscriptionEventsByPost,
        ]
        let own = Self.requests.keys.filter { !others.contains($0) }
        for interaction in own.sorted(by: { $0.rawValue < $1.rawValue }) {
            let reply = try ask(interaction, token)
            #expect(
                (200...299).contains(reply.status)
                    || [.update, .conditionalUpdate].contains(interaction) && reply.status == 422,
                "\(interaction) \(reply.status) \(reply.text.prefix(200))"
            )
        }
        for interaction in others.subtracting([.preview, .bulkImport]) {
            #expect(try ask(interaction, token).status == 404, "\(interaction)")
        }
        #expect(try ask(.preview, token).status == 403)
        #expect(try ask(.bulkImport, token).status == 403)
        for client in [m.patient, m.plan, m.officer] {
            let reply = try ask(.create, try h.token(client))
            #expect([403, 422].contains(reply.status), "\(client.id)")
        }
    }

    @Test func `the patient sees all of the record, the health plan only what its claims need`()
        throws
    {
        let own = try ask(.everything, try h.token(m.patient))
        #expect(own.ids().contains(Margaret.hidden) || own.total ?? 0 > 100)
        let plan = try ask(.everything, try h.token(m.plan))
        if plan.status == 200 {
            #expect(!plan.ids().contains(Margaret.hidden))
            #expect(plan.total ?? 0 < own.total ?? 0)
        }
    }

    /// 45 CFR 164.530(a)(1)(i): the officer answers for consents and for who looked at what, and needs no
    /// diagnosis for it; the rule `staff-privacy-officer` permits the categories consents and audit.
    @Test func `the privacy officer sees consents, and of everything else what nobody would see`()
        throws
    {
        try m.consent("margaret-daughter")
        let token = try h.token(m.officer)
        for interaction in [
            .read, .vread, .history, .update, .patch, .delete, .bundle, .conditionalUpdate,
            .conditionalDelete, .exportGroup, .exportStatus, .exportEnd, .exportFile,
        ] as [Interaction] {
            let reply = try ask(interaction, token)
            #expect([404, 405, 422].contains(reply.status), "\(interaction) \(reply.status)")
        }
        for interaction in [.search, .searchByPost, .compartmentSearch] as [Interaction] {
            #expect(try ask(interaction, token).total == 0, "\(interaction)")
        }
        let everything = try ask(.everything, token)
        #expect(everything.ids() == ["Consent/margaret-consent-daughter"])
        let consent = h.call("GET", "/fhir/Consent/margaret-consent-daughter", token: token)
        #expect(consent.status == 200)
        #expect(h.call("GET", "/fhir/Consent?patient=margaret", token: token).total == 1)
        #expect(try ask(.preview, token).text.contains("\"released\""))
        let log = h.call("GET", "/fhir/AuditEvent?patient=margaret", token: token)
        #expect(log.status == 200 && log.total ?? 0 > 0)
        let export = try ExportClient(h, token, "Patient/$export")
        let lines = try export.files().values.flatMap(\.lineIDs)
        #expect(lines == ["Consent/margaret-consent-daughter"])
    }

    /// Each state of a consent, and who it is for; what an expired or revoked one shows is what none shows.
    @Test func `a consent opens what it says to whom it names, until it ends`() throws {
        try m.consent("margaret-daughter")
        let visits = "/fhir/Encounter?patient=margaret"
        func total(_ client: TestClient) throws -> Int {
            h.call("GET", visits, token: try h.token(client)).total ?? -1
        }
        #expect(try total(m.daughter) > 0)
        #expect(try ask(.search, try h.token(m.daughter)).total == 0)
        for client in [m.integration, m.researcher, m.stranger, m.emergency] {
            #expect(try total(client) == 0, "\(client.id)")
        }
        let export = try ExportClient(h, try h.token(m.daughter), "Patient/$export")
        #expect(try export.files().keys.contains { $0.contains("Encounter") })
        _ = try h.vault.revokeConsent(
            try #require(FHIRID("margaret-consent-daughter")),
            by: try h.session("margaret"),
            context: CallContext()
        )
        #expect(try total(m.daughter) == 0)
        #expect(try ask(.read, try h.token(m.daughter)).status == 404)
    }

    @Test func `an emergency opens the reads of one patient, and no write and no export`() throws {
        let token = try h.token(m.emergency, purpose: ["ETREAT"])
        let header = [(name: "x-break-glass", value: "unconscious")]
        let read = h.call("GET", "/fhir/\(Margaret.visible)", token: token, headers: header)
        #expect(read.status == 200)
        let export = h.call(
            "GET",
            "/fhir/Patient/$export",
            token: token,
            headers: header + [("prefer", "respond-async")]
        )
        #expect(export.status == 400)
        // The emergency goes on for this patient's reads; an export of many does not go on with it.
        #expect(h.call("GET", "/fhir/\(Margaret.visible)", token: token).status == 200)
        #expect(try ExportClient(h, token, "Patient/$export").files().isEmpty)
    }

    /// 164.508(c)(1)(v): an authorization ends on its date, and then nobody may rely on it.
    @Test(arguments: Interaction.allCases.filter { !$0.isPublic && $0 != .validate })
    func `a consent that has expired opens no route that it opened`(
        interaction: Interaction
    ) throws {
        try m.consent("margaret-daughter")
        let visits = "/fhir/Encounter?patient=margaret"
        #expect(h.call("GET", visits, token: try h.token(m.daughter)).total ?? 0 > 0)
        // Its last day is in 2030: the vault's clock goes there, and its own tokens with it.
        h.clock.move(by: .seconds(5 * 366 * 86_400))
        #expect(h.call("GET", visits, token: try h.token(m.daughter)).total == 0)
        try nothing(interaction, m.daughter)
    }

    @Test(arguments: Interaction.allCases.filter { !$0.isPublic && $0 != .validate })
    func `the same doctor in another organisation's name is answered as a stranger`(
        interaction: Interaction
    ) throws {
        // No relationship to the person: the record names a clinic, and this is another one's programme.
        let elsewhere = try h.enrol(
            "elsewhere",
            Guard_Requester(
                kind: .clinician,
                organization: OrganizationDesignation("Organization/org-northfield-hospital"),
                roles: ["physician"]
            ),
            purposes: ["TREAT"]
        )
        try nothing(interaction, elsewhere)
    }

    /// Asks what nobody may have, and that the answer has nothing of the record in it.
    private func nothing(_ interaction: Interaction, _ client: TestClient) throws {
        let token = try h.token(client)
        let reply = try ask(interaction, token)
        #expect(!reply.text.contains("Diabetes"))
        switch interaction {
        case .search, .searchByPost, .compartmentSearch:
            #expect(reply.status == 200 && reply.total == 0)
        case .create, .preview, .bulkImport:
            #expect([403, 422].contains(reply.status), "\(reply.status)")
        case .export, .exportPatients:
            #expect(reply.status == 202, "\(reply.status)")
            #expect(try ExportClient(h, token, accepted: reply).files().isEmpty)
        case .launchContext:
            // Only clinicians start apps; whom they have in view is looked at when the app asks.
            #expect(reply.status == (client.id == "elsewhere-app" ? 200 : 403), "\(reply.status)")
        default: #expect([404, 405, 422].contains(reply.status), "\(reply.status)")
        }
    }

    @Test func `another purpose than the one permitted opens nothing`() throws {
        let client = TestClient("okafor-research")
        try h.register(client, for: "okafor", purposes: ["HMARKT"], scopes: ["system/*.rs"])
        let token = try h.token(client)
        #expect(try ask(.search, token).total == 0)
        #expect(try ask(.read, token).status == 404)
    }
}
