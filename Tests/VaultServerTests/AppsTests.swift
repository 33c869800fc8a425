import Consent
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// The page on which a person sees which apps were let in, and withdraws one.
struct AppsTests {
    private let world: AppWorld
    private let h: ServerHarness

    init() throws {
        world = try AppWorld()
        h = world.h
    }

    @Test
    func `a patient sees what an app may have, and withdraws it: both its tokens end at once`()
        throws
    {
        let app = world.browser()
        let reply = try world.tokens(app, categories: ["conditions", "demographics"])
        let token = try world.text(reply, "access_token")
        let refresh = try world.text(reply, "refresh_token")
        #expect(world.get(Margaret.visible, token).status == 200)
        let browser = try world.apps()
        for words in [
            "<h2>Acme &lt;Health&gt;</h2>", "<dd>acme</dd>",
            "<dd>personal details, conditions</dd>",
            "<dd>at your own request</dd>", "<dt>Let in</dt>", "<dt>Last used</dt>",
            "<dt>Ends</dt>", "Withdraw Acme &lt;Health&gt;",
        ] { #expect(browser.page.contains(words), "\(words)") }
        let id = try #require(browser.hidden("app"))
        #expect(id.hasPrefix("Consent/app-"))
        let done = world.withdraw(id, browser)
        #expect(done.status == 200 && done.text.contains("role=\"status\""), "\(done.text)")
        #expect(!done.text.contains("Acme"))
        #expect(world.get(Margaret.visible, token).status == 401)
        #expect(world.get("Condition?patient=margaret", token).status == 401)
        #expect(app.refresh(refresh).json["error"] == "invalid_grant")
        #expect(try h.vault.guard.tokenFacts(token) == nil)
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test func `the withdrawal is in the log, and among what the patient sees of it`() throws {
        _ = try world.tokens(world.browser(), categories: ["conditions"])
        let browser = try world.apps()
        let id = try #require(browser.hidden("app"))
        #expect(world.withdraw(id, browser).status == 200)
        var query = LogQuery()
        query.patient = .id(try #require(FHIRID("margaret")))
        let own = try h.vault.guard.entries(query, by: try h.session("margaret"))
        let entry = try #require(own.last { $0["action"] == "withdraw" })
        #expect(entry.kind == "fact")
        #expect(entry["actor"] == "margaret" && entry["authMethod"] == "password+totp")
        #expect(entry.parts.first?.body["withdrawn"]?.stringArray == [id])
        #expect(own.contains { $0["action"] == "list-apps" })
        let end = try #require(try h.registeredLog().last { $0["action"] == "end-grant" })
        #expect(end["actor"] == "margaret" && end["client"] == "acme-public")
        #expect(end["reason"] == "withdrawn")
    }

    @Test func `an app that cannot return is listed too, and its access token ends`() throws {
        let reply = try world.tokens(
            world.browser(),
            arriving: ["scope": "launch/patient patient/Condition.rs"]
        )
        let token = try world.text(reply, "access_token")
        #expect(world.get(Margaret.visible, token).status == 200)
        let browser = try world.apps()
        #expect(browser.page.contains("<h2>Acme &lt;Health&gt;</h2>"))
        #expect(!browser.page.contains("Last used"))
        #expect(world.withdraw(try #require(browser.hidden("app")), browser).status == 200)
        #expect(world.get(Margaret.visible, token).status == 401)
    }

    @Test func `a code that its app has not used yet gives nothing after the withdrawal`() throws {
        let app = world.browser()
        h.clock.move(by: .seconds(31))
        app.arrive()
        app.submit("sign-in", try world.credentials())
        let answer = AppBrowser.answer(app.submit("decide", world.yes(app)))
        let code = try #require(answer?["code"])
        let browser = try world.apps()
        #expect(world.withdraw(try #require(browser.hidden("app")), browser).status == 200)
        #expect(app.exchange(code).json["error"] == "invalid_grant")
    }

    @Test func `one app is withdrawn, the other one stays`() throws {
        try h.enrol(
            "beta",
            Guard_Requester(kind: .integration, references: ["Device/beta-app"]),
            purposes: ["TREAT"]
        )
        try world.registerApp("beta-public", of: "beta", named: "Beta")
        let reply = try world.tokens(world.browser())
        let other = world.browser("beta-public")
        let kept = try world.tokens(other)
        let browser = try world.apps()
        let place = try #require(browser.page.firstRange(of: "<h2>Acme"))
        let rest = browser.page[place.upperBound...]
        let field = try #require(rest.firstRange(of: "name=\"app\" value=\""))
        let id = String(rest[field.upperBound...].prefix { $0 != "\"" })
        let done = world.withdraw(id, browser)
        #expect(done.text.contains("<h2>Beta</h2>") && !done.text.contains("<h2>Acme"))
        #expect(world.get(Margaret.visible, try world.text(reply, "access_token")).status == 401)
        #expect(world.get(Margaret.visible, try world.text(kept, "access_token")).status == 200)
        #expect(other.refresh(try world.text(kept, "refresh_token")).status == 200)
    }

    @Test func `a relative sees the apps that act in the relative's name, and withdraws those`()
        throws
    {
        try world.m.consent("margaret-daughter")
        _ = try world.tokens(world.browser())
        let app = world.browser()
        let reply = try world.tokens(app, by: "daughter", patient: "margaret")
        let token = try world.text(reply, "access_token")
        #expect(world.get("Encounter?patient=margaret", token).total ?? 0 > 0)
        let browser = try world.apps(of: "daughter")
        #expect(browser.page.split(separator: "<h2>").count == 2)
        #expect(browser.page.contains("in your name"))
        #expect(browser.page.contains("<dd>as family, at your side</dd>"))
        #expect(browser.page.contains("<dd>margaret</dd>"))
        let other = try world.apps(of: "okafor")
        #expect(other.hidden("app") == nil)
        #expect(world.withdraw(try #require(browser.hidden("app")), other).status == 404)
        #expect(world.withdraw(try #require(browser.hidden("app")), browser).status == 200)
        #expect(world.get("Encounter?patient=margaret", token).status == 401)
        #expect(
            app.refresh(try world.text(reply, "refresh_token")).json["error"] == "invalid_grant"
        )
        // Her own app goes on, and it is hers alone to withdraw.
        #expect(try world.apps().page.contains("<h2>Acme"))
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test func `a consent that lets in a person beside an app's runner is none of an app`() throws {
        let url = ServerHarness.project.appending(path: "Examples/consents/margaret-daughter.json")
        let text = try String(contentsOf: url, encoding: .utf8)
        let runner = #"""
            "actor": [{"role":{"coding":[{"system":
            "http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},
            "reference":{"reference":"Device/acme-app"}},
            """#
        let both = text.replacing(#""actor": ["#, with: runner)
        #expect(both.contains("Device/acme-app"))
        _ = try h.vault.addConsent(
            Array(both.utf8),
            by: try h.session("margaret"),
            context: CallContext(),
            now: h.clock.now()
        )
        let browser = try world.apps()
        #expect(browser.hidden("app") == nil)
        #expect(browser.page.contains("No app that you have let in"))
        #expect(world.withdraw("Consent/margaret-consent-daughter", browser).status == 404)
    }

    @Test func `the pages speak six languages, run nothing, and keep secrets out of addresses`()
        throws
    {
        let browser = world.browser()
        for (language, title) in [
            ("en", "Apps with access"), ("ta", "அணுகல் உள்ள செயலிகள்"),
            ("ms", "Aplikasi yang mempunyai akses"), ("nb", "Apper med tilgang"),
            ("lt", "Programėlės, turinčios prieigą"), ("ko", "접근할 수 있는 앱"),
        ] {
            let reply = browser.openApps(language: language)
            #expect(reply.text.contains("<html lang=\"\(language)\">"))
            #expect(reply.text.contains("<h1>\(title)</h1>"), "\(language)")
        }
        _ = try world.tokens(world.browser())
        for reply in [browser.openApps(), try listing()] {
            #expect(!reply.text.contains("<script") && !reply.text.contains("href="))
            #expect(!reply.text.contains("method=\"get\""))
            let policy = try #require(reply.header("content-security-policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("form-action 'self';"))
            #expect(reply.header("cache-control") == "no-store")
            #expect(reply.header("location") == nil)
            let cookie = try #require(reply.header("set-cookie"))
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        }
        // The page where a consent is given says where it is taken back, and so does the configuration.
        let app = world.browser()
        h.clock.move(by: .seconds(31))
        app.arrive()
        app.submit("sign-in", try world.credentials())
        #expect(app.page.contains("\(ServerHarness.origin)/auth/apps;"))
        let configuration = h.call("GET", "/.well-known/smart-configuration").json
        #expect(
            configuration["management_endpoint"]?.string == "\(ServerHarness.origin)/auth/apps"
        )
    }

    private func listing() throws -> HTTPReply {
        h.clock.move(by: .seconds(31))
        let browser = world.browser()
        browser.openApps()
        return browser.submit("apps/sign-in", try world.credentials())
    }
}
