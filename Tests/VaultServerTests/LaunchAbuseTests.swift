import Consent
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// What somebody might try on the way from an app to its tokens.
struct LaunchAbuseTests {
    private let world: AppWorld
    private let h: ServerHarness

    init() throws {
        world = try AppWorld()
        h = world.h
    }

    /// A code that waits for its app.
    private func code(_ browser: AppBrowser) throws -> String {
        h.clock.move(by: .seconds(31))
        browser.arrive()
        browser.submit("sign-in", try world.credentials())
        let answer = AppBrowser.answer(browser.submit("decide", world.yes(browser)))
        return try #require(answer?["code"])
    }

    @Test func `nobody is sent to a place that is not registered, whatever else is wrong`() {
        let browser = world.browser()
        let places = [
            "https://evil.example/back", "https://app.example/back/",
            "https://app.example/back?x=1",
            "https://app.example/BACK", "https://app.example@evil.example/back",
            "https://app.example/back#x", "//app.example/back", "javascript:alert(1)", "",
        ]
        for place in places {
            let reply = browser.arrive(["redirect_uri": place])
            #expect(reply.status == 400 && reply.header("location") == nil, "\(place)")
            let wrong = browser.arrive(["redirect_uri": place, "response_type": "token"])
            #expect(wrong.status == 400 && wrong.header("location") == nil, "\(place)")
        }
        for client in ["nobody", "", "okafor-app"] {
            let reply = browser.arrive(["client_id": client])
            #expect(reply.status == 400 && reply.header("location") == nil, "\(client)")
        }
        let twice = h.call(
            "GET",
            "/auth/authorize?\(browser.query())&redirect_uri=https://evil.example"
        )
        #expect(twice.status == 400 && twice.header("location") == nil)
    }

    @Test func `what is wrong with a known app's wish is told to the app, with state and issuer`() {
        let browser = world.browser()
        let cases: [([String: String?], String)] = [
            (["response_type": "token"], "unsupported_response_type"),
            (["response_type": nil], "unsupported_response_type"),
            (["scope": "system/*.rs"], "invalid_scope"),
            (["scope": "patient/*.cruds openid"], "ok"),
            (["scope": "openid"], "invalid_scope"),
            (["scope": nil], "invalid_scope"),
            (["aud": "https://other.example/fhir"], "invalid_request"),
            (["aud": nil], "invalid_request"),
            (["code_challenge": nil], "invalid_request"),
            (["code_challenge": "short"], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
            (["code_challenge_method": nil], "invalid_request"),
            (["state": nil], "invalid_request"),
            (["launch": "made-up"], "invalid_request"),
        ]
        for (changes, error) in cases {
            let reply = browser.arrive(changes)
            guard error != "ok" else {
                #expect(reply.status == 200)
                continue
            }
            #expect(reply.status == 303, "\(changes)")
            let answer = AppBrowser.answer(reply)
            #expect(answer?["error"] == error, "\(changes)")
            #expect(answer?["iss"] == ServerHarness.origin)
            #expect(answer?["state"] == (changes["state"] == nil ? AppBrowser.state : nil))
        }
    }

    @Test func `a code is good once, and its replay ends what it gave`() throws {
        let browser = world.browser()
        let code = try code(browser)
        let first = browser.exchange(code)
        #expect(first.status == 200)
        let token = try #require(first.json["access_token"]?.string)
        let refresh = try #require(first.json["refresh_token"]?.string)
        #expect(world.get(Margaret.visible, token).status == 200)
        #expect(browser.exchange(code).json["error"] == "invalid_grant")
        h.server.tokens.forget(token)
        #expect(world.get(Margaret.visible, token).status == 401)
        #expect(browser.refresh(refresh).json["error"] == "invalid_grant")
        #expect(
            try h.registeredLog().contains {
                $0["action"] == "end-grant" && $0["reason"] == "code-replayed"
            }
        )
    }

