import Consent
import Crypto
import Foundation
import Guard
import Synchronization
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// Keys behind a URL, and sign-ins at an outside OpenID provider: what proves somebody, and what does not.
struct OutsideKeyTests {
    /// The network of these tests: what each URL answers, and how often it was asked.
    private final class Web: KeySetSource {
        private let pages = Mutex<[String: JSONValue]>([:])
        private let asked = Mutex<[String]>([])

        var count: Int { asked.withLock { $0.count } }

        func publish(_ url: String, _ clients: [TestClient]) {
            pages.withLock { $0[url] = ["keys": .array(clients.map(\.jwk))] }
        }

        func goDown() { pages.withLock { $0 = [:] } }

        func keySet(at location: KeyLocation) -> JSONValue? {
            asked.withLock { $0.append(location.url.description) }
            return pages.withLock { $0[location.url.description] }
        }
    }

    private let harness: ServerHarness
    private let web = Web()
    private let audience = "\(ServerHarness.origin)/auth/token"
    private let url = "https://keys.example:443/jwks"
    private let issuer = "https://idp.example"

    init() throws {
        harness = try ServerHarness()
        let core = try #require(harness.vault.guard as? GuardCore)
        core.useKeys(from: web)
        try harness.take([
            #"{"resourceType":"Patient","id":"a","name":[{"family":"A"}]}"#,
            #"{"resourceType":"Patient","id":"b","name":[{"family":"B"}]}"#,
        ])
        try harness.enrol(
            "a",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT"]
        )
        try harness.enrol("idp", Guard_Requester(kind: .integration), purposes: ["PATRQT"])
    }

