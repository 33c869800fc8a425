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
    ]

    private func ask(_ interaction: Interaction, _ token: String?) throws -> HTTPReply {
        let request = try #require(Self.requests[interaction])
        let media =
            switch interaction {
            case .patch: "application/json-patch+json"
            case .searchByPost: "application/x-www-form-urlencoded"
            default: "application/fhir+json"
            }
        return h.call(
            request.method,
            request.target,
            token: token,
            headers: [("content-type", media)],
            body: request.body
        )
    }

    @Test func `every route is public, or in the matrix`() {
        for route in Route.all where !route.interaction.isPublic {
            #expect(Self.requests[route.interaction] != nil, "\(route.pattern)")
        }
        #expect(Set(Route.all.map(\.interaction)) == Set(Interaction.allCases))
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
            case .create:
                // Administrators keep records without reading them.
                if actor.id != m.administrator.id {
                    #expect([403, 422].contains(reply.status), "\(actor.id) \(reply.status)")
                }
            default: #expect([404, 405, 422].contains(reply.status), "\(actor.id) \(reply.status)")
            }
        }
    }

    @Test func `who treats the patient may read and write, and nobody else may write`() throws {
        let token = try h.token(m.doctor)
        for interaction in Self.requests.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            let reply = try ask(interaction, token)
            #expect(
                (200...299).contains(reply.status) || interaction == .update && reply.status == 422,
                "\(interaction) \(reply.status) \(reply.text.prefix(200))"
            )
        }
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

    @Test func `the privacy officer sees consents, and of everything else what nobody would see`()
        throws
    {
        try m.consent("margaret-daughter")
        let token = try h.token(m.officer)
        for interaction in [
            .read, .vread, .history, .update, .patch, .delete, .bundle,
        ] as [Interaction] {
            let reply = try ask(interaction, token)
            #expect([404, 405, 422].contains(reply.status), "\(interaction) \(reply.status)")
        }
        for interaction in [.search, .searchByPost, .compartmentSearch] as [Interaction] {
            #expect(try ask(interaction, token).total == 0, "\(interaction)")
        }
        let everything = try ask(.everything, token)
        #expect(everything.ids() == ["Consent/margaret-consent-daughter"])
    }

    @Test func `another purpose than the one permitted opens nothing`() throws {
        let client = TestClient("okafor-research")
        try h.register(client, for: "okafor", purposes: ["HMARKT"], scopes: ["system/*.rs"])
        let token = try h.token(client)
        #expect(try ask(.search, token).total == 0)
        #expect(try ask(.read, token).status == 404)
    }
}
