import Consent
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// SMART App Launch: what a person's yes gives an app, and when it ends.
struct LaunchTests {
    private let world: AppWorld
    private let h: ServerHarness

    init() throws {
        world = try AppWorld()
        h = world.h
    }

    @Test func `a patient signs in, agrees, and the app reads what was agreed to and no more`()
        throws
    {
        let browser = world.browser()
        let reply = try world.tokens(browser, categories: ["conditions", "demographics"])
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.json["patient"]?.string == "margaret")
        #expect((1...300).contains(reply.json["expires_in"]?.int ?? 0))
        #expect(
            reply.json["scope"]?.string == "patient/*.rs launch/patient offline_access"
        )
        let token = try #require(reply.json["access_token"]?.string)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(world.get("Patient/margaret", token).status == 200)
        #expect(world.get("Condition?patient=margaret", token).total ?? 0 > 3)
        #expect(world.get("MedicationRequest?patient=margaret", token).total == 0)
        #expect(world.get(Margaret.hidden, token).status == 404)
        #expect(world.get("Patient/marit", token).status == 404)
        // The app acts in its principal's name, for her.
        let log = try h.registeredLog()
        let read = try #require(
            log.last { $0.kind == "decision" && $0["client"] == "acme-public" }
        )
        #expect(read["actor"] == "acme")
        #expect(read["onBehalfOf"] == "margaret")
        #expect(read["purpose"] == nil && read.header["purpose"]?.stringArray == ["PATRQT"])
        let actions = Set(log.compactMap { $0["action"] })
        #expect(actions.isSuperset(of: ["sign-in", "approve-launch", "issue-token"]))
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test func `the agreement is an ordinary consent, which the patient sees and withdraws`()
        throws
    {
        let browser = world.browser()
        let reply = try world.tokens(browser, categories: ["conditions"])
        let token = try #require(reply.json["access_token"]?.string)
        let refresh = try #require(reply.json["refresh_token"]?.string)
        #expect(world.get("Condition?patient=margaret", token).total ?? 0 > 3)
        let session = try h.session("margaret")
        let listed = try h.vault.consents(
            of: .id(try #require(FHIRID("margaret"))),
            by: session,
            context: CallContext(),
            now: h.clock.now()
        )
        let consent = try #require(listed.first { $0.summary.contains("Device/acme-app") })
        #expect(consent.isInForce && consent.problems.isEmpty)
        #expect(consent.summary.contains("conditions") && consent.summary.contains("PATRQT"))
        _ = try h.vault.revokeConsent(consent.record.id, by: session, context: CallContext())
        #expect(world.get("Condition?patient=margaret", token).total == 0)
        #expect(world.get(Margaret.visible, token).status == 404)
        let refused = browser.refresh(refresh)
        #expect(refused.status == 400 && refused.json["error"] == "invalid_grant")
        let end = try #require(try h.registeredLog().last { $0["action"] == "end-grant" })
        #expect(end["reason"] == "consent-withdrawn")
    }

    @Test func `a refresh token is good once, and the one before it ends all of its kin`() throws {
        let browser = world.browser()
        let first = try world.tokens(browser)
        let old = try #require(first.json["refresh_token"]?.string)
        let second = browser.refresh(old)
        #expect(second.status == 200, "\(second.text)")
        let next = try #require(second.json["refresh_token"]?.string)
        let token = try #require(second.json["access_token"]?.string)
        #expect(next != old)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(try h.vault.guard.audit().problems.isEmpty)
        #expect(browser.refresh(old).json["error"] == "invalid_grant")
        #expect(browser.refresh(next).json["error"] == "invalid_grant")
        h.server.tokens.forget(token)
        #expect(world.get(Margaret.visible, token).status == 401)
        let ends = try h.registeredLog().filter { $0["action"] == "end-grant" }
        #expect(ends.map { $0["reason"] } == ["refresh-replayed"])
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test func `a refresh token ends with consent, account, client and person`() throws {
        func refresh(after change: () throws -> Void) throws -> String? {
            let browser = world.browser()
            let reply = try world.tokens(browser)
            let token = try #require(reply.json["refresh_token"]?.string)
            try change()
            return browser.refresh(token).json["error"]?.string
        }
        #expect(try refresh {} == nil)
        #expect(try refresh { h.clock.move(by: .seconds(31 * 86_400)) } == "invalid_grant")
        #expect(try refresh { try world.registerApp("acme-public", purposes: ["PATRQT"]) } != nil)
        let changed = try refresh {
            let session = try h.session("margaret")
            let listed = try h.vault.consents(
                of: .id(try #require(FHIRID("margaret"))),
                by: session,
                context: CallContext(),
                now: h.clock.now()
            )
            for consent in listed
            where consent.isInForce && consent.record.id.text.hasPrefix("app-") {
                let (bytes, _) = try h.vault.consent(
                    consent.record.id,
                    by: session,
                    context: CallContext()
                )
                let text = String(decoding: bytes, as: UTF8.self)
                    .replacing("\"code\":\"laboratory\"", with: "\"code\":\"visits\"")
                _ = try h.vault.addConsent(
                    Array(text.utf8),
                    by: session,
                    context: CallContext(),
                    now: h.clock.now()
                )
            }
        }
        #expect(changed == "invalid_grant")
        let disabled = try refresh {
            try h.vault.guard.disableAccount(
                try #require(PrincipalID("margaret")),
                by: .operator,
                context: CallContext()
            )
        }
        #expect(disabled == "invalid_grant")
    }

    @Test func `refresh tokens outlive a restart of the Guard, access tokens do not`() throws {
        let browser = world.browser()
        let reply = try world.tokens(browser)
        let refresh = try #require(reply.json["refresh_token"]?.string)
        let token = try #require(reply.json["access_token"]?.string)
        let again = try h.restarted()
        #expect(try again.tokenFacts(token) == nil)
        let outcome = try again.refresh(
            RefreshExchange(
                token: refresh,
                scope: nil,
                proof: .name("acme-public"),
                context: CallContext()
            )
        )
        guard case .issued(let tokens) = outcome else {
            Issue.record("not issued")
            return
        }
        #expect(tokens.facts.patient?.text == "margaret")
        #expect(try again.audit(by: .operator).problems.isEmpty)
        try again.close()
    }

    @Test func `without offline or online access there is no refresh token`() throws {
        let reply = try world.tokens(
            world.browser(),
            arriving: ["scope": "launch/patient patient/Condition.rs"]
        )
        #expect(reply.status == 200)
        #expect(reply.json["refresh_token"] == nil)
        let token = try #require(reply.json["access_token"]?.string)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(world.get("Patient/margaret", token).status == 403)
    }

    @Test func `a clinician's app sees what the clinician may see, of the patient that was named`()
        throws
    {
        let browser = world.browser()
        let reply = try world.tokens(browser, by: "okafor", patient: "margaret")
        #expect(reply.json["patient"] == "margaret")
        let token = try #require(reply.json["access_token"]?.string)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(world.get(Margaret.hidden, token).status == 404)
        #expect(world.get("Patient/marit", token).status == 404)
        let refresh = try #require(reply.json["refresh_token"]?.string)
        // Who does not use it for a while has gone home.
        h.clock.move(by: .seconds(1_201))
        #expect(browser.refresh(refresh).json["error"] == "invalid_grant")
        // Nobody learns from the way there whether there is such a patient.
        let other = try world.tokens(world.browser(), by: "okafor", patient: "nobody")
        #expect(other.status == 200 && other.json["patient"] == "nobody")
        let none = try #require(other.json["access_token"]?.string)
        #expect(world.get("Patient/nobody", none).status == 404)
    }

    @Test
    func `a clinician's system starts an app for the patient in view, once, for the clinician`()
        throws
    {
        let own = try h.token(world.m.doctor)
        func context(_ token: String) -> HTTPReply {
            h.call(
                "POST",
                "/auth/launch",
                token: token,
                headers: [("content-type", "application/x-www-form-urlencoded")],
                body: "patient=margaret&client_id=acme-public"
            )
        }
        #expect(context(try h.token(world.m.patient)).status == 403)
        let handle = try #require(context(own).json["launch"]?.string)
        let scope = "launch user/*.rs"
        let reply = try world.tokens(
            world.browser(),
            by: "okafor",
            arriving: ["launch": handle, "scope": scope]
        )
        #expect(reply.json["patient"] == "margaret", "\(reply.text)")
        let again = world.browser().arrive(["launch": handle, "scope": scope])
        #expect(AppBrowser.answer(again)?["error"] == "invalid_request")
        // Another person than the clinician cannot take it.
        let second = try #require(context(own).json["launch"]?.string)
        let browser = world.browser()
        h.clock.move(by: .seconds(31))
        browser.arrive(["launch": second, "scope": scope])
        browser.submit("sign-in", try world.credentials("daughter"))
        let answer = AppBrowser.answer(browser.submit("decide", ["decision": "allow"]))
        #expect(answer?["error"] == "access_denied")
    }

    @Test func `a relative's app sees what the relative may see`() throws {
        try world.m.consent("margaret-daughter")
        let reply = try world.tokens(world.browser(), by: "daughter", patient: "margaret")
        let token = try #require(reply.json["access_token"]?.string)
        #expect(world.get("Encounter?patient=margaret", token).total ?? 0 > 0)
        #expect(world.get(Margaret.visible, token).status == 404)
    }

    @Test func `a confidential app proves itself by its key, never by its name`() throws {
        let key = TestClient("acme-secret")
        try world.registerApp("acme-secret", keys: [key.jwk])
        let browser = world.browser("acme-secret")
        #expect(try world.tokens(browser).json["error"] == "invalid_client")
        h.clock.move(by: .seconds(31))
        browser.arrive()
        browser.submit("sign-in", try world.credentials())
        let answer = AppBrowser.answer(browser.submit("decide", world.yes(browser)))
        let claims = key.claims(
            audience: "\(ServerHarness.origin)/auth/token",
            now: h.clock.now()
        )
        let reply = browser.exchange(
            try #require(answer?["code"]),
            [
                "client_assertion": try key.assertion(claims),
                "client_assertion_type":
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ]
        )
        #expect(reply.status == 200, "\(reply.text)")
        // It may ask what its tokens are good for.
        let again = key.claims(audience: "\(ServerHarness.origin)/auth/token", now: h.clock.now())
        for name in ["access_token", "refresh_token"] {
            let introspected = browser.token(
                [
                    "token": try #require(reply.json[name]?.string),
                    "client_assertion": try key.assertion(
                        again.setting("jti", .string(name))
                    ),
                    "client_assertion_type":
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ],
                path: "introspect"
            )
            #expect(introspected.json["active"] == true, "\(name)")
            #expect(introspected.json["sub"] == "margaret")
            #expect(introspected.json["patient"] == "margaret")
        }
    }

    @Test func `an app ends its own tokens, and a stranger none`() throws {
        let browser = world.browser()
        let reply = try world.tokens(browser)
        let refresh = try #require(reply.json["refresh_token"]?.string)
        let token = try #require(reply.json["access_token"]?.string)
        try world.registerApp("acme-other")
        func revoke(_ client: String, _ token: String) -> HTTPReply {
            browser.token(["token": token, "client_id": client], path: "revoke")
        }
        #expect(revoke("acme-other", refresh).status == 200)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(revoke("acme-public", refresh).status == 200)
        h.server.tokens.forget(token)
        #expect(world.get(Margaret.visible, token).status == 401)
        #expect(browser.refresh(refresh).json["error"] == "invalid_grant")
        #expect(revoke("nobody", refresh).status == 401)
    }

    @Test func `the pages speak the browser's language and ask in plain words`() throws {
        let browser = world.browser()
        for (accepted, language, word) in [
            ("ta-MY, en;q=0.4", "ta", "உள்நுழைக"), ("nn", "nb", "Logg inn"),
            ("fr, lt;q=0.5, en;q=0.2", "lt", "Prisijungimas"), ("ko-KR", "ko", "로그인"),
            ("en;q=0.1, ms", "ms", "Log masuk"), ("fr", "en", "Sign in"), ("", "en", "Sign in"),
        ] {
            let reply = browser.arrive(language: accepted)
            #expect(reply.text.contains("<html lang=\"\(language)\">"), "\(accepted)")
            #expect(reply.text.contains(word), "\(accepted)")
        }
        // A name that is markup stays text, and nothing on the page runs.
        #expect(browser.page.contains("Acme &lt;Health&gt;"))
        #expect(!browser.page.contains("<script"))
        browser.submit("sign-in", try world.credentials())
        #expect(browser.page.contains("laboratory results"))
        #expect(browser.page.contains("at your own request"))
        #expect(browser.page.contains("acme"))
        #expect(browser.boxes.contains("medications") && !browser.boxes.contains("audit"))
    }

    @Test func `the configuration names what is there, and without pages nothing of it`() throws {
        let here = h.call("GET", "/.well-known/smart-configuration").json
        #expect(
            here["authorization_endpoint"]?.string == "\(ServerHarness.origin)/auth/authorize"
        )
        #expect(here["code_challenge_methods_supported"]?.stringArray == ["S256"])
        #expect(here["capabilities"]?.stringArray?.contains("launch-standalone") == true)
        let bare = Server(
            vault: h.vault,
            options: Server.Options(origin: ServerHarness.origin),
            clock: h.clock,
            random: SystemRandom()
        )
        let call = HTTPCall(id: "t", method: "GET", path: "/.well-known/smart-configuration")
        let there = bare.reply(to: call, since: .now).json
        #expect(there["authorization_endpoint"] == nil)
        #expect(
            there["grant_types_supported"]?.stringArray
                == ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"]
        )
        let page = HTTPCall(id: "t", method: "GET", path: "/auth/authorize", query: "")
        #expect(bare.reply(to: page, since: .now).status == 503)
    }
}
