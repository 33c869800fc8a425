import Consent
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// A person's browser and the app that sent it: arrival, sign-in, agreement, code, tokens.
final class AppBrowser {
    let harness: ServerHarness
    let client: String
    let verifier = Base64URL.encode(SystemRandom().bytes(32))
    static let redirect = "https://app.example/back"
    static let state = "0123456789abcdef-state"

    private var cookies: [String: String] = [:]
    /// The page that the browser shows.
    private(set) var page = ""

    init(_ harness: ServerHarness, client: String) {
        self.harness = harness
        self.client = client
    }

    var challenge: String { Base64URL.encode(PlainDigest.sha256(Array(verifier.utf8))) }

    /// The query of a good arrival, with some of its fields changed or left out.
    func query(_ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "response_type": "code", "client_id": client, "redirect_uri": Self.redirect,
            "scope": "launch/patient patient/*.rs offline_access", "state": Self.state,
            "aud": "\(ServerHarness.origin)/fhir", "code_challenge": challenge,
            "code_challenge_method": "S256",
        ]
        for change in changes { fields[change.key] = .some(change.value) }
        return fields.compactMap { key, value in
            value.map { "\(key)=\(FormText.encoded($0))" }
        }.joined(separator: "&")
    }

    @discardableResult
    func arrive(
        _ changes: [String: String?] = [:],
        language: String? = nil
    ) -> HTTPReply {
        let reply = harness.call(
            "GET",
            "/auth/authorize?\(query(changes))",
            headers: language.map { [("accept-language", $0)] } ?? []
        )
        take(reply)
        return reply
    }

    /// Opens the page of the apps that somebody has let in.
    @discardableResult
    func openApps(language: String? = nil) -> HTTPReply {
        let reply = harness.call(
            "GET",
            "/auth/apps",
            headers: language.map { [("accept-language", $0)] } ?? []
        )
        take(reply)
        return reply
    }

    /// A hidden value of the page; the first of this name.
    func hidden(_ name: String) -> String? {
        page.firstRange(of: "name=\"\(name)\" value=\"").map {
            String(page[$0.upperBound...].prefix { $0 != "\"" })
        }
    }

    @discardableResult
    func submit(
        _ path: String,
        _ fields: [String: String],
        headers: [(name: String, value: String)] = [],
        withCookie: Bool = true,
        changing hidden: [String: String] = [:]
    ) -> HTTPReply {
        var all = fields
        for name in ["launch", "visit", "form"] {
            if let value = self.hidden(name) { all[name] = value }
        }
        all.merge(hidden) { $1 }
        var headers = headers + [("content-type", "application/x-www-form-urlencoded")]
        if withCookie, !cookies.isEmpty { headers.append(("cookie", cookieHeader)) }
        let reply = harness.call(
            "POST",
            "/auth/\(path)",
            headers: headers,
            body: all.map { "\($0.key)=\(FormText.encoded($0.value))" }.joined(separator: "&")
        )
        take(reply)
        return reply
    }

    /// What the browser sends of its cookies.
    var cookieHeader: String {
        cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    }

    private func take(_ reply: HTTPReply) {
        for header in reply.headers where header.name == "Set-Cookie" {
            let pair = header.value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            cookies[String(pair[0])] = pair.count == 2 ? String(pair[1]) : nil
        }
        if reply.status == 200 { page = reply.text }
    }

    /// Ticked boxes of the agreement, as the page offers them.
    var boxes: [String] {
        page.split(separator: "name=\"category.").dropFirst().map {
            String($0.prefix { $0 != "\"" })
        }
    }

    // MARK: The app

    /// What the app reads in the redirect.
    static func answer(_ reply: HTTPReply) -> FormFields? {
        guard let place = reply.header("location"), place.hasPrefix("\(redirect)?") else {
            return nil
        }
        return FormFields(String(place.dropFirst(redirect.count + 1)))
    }

    func exchange(_ code: String, _ changes: [String: String] = [:]) -> HTTPReply {
        token(
            [
                "grant_type": "authorization_code", "code": code, "client_id": client,
                "redirect_uri": Self.redirect, "code_verifier": verifier,
            ].merging(changes) { $1 }
        )
    }

    func refresh(_ token: String, _ changes: [String: String] = [:]) -> HTTPReply {
        self.token(
            ["grant_type": "refresh_token", "refresh_token": token, "client_id": client]
                .merging(changes) { $1 }
        )
    }

    func token(
        _ fields: [String: String],
        path: String = "token",
        headers: [(name: String, value: String)] = []
    ) -> HTTPReply {
        harness.call(
            "POST",
            "/auth/\(path)",
            headers: headers + [("content-type", "application/x-www-form-urlencoded")],
            body: fields.map { "\($0.key)=\(FormText.encoded($0.value))" }
                .joined(separator: "&")
        )
    }
}

