import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// What the matrix does not show in a status: what an answer carries, and what has changed afterwards.
struct AuthorizationTests {
    private let m: Margaret
    private let h: ServerHarness

    init() throws {
        m = try Margaret()
        h = m.harness
    }

    private func get(_ target: String, _ token: String) -> HTTPReply {
        h.call("GET", "/fhir/\(target)", token: token)
    }

    @Test func `what is public tells nobody's name, token or not`() throws {
        let token = try h.token(m.doctor)
        let open = Route.all.filter { $0.interaction.isPublic && $0.method == "GET" }
        #expect(open.count == 9)
        for route in open {
            for token in [nil, token] {
                let reply = h.call(route.method, route.pattern, token: token)
                #expect(!reply.text.localizedCaseInsensitiveContains("margaret"), "\(route)")
            }
        }
    }

    @Test func `the patient sees all of the record, the health plan only what its claims need`()
        throws
    {
        let own = get("Patient/margaret/$everything", try h.token(m.patient))
        let plan = get("Patient/margaret/$everything", try h.token(m.plan))
        #expect(own.total ?? 0 > 100)
        #expect(plan.status == 200 && plan.total ?? 0 > 0)
        #expect(!plan.ids().contains(Margaret.hidden) && !plan.ids().contains(Margaret.visible))
        #expect(plan.total ?? 0 < own.total ?? 0)
    }

    /// 45 CFR 164.530(a)(1)(i): the officer answers for consents and for who looked at what, and needs no
    /// diagnosis for it; the rule `staff-privacy-officer` permits the categories consents and audit.
    @Test func `the privacy officer sees consents, and of everything else what nobody would see`()
        throws
    {
        try m.consent("margaret-daughter")
        let token = try h.token(m.officer)
        let everything = get("Patient/margaret/$everything", token)
        #expect(everything.ids() == ["Consent/margaret-consent-daughter"])
        #expect(get("Consent/margaret-consent-daughter", token).status == 200)
        #expect(get("Consent?patient=margaret", token).total == 1)
        let log = get("AuditEvent?patient=margaret", token)
        #expect(log.status == 200 && log.total ?? 0 > 0)
        let export = try ExportClient(h, token, "Patient/$export")
        let lines = try export.files().values.flatMap(\.lineIDs)
        #expect(lines == ["Consent/margaret-consent-daughter"])
    }

    /// Each state of a consent, and who it is for; what a revoked one shows is what none shows.
    @Test func `a consent opens what it says to whom it names, until it ends`() throws {
        try m.consent("margaret-daughter")
        func total(_ type: String, _ client: TestClient) throws -> Int {
            get("\(type)?patient=margaret", try h.token(client)).total ?? -1
        }
        #expect(try total("Encounter", m.daughter) > 0)
        #expect(try total("Condition", m.daughter) == 0)
        for client in [m.integration, m.researcher, m.stranger, m.emergency] {
            #expect(try total("Encounter", client) == 0, "\(client.id)")
        }
        let export = try ExportClient(h, try h.token(m.daughter), "Patient/$export")
        #expect(try export.files().keys.contains { $0.contains("Encounter") })
        _ = try h.vault.revokeConsent(
            try #require(FHIRID("margaret-consent-daughter")),
            by: try h.session("margaret"),
            context: CallContext()
        )
        #expect(try total("Encounter", m.daughter) == 0)
        #expect(get("Encounter/margaret-enc-2021-annual", try h.token(m.daughter)).status == 404)
    }

    @Test func `an emergency opens the reads of one patient, and no write and no export`() throws {
        let token = try h.token(m.emergency, purpose: ["ETREAT"])
        let header = [(name: "x-break-glass", value: "unconscious")]
        let target = "/fhir/\(Margaret.visible)"
        #expect(h.call("GET", target, token: token, headers: header).status == 200)
        // It goes on for this patient's reads; an export of many does not go on with it.
        #expect(h.call("GET", target, token: token).status == 200)
        #expect(try ExportClient(h, token, "Patient/$export").files().isEmpty)
        let before = h.call("GET", target, token: try h.token(m.doctor))
        for headers in [header, []] {
            #expect(h.call("DELETE", target, token: token, headers: headers).status == 403)
            let note =
                #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/margaret"}}"#
            let made = h.call(
                "POST",
                "/fhir/Observation",
                token: token,
                headers: headers,
                body: note
            )
            #expect(made.status == 403)
        }
        #expect(h.call("GET", target, token: try h.token(m.doctor)).shape == before.shape)
        let refused = try h.vault.guard.entries(LogQuery(), by: .operator).filter {
            $0["action"] == "write" && $0["decision"] == "deny" && $0["actor"] == "haddad"
        }
        #expect(refused.count == 4 && refused.allSatisfy { $0.parts.count == 1 })
        let told = get("AuditEvent?patient=margaret&outcome=4", try h.token(m.officer)).json
        let actions = told["entry"]?.array?.compactMap { $0["resource"]?["action"]?.string }
        #expect(actions?.count { $0 == "U" } == 4)
        #expect(try h.vault.guard.audit().problems.isEmpty)
        #expect(try h.vault.verify().problems.isEmpty)
    }

    @Test func `who treats a patient writes for treatment alone`() throws {
        // The rule `provider-operations` shows a part of the record, and `provider-writes` is not about it.
        let client = TestClient("okafor-quality")
        try h.register(client, for: "okafor", purposes: ["HQUALIMP"], scopes: ["system/*.cruds"])
        let token = try h.token(client)
        #expect(get("Encounter/margaret-enc-2021-annual", token).status == 200)
        let reply = h.call("DELETE", "/fhir/Encounter/margaret-enc-2021-annual", token: token)
        #expect(reply.status == 403)
    }

    @Test func `a consent to read lets nobody write, one without an action does`() throws {
        let access =
            #""action":[{"coding":[{"system":"#
            + #""http://terminology.hl7.org/CodeSystem/consentaction","code":"access"}]}],"purpose""#
        for (name, purpose, status) in [("reader", access, 403), ("writer", #""purpose""#, 201)] {
            let client = try h.enrol(
                name,
                Guard_Requester(kind: .integration, references: ["Device/\(name)"]),
                purposes: ["TREAT"]
            )
            let consent = Margaret.example("margaret-daughter")
                .replacing("margaret-consent-daughter", with: "consent-\(name)")
                .replacing("RelatedPerson/rp-margaret-daughter", with: "Device/\(name)")
                .replacing("FAMRQT", with: "TREAT").replacing(#""purpose""#, with: purpose)
            _ = try h.vault.addConsent(
                Array(consent.utf8),
                by: try h.session("margaret"),
                context: CallContext(),
                now: h.clock.now()
            )
            let token = try h.token(client)
            #expect(get("Encounter/margaret-enc-2021-annual", token).status == 200)
            let made = h.call(
                "POST",
                "/fhir/Encounter",
                token: token,
                body: MatrixRequest.visit("new", of: "margaret")
            )
            #expect(made.status == status, "\(name): \(made.text)")
        }
    }
}