    private func location(isInternal: Bool = false) throws -> KeyLocation {
        KeyLocation(url: try #require(TargetURL(url)), isInternal: isInternal)
    }

    private func registerByURL(_ client: TestClient) throws {
        let known = Client(
            id: client.id,
            principal: try #require(PrincipalID("a")),
            keys: [],
            scopes: try [#require(ClientScope("system/*.rs"))],
            purposes: ["PATRQT"],
            keyLocation: try location()
        )
        try harness.vault.guard.register(
            try #require(known),
            by: .operator,
            context: CallContext()
        )
    }

    /// Status of a request for a token with an assertion in a client's name, signed by whoever.
    private func status(_ name: TestClient, signedBy signer: TestClient) throws -> Int {
        let claims = name.claims(audience: audience, now: harness.clock.now(), purpose: ["PATRQT"])
        return harness.tokenReply(try signer.assertion(claims), scope: "system/*.rs").status
    }

    // MARK: Keys by URL

    @Test func `a rotated key counts at its first use, and every change of the set is in the log`()
        throws
    {
        let (first, second) = (TestClient("app"), TestClient("app2"))
        try registerByURL(first)
        #expect(try status(first, signedBy: first) == 401, "nothing is published yet")
        web.publish(url, [first])
        harness.clock.move(by: .seconds(31))
        #expect(try status(first, signedBy: first) == 200)
        #expect(try status(first, signedBy: first) == 200)
        #expect(web.count == 2)
        web.publish(url, [second])
        harness.clock.move(by: .seconds(31))
        #expect(try status(first, signedBy: second) == 200)
        #expect(try status(first, signedBy: first) == 401, "the former key is gone")
        let changes = try harness.registeredLog().filter {
            $0.header["action"]?.string == "fetch-client-keys"
        }
        #expect(changes.count == 2)
        #expect(try harness.vault.guard.audit().problems.isEmpty)
    }

    @Test func `nobody makes the Guard fetch more than twice a minute`() throws {
        let (app, other) = (TestClient("app"), TestClient("other"))
        web.publish(url, [app])
        try registerByURL(app)
        for _ in 0..<3 { _ = try status(app, signedBy: other) }
        #expect(web.count == 1)
        harness.clock.move(by: .seconds(31))
        for _ in 0..<3 { _ = try status(app, signedBy: other) }
        #expect(web.count == 2)
        #expect(try status(app, signedBy: app) == 200)
    }

    @Test func `a host that is down is forgiven for a day, a withdrawn key for an hour`() throws {
        let app = TestClient("app")
        web.publish(url, [app])
        try registerByURL(app)
        #expect(try status(app, signedBy: app) == 200)
        web.goDown()
        harness.clock.move(by: .seconds(23 * 3_600))
        #expect(try status(app, signedBy: app) == 200)
        harness.clock.move(by: .seconds(3_601))
        #expect(try status(app, signedBy: app) == 401)
        web.publish(url, [app])
        harness.clock.move(by: .seconds(31))
        #expect(try status(app, signedBy: app) == 200)
        web.publish(url, [TestClient("another")])
        harness.clock.move(by: .seconds(3_601))
        #expect(try status(app, signedBy: app) == 401)
    }

    @Test func `after a start nothing that was fetched before is believed unseen`() throws {
        let app = TestClient("app")
        web.publish(url, [app])
        try registerByURL(app)
        #expect(try status(app, signedBy: app) == 200)
        let next = try harness.restarted()
        func outcome() throws -> TokenOutcome {
            let claims = app.claims(
                audience: audience,
                now: harness.clock.now(),
                purpose: ["PATRQT"]
            )
            return try next.issueToken(
                TokenRequest(
                    assertion: try app.assertion(claims),
                    audience: audience,
                    scope: "system/*.rs"
                )
            )
        }
        guard case .refused(.invalidClient) = try outcome() else {
            Issue.record("an old set was believed")
            return
        }
        next.useKeys(from: web)
        guard case .issued = try outcome() else {
            Issue.record("a fetched set was not believed")
            return
        }
        try next.close()
    }

    // MARK: An outside provider

    private func registerProvider(
        _ provider: TestClient,
        assurance: String? = nil,
        purposes: [String] = ["PATRQT"]
    ) throws {
        web.publish(url, [provider])
        let known = Client(
            id: "idp-app",
            principal: try #require(PrincipalID("idp")),
            keys: [],
            scopes: try [#require(ClientScope("user/*.rs"))],
            purposes: purposes,
            keyLocation: try location(),
            issuer: OutsideIssuer(issuer: issuer, audience: "vault", assurance: assurance)
        )
        try harness.vault.guard.register(
            try #require(known),
            by: .operator,
            context: CallContext()
        )
    }

    private func enrol(_ subject: String, as principal: String?) throws {
        try harness.vault.guard.enrol(
            subject,
            as: principal.flatMap { PrincipalID($0) },
            at: "idp-app",
            by: .operator,
            context: CallContext()
        )
    }

    private func claims(_ subject: String = "248289761001") -> JSONValue {
        let now = harness.clock.now().microseconds / 1_000_000
        return [
            "iss": .string(issuer), "aud": "vault", "sub": .string(subject),
            "iat": .int(now), "exp": .int(now + 600), "jti": .string(UUID().uuidString),
            "acr": "mfa",
        ]
    }

    private func reply(_ token: String, scope: String = "user/*.rs") -> HTTPReply {
        harness.call(
            "POST",
            "/auth/token",
            headers: [("content-type", "application/x-www-form-urlencoded")],
            body: "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
                + "&client_id=idp-app&scope=\(FormText.encoded(scope))&assertion=\(token)"
        )
    }

    @Test func `an enrolled person who signed in outside reads what they may, and no more`() throws
    {
        let provider = TestClient("idp-key")
        try registerProvider(provider)
        try enrol("248289761001", as: "a")
        let reply = reply(try provider.assertion(claims()))
        #expect(reply.status == 200, "\(reply.json)")
        let token = try #require(reply.json["access_token"]?.string)
        #expect((1...300).contains(reply.json["expires_in"]?.int ?? 0))
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 200)
        #expect(harness.call("GET", "/fhir/Patient/b", token: token).status == 404)
        let issued = try #require(
            try harness.registeredLog().last { entry in
                entry.header["action"]?.string == "issue-token"
            }?.header
        )
        #expect(issued["actor"]?.string == "a" && issued["authMethod"]?.string == "openid")
        #expect(issued["client"]?.string == "idp-app")
        // Who is taken away has no token any more, also not the one they had.
        try enrol("248289761001", as: nil)
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 401)
        #expect(
            self.reply(try provider.assertion(claims())).json["error"]?.string == "invalid_grant"
        )
        #expect(try harness.vault.guard.audit().problems.isEmpty)
    }

    @Test func `whatever of a provider's token does not hold, the refusal is the same`() throws {
        let provider = TestClient("idp-key")
        try registerProvider(provider, assurance: "mfa")
        try enrol("248289761001", as: "a")
        let now = harness.clock.now().microseconds / 1_000_000
        let header: JSONValue = ["alg": "ES384", "typ": "JWT", "kid": .string(provider.keyID)]
        var bad: [(name: String, token: String)] = []
        func add(_ name: String, _ claims: JSONValue, header: JSONValue? = nil) throws {
            bad.append((name, try provider.assertion(claims, header: header)))
        }
        try add("other issuer", claims().setting("iss", "https://idp.example/"))
        try add("no issuer", claims().setting("iss", nil))
        try add("other audience", claims().setting("aud", "other"))
        try add("no audience", claims().setting("aud", nil))
        try add("several without azp", claims().setting("aud", ["vault", "other"]))
        try add("azp of another", claims().setting("azp", "other"))
        try add("unknown subject", claims("somebody"))
        try add("no subject", claims().setting("sub", nil))
        try add("expired", claims().setting("exp", .int(now - 1)))
        try add("no exp", claims().setting("exp", nil))
        try add("endless", claims().setting("exp", .int(now + 864_000)))
        try add("old sign-in", claims().setting("iat", .int(now - 301)))
        try add("of tomorrow", claims().setting("iat", .int(now + 86_000)))
        try add("no iat", claims().setting("iat", nil))
        try add("not yet", claims().setting("nbf", .int(now + 600)))
        try add("no second factor", claims().setting("acr", "pwd"))
        try add("jti of another kind", claims().setting("jti", 7))
        try add("alg none", claims(), header: header.setting("alg", "none"))
        try add("alg HS256", claims(), header: header.setting("alg", "HS256"))
        try add("alg RS384", claims(), header: header.setting("alg", "RS384"))
        try add("own key", claims(), header: header.setting("jwk", provider.jwk))
        try add("crit", claims(), header: header.setting("crit", ["x"]))
        try add("access token", claims(), header: header.setting("typ", "at+jwt"))
        bad.append(("other key", try TestClient("idp-key").assertion(claims())))
        for (name, token) in bad {
            let reply = reply(token)
            #expect(reply.status == 400 && reply.json["error"] == "invalid_grant", "\(name)")
        }
        harness.clock.move(by: .seconds(61))
        let good = try provider.assertion(claims())
        #expect(reply(good).status == 200)
        #expect(reply(good).status == 400, "a token is taken once")
        let several = claims().setting("aud", ["vault", "other"]).setting("azp", "vault")
        #expect(reply(try provider.assertion(several)).status == 200)
    }

    @Test func `without a purpose a provider's token permits nothing, and it names no foreign one`()
        throws
    {
        let provider = TestClient("idp-key")
        try registerProvider(provider, purposes: ["PATRQT", "FAMRQT"])
        try enrol("248289761001", as: "a")
        let none = reply(try provider.assertion(claims()))
        let token = try #require(none.json["access_token"]?.string)
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status != 200)
        let named = claims().setting("purpose_of_use", ["PATRQT"])
        let good = try #require(
            reply(try provider.assertion(named)).json["access_token"]?.string
        )
        #expect(harness.call("GET", "/fhir/Patient/a", token: good).status == 200)
        let foreign = claims().setting("purpose_of_use", ["TREAT"])
        #expect(reply(try provider.assertion(foreign)).json["error"] == "invalid_request")
        #expect(
            reply(try provider.assertion(named.setting("jti", "2")), scope: "system/*.rs").json[
                "error"
            ]
                == "invalid_scope"
        )
    }

    @Test func `subjects of one provider are nobody at the next`() throws {
        let provider = TestClient("idp-key")
        try registerProvider(provider)
        try enrol("248289761001", as: "a")
        try registerProvider(provider)
        #expect(reply(try provider.assertion(claims())).status == 200)
        let other = Client(
            id: "idp-app",
            principal: try #require(PrincipalID("idp")),
            keys: [],
            scopes: try [#require(ClientScope("user/*.rs"))],
            purposes: ["PATRQT"],
            keyLocation: try location(),
            issuer: OutsideIssuer(issuer: "https://other.example", audience: "vault")
        )
        try harness.vault.guard.register(
            try #require(other),
            by: .operator,
            context: CallContext()
        )
        let token = try provider.assertion(claims().setting("iss", "https://other.example"))
        #expect(reply(token).json["error"] == "invalid_grant")
    }

    @Test func `a provider's keys open nothing in the provider's own name`() throws {
        let provider = TestClient("idp-app")
        try registerProvider(provider)
        let claims = provider.claims(audience: audience, now: harness.clock.now())
        #expect(
            harness.tokenReply(try provider.assertion(claims), scope: "user/*.rs").status == 401
        )
        let introspection = harness.tokenReply(
            try provider.assertion(claims.setting("jti", "2")),
            scope: "",
            path: "introspect"
        )
        #expect(introspection.status == 401)
    }

    @Test func `a client is not registered with what cannot be`() throws {
        let id = try #require(PrincipalID("idp"))
        let (system, user) = try (
            #require(ClientScope("system/*.rs")), #require(ClientScope("user/*.rs"))
        )
        func client(
            _ scopes: [ClientScope],
            _ issuer: OutsideIssuer?,
            _ hasURL: Bool
        ) throws -> Client? {
            Client(
                id: "x",
                principal: id,
                keys: [],
                scopes: scopes,
                purposes: ["TREAT"],
                keyLocation: hasURL ? try location() : nil,
                issuer: issuer
            )
        }
        let provider = try #require(OutsideIssuer(issuer: issuer, audience: "vault"))
        #expect(try client([user], provider, true) != nil)
        #expect(try client([system], provider, true) == nil)
        #expect(try client([user], provider, false) == nil)
        #expect(try client([user], nil, true) == nil)
        #expect(try client([system], nil, true) != nil)
        #expect(OutsideIssuer(issuer: "http://idp.example", audience: "vault") == nil)
        #expect(OutsideIssuer(issuer: issuer, audience: "") == nil)
        #expect(TargetURL("https://idp.example@evil.example/") == nil)
    }
}