    @Test func `a code is bound to its client, its redirect, its verifier and its minute`() throws {
        try world.registerApp("acme-other")
        let changes: [[String: String]] = [
            ["client_id": "acme-other"], ["redirect_uri": "https://app.example/other"],
            ["code_verifier": Base64URL.encode(SystemRandom().bytes(32))], ["code_verifier": "x"],
        ]
        for change in changes {
            let browser = world.browser()
            let code = try code(browser)
            #expect(browser.exchange(code, change).json["error"] == "invalid_grant", "\(change)")
            // Whoever had it wrong has used it up.
            #expect(browser.exchange(code).json["error"] == "invalid_grant", "\(change)")
        }
        let plain = world.browser()
        let challenged = try code(plain)
        #expect(
            plain.exchange(challenged, ["code_verifier": plain.challenge]).json["error"]
                == "invalid_grant"
        )
        let late = world.browser()
        let old = try code(late)
        h.clock.move(by: .seconds(61))
        #expect(late.exchange(old).json["error"] == "invalid_grant")
        let missing = late.token(["grant_type": "authorization_code", "code": old])
        #expect(missing.json["error"] == "invalid_request")
    }

    @Test func `forms of another site, another browser or another launch do nothing`() throws {
        let browser = world.browser()
        browser.arrive()
        let credentials = try world.credentials()
        let other = world.browser()
        other.arrive()
        let otherForm = String(
            other.page[
                try #require(other.page.firstRange(of: "name=\"form\" value=\"")).upperBound...
            ]
            .prefix { $0 != "\"" }
        )
        let bad = [
            browser.submit("sign-in", credentials, withCookie: false),
            browser.submit("sign-in", credentials, changing: ["form": otherForm]),
            browser.submit("sign-in", credentials, changing: ["form": ""]),
            browser.submit("sign-in", credentials, changing: ["launch": "00"]),
            browser.submit(
                "sign-in",
                credentials,
                headers: [("origin", "https://evil.example")]
            ),
            browser.submit("sign-in", credentials, headers: [("sec-fetch-site", "cross-site")]),
            // Nobody has signed in yet.
            browser.submit("decide", ["decision": "allow", "category.conditions": "on"]),
        ]
        for reply in bad { #expect(reply.status == 400, "\(reply.text)") }
        #expect(try h.registeredLog().allSatisfy { $0["action"] != "sign-in" })
        let before = browser.page
        let cookie = browser.cookieHeader
        #expect(browser.submit("sign-in", credentials).status == 200)
        // The form from before the sign-in is worth nothing after it.
        let old = String(
            before[try #require(before.firstRange(of: "name=\"form\" value=\"")).upperBound...]
                .prefix { $0 != "\"" }
        )
        let fields = world.yes(browser)
        #expect(browser.submit("decide", fields, changing: ["form": old]).status == 400)
        #expect(browser.submit("decide", fields, withCookie: false).status == 400)
        // Nor is the cookie.
        let former = browser.submit(
            "decide",
            fields,
            headers: [("cookie", cookie)],
            withCookie: false
        )
        #expect(cookie != browser.cookieHeader && former.status == 400)
        #expect(AppBrowser.answer(browser.submit("decide", fields))?["code"] != nil)
        // It is decided once.
        #expect(browser.submit("decide", fields).status == 400)
    }

    @Test
    func `a no, nothing ticked, or a length that was not offered gives no code and no consent`()
        throws
    {
        for fields in [
            ["decision": "deny", "category.conditions": "on", "days": "30"],
            ["decision": "allow", "days": "30"],
            ["decision": "allow", "category.audit": "on", "days": "30"],
            ["decision": "allow", "category.conditions": "on", "days": "9999"],
            ["decision": "allow", "category.conditions": "on", "days": "0"],
            ["decision": "allow", "category.conditions": "on"],
        ] {
            let browser = world.browser()
            h.clock.move(by: .seconds(31))
            browser.arrive()
            browser.submit("sign-in", try world.credentials())
            let answer = AppBrowser.answer(browser.submit("decide", fields))
            #expect(answer?["error"] == "access_denied" && answer?["code"] == nil, "\(fields)")
            #expect(answer?["state"] == AppBrowser.state)
        }
        let listed = try h.vault.consents(
            of: .id(try #require(FHIRID("margaret"))),
            by: try h.session("margaret"),
            context: CallContext(),
            now: h.clock.now()
        )
        #expect(!listed.contains { $0.summary.contains("Device/acme-app") })
        #expect(try h.registeredLog().contains { $0["action"] == "deny-launch" })
    }

    @Test func `a wrong sign-in says nothing of what was wrong, and many of them are slowed down`()
        throws
    {
        let browser = world.browser()
        browser.arrive()
        let right = try world.credentials()
        let wrong = [
            right.merging(["account": "nobody"]) { $1 },
            right.merging(["password": "wrong password"]) { $1 },
            right.merging(["code": "000000"]) { $1 },
        ]
        var shapes: Set<String> = []
        for fields in wrong {
            let reply = browser.submit("sign-in", fields)
            #expect(reply.status == 403)
            shapes.insert(reply.shapeWithoutNonce)
        }
        #expect(shapes.count == 1)
        for _ in wrong.count..<AttemptLimiter.limit {
            h.server.attempts.noteFailure("127.0.0.1", now: h.clock.now())
        }
        #expect(browser.submit("sign-in", right).status == 429)
    }

    @Test func `the Guard takes no yes from a session that did not sign in for it`() throws {
        let browser = world.browser()
        browser.arrive()
        let start = try #require(browser.page.firstRange(of: "name=\"launch\" value=\""))
        let launch = String(browser.page[start.upperBound...].prefix { $0 != "\"" })
        let approval = LaunchApproval(
            launch: launch,
            consent: FHIRID("made-up"),
            context: CallContext()
        )
        // A consent that is not there, or that says nothing of this app, is no yes.
        #expect(
            try h.vault.guard.approveLaunch(approval, by: try h.session("margaret")) == nil
        )
        #expect(throws: GuardError.notAuthenticated) {
            try h.vault.guard.approveLaunch(approval, by: try h.session("margaret"))
        }
        #expect(throws: GuardError.notAuthenticated) {
            try h.vault.guard.approveLaunch(approval, by: .operator)
        }
    }

    @Test func `every page forbids scripts, frames and other sites`() throws {
        let browser = world.browser()
        let first = browser.arrive()
        let second = browser.submit("sign-in", try world.credentials())
        for reply in [first, second, browser.arrive(["client_id": "nobody"])] {
            let policy = try #require(reply.header("content-security-policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("base-uri 'none'"))
            #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
            #expect(reply.header("x-frame-options") == "DENY")
            #expect(reply.header("cache-control") == "no-store")
            #expect(reply.header("referrer-policy") == "same-origin")
        }
        let cookie = try #require(first.header("set-cookie"))
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        #expect(cookie != second.header("set-cookie"))
    }

    @Test(arguments: [
        "https://a.example/x", "http://127.0.0.1:80/x", "http://localhost/x", "com.example.app:/x",
    ])
    func `redirects of the web, of this machine and of an app are taken`(redirect: String) {
        #expect(AppLaunch(name: "x", redirects: [redirect]) != nil)
    }

    @Test(arguments: [
        "http://a.example/x", "https://", "https:///x", "app:/x", "javascript:alert(1)",
        "https://a.example/x#y", "https://a.example/x y", "https://a.example/;y",
        "https://u@a.example/x", "https://*.example/x", "http://127.0.0.1.evil.example/x",
        "data:text/html,x",
    ])
    func `other redirects are not`(redirect: String) {
        #expect(AppLaunch(name: "x", redirects: [redirect]) == nil)
    }
}
