import Consent
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// What somebody might try at the page on which apps are withdrawn.
struct AppsAbuseTests {
    private let world: AppWorld
    private let h: ServerHarness

    init() throws {
        world = try AppWorld()
        h = world.h
    }

    @Test
    func `another patient's app is not listed, and to withdraw it is like one that is not there`()
        throws
    {
        let app = world.browser()
        let reply = try world.tokens(app)
        let consent = try #require(try world.apps().hidden("app"))
        let grant = String(try world.text(reply, "refresh_token").prefix { $0 != "." })
        for name in ["marit", "daughter", "okafor"] {
            let browser = try world.apps(of: name)
            #expect(!browser.page.contains("Acme"), "\(name)")
            let size = try h.vault.guard.status().logSize
            var shapes: Set<String> = []
            var entries: Set<UInt64> = []
            for (place, id) in [consent, grant, "Consent/made-up", "made-up", ""].enumerated() {
                let refused = world.withdraw(id, browser)
                #expect(refused.status == 404, "\(name) \(id)")
                shapes.insert(refused.shapeWithoutNonce)
                entries.insert(try h.vault.guard.status().logSize - size - UInt64(place))
            }
            #expect(shapes.count == 1 && entries == [1], "\(name)")
        }
        #expect(world.get(Margaret.visible, try world.text(reply, "access_token")).status == 200)
        #expect(app.refresh(try world.text(reply, "refresh_token")).status == 200)
    }

    @Test func `forms of another site or another browser do nothing`() throws {
        let app = world.browser()
        let reply = try world.tokens(app)
        let token = try world.text(reply, "access_token")
        let waiting = world.browser()
        waiting.openApps()
        let credentials = try world.credentials()
        let foreign = [
            waiting.submit("apps/sign-in", credentials, withCookie: false),
            waiting.submit("apps/sign-in", credentials, changing: ["form": "x"]),
            waiting.submit(
                "apps/sign-in",
                credentials,
                headers: [("origin", "https://evil.example")]
            ),
        ]
        for reply in foreign { #expect(reply.status == 400) }
        let browser = try world.apps()
        let id = try #require(browser.hidden("app"))
        let other = try world.apps(of: "daughter")
        let cookie = browser.cookieHeader.split(separator: "=").first ?? ""
        let bad = [
            world.withdraw(id, browser, withCookie: false),
            world.withdraw(
                id,
                browser,
                headers: [("cookie", "\(cookie)=guessed")],
                withCookie: false
            ),
            world.withdraw(id, browser, headers: [("origin", "https://evil.example")]),
            world.withdraw(id, browser, headers: [("sec-fetch-site", "cross-site")]),
            world.withdraw(id, browser, changing: ["form": ""]),
            world.withdraw(id, browser, changing: ["form": try #require(other.hidden("form"))]),
            world.withdraw(id, browser, changing: ["visit": try #require(other.hidden("visit"))]),
            // Nobody has signed in yet.
            world.withdraw(id, waiting),
            h.call("POST", "/auth/apps/withdraw?app=\(id)"),
            h.call("GET", "/auth/apps/withdraw?app=\(id)"),
        ]
        for (place, reply) in bad.enumerated() {
            #expect([400, 405].contains(reply.status), "\(place): \(reply.text)")
        }
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(world.withdraw(id, browser).status == 200)
    }

    @Test func `a wrong name, password or code is answered alike, and many are slowed down`() throws
    {
        let browser = world.browser()
        browser.openApps()
        let right = try world.credentials()
        let wrong = [
            right.merging(["account": "nobody"]) { $1 },
            right.merging(["password": "wrong password"]) { $1 },
            right.merging(["code": "000000"]) { $1 }, right.merging(["code": ""]) { $1 },
        ]
        var shapes: Set<String> = []
        for fields in wrong {
            let reply = browser.submit("apps/sign-in", fields)
            #expect(reply.status == 403)
            shapes.insert(reply.shapeWithoutNonce)
        }
        #expect(shapes.count == 1)
        for _ in wrong.count..<AttemptLimiter.limit { browser.submit("apps/sign-in", wrong[0]) }
        #expect(browser.submit("apps/sign-in", right).status == 429)
    }

    @Test func `the Guard shows and ends apps for a sign-in with both factors alone`() throws {
        let reply = try world.tokens(world.browser())
        let token = try world.text(reply, "access_token")
        let id = try #require(try world.apps().hidden("app"))
        for caller in [try h.session("margaret"), .token(token), .operator] {
            #expect(throws: GuardError.notAuthenticated) {
                try h.vault.guard.authorizedApps(by: caller, context: CallContext())
            }
            #expect(throws: GuardError.notAuthenticated) {
                try h.vault.guard.withdrawApp(id, by: caller, context: CallContext())
            }
        }
        #expect(world.get(Margaret.visible, token).status == 200)
    }

    @Test func `who has signed out, or has been away too long, signs in again`() throws {
        _ = try world.tokens(world.browser())
        let browser = try world.apps()
        let id = try #require(browser.hidden("app"))
        let page = browser.page
        #expect(browser.submit("apps/sign-out", [:]).text.contains("signed out"))
        let fields = ["visit": "visit", "form": "form"].mapValues { name in
            let start = page.firstRange(of: "name=\"\(name)\" value=\"")?.upperBound
            return String(page[(start ?? page.endIndex)...].prefix { $0 != "\"" })
        }
        #expect(world.withdraw(id, browser, changing: fields).status == 400)
        let late = try world.apps()
        h.clock.move(by: .seconds(601))
        #expect(world.withdraw(id, late).status == 400)
        #expect(try world.apps().hidden("app") == id)
    }
}