/// Margaret with an account, and an app that asks for her record.
struct AppWorld {
    let m: Margaret
    let h: ServerHarness
    let password = "a sentence that nobody guesses"
    private let secrets: [String: [UInt8]]

    init() throws {
        m = try Margaret()
        h = m.harness
        var secrets: [String: [UInt8]] = [:]
        try h.enrol(
            "marit",
            Guard_Requester(kind: .patient, references: ["Patient/marit"]),
            purposes: ["PATRQT"]
        )
        for name in ["margaret", "okafor", "daughter", "marit"] {
            secrets[name] = try h.account(name, password: password)
        }
        self.secrets = secrets
        try h.enrol(
            "acme",
            Guard_Requester(kind: .integration, references: ["Device/acme-app"]),
            purposes: ["TREAT"]
        )
        try registerApp("acme-public")
    }

    func registerApp(
        _ id: String,
        of runner: String = "acme",
        named name: String = "Acme <Health>",
        keys: [JSONValue] = [],
        purposes: [String] = ["PATRQT", "TREAT", "FAMRQT"]
    ) throws {
        let client = Client(
            id: id,
            principal: try #require(PrincipalID(runner)),
            keys: keys.compactMap { WebKey(json: $0) },
            scopes: ["patient/*.rs", "user/*.rs"].compactMap { ClientScope($0) },
            purposes: purposes,
            launch: AppLaunch(name: name, redirects: [AppBrowser.redirect])
        )
        try h.vault.guard.register(
            try #require(client),
            by: .operator,
            context: CallContext()
        )
    }

    func browser(_ client: String = "acme-public") -> AppBrowser { AppBrowser(h, client: client) }

    func credentials(_ name: String = "margaret") throws -> [String: String] {
        let secret = try #require(secrets[name])
        let step = OneTimeCode.step(at: h.clock.now())
        return [
            "account": name, "password": password, "code": OneTimeCode.code(secret, step: step),
        ]
    }

    /// What somebody says yes with: these categories, or all that are offered.
    func yes(_ browser: AppBrowser, _ categories: [String]? = nil) -> [String: String] {
        var fields = ["decision": "allow", "days": "30"]
        for category in categories ?? browser.boxes { fields["category.\(category)"] = "on" }
        return fields
    }

    /// The whole way: what the app gets for a person's yes.
    func tokens(
        _ browser: AppBrowser,
        by name: String = "margaret",
        categories: [String]? = nil,
        patient: String? = nil,
        arriving changes: [String: String?] = [:]
    ) throws -> HTTPReply {
        // Every code counts once.
        h.clock.move(by: .seconds(31))
        browser.arrive(changes)
        #expect(browser.submit("sign-in", try credentials(name)).status == 200)
        var fields = yes(browser, categories)
        if let patient { fields["patient"] = patient }
        let answer = try #require(AppBrowser.answer(browser.submit("decide", fields)))
        return browser.exchange(try #require(answer["code"], "\(answer["error"] ?? "")"))
    }

    func get(_ path: String, _ token: String) -> HTTPReply {
        h.call("GET", "/fhir/\(path)", token: token)
    }
}

extension AppWorld {
    /// A browser that shows somebody's apps.
    func apps(of name: String = "margaret") throws -> AppBrowser {
        // Every code counts once.
        h.clock.move(by: .seconds(31))
        let browser = self.browser()
        browser.openApps()
        let reply = browser.submit("apps/sign-in", try credentials(name))
        #expect(reply.status == 200, "\(reply.text)")
        return browser
    }

    /// Presses the button beside an app.
    func withdraw(
        _ app: String,
        _ browser: AppBrowser,
        headers: [(name: String, value: String)] = [],
        withCookie: Bool = true,
        changing hidden: [String: String] = [:]
    ) -> HTTPReply {
        browser.submit(
            "apps/withdraw",
            ["app": app],
            headers: headers,
            withCookie: withCookie,
            changing: hidden
        )
    }

    /// A member of an answer of the token endpoint.
    func text(_ reply: HTTPReply, _ name: String) throws -> String {
        try #require(reply.json[name]?.string, "\(reply.text)")
    }
}
