import Consent
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// SMART Backend Services: what gets a token, and what a token is good for.
struct TokenTests {
    private let harness: ServerHarness
    private let client: TestClient
    private let audience = "\(ServerHarness.origin)/auth/token"

    init() throws {
        harness = try ServerHarness()
        try harness.take([
            #"{"resourceType":"Patient","id":"a","name":[{"family":"A"}]}"#,
            #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/a"},"category":[{"coding":[{"system":"#
                + #""http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]}"#,
            #"{"resourceType":"Observation","id":"v","status":"final","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/a"},"category":[{"coding":[{"system":"#
                + #""http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]}"#,
        ])
        client = try harness.enrol(
            "a",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT", "FAMRQT"],
            scopes: ["system/*.rs"]
        )
    }

    private func good() -> JSONValue {
        client.claims(audience: audience, now: harness.clock.now(), purpose: ["PATRQT"])
    }

    @Test func `a good assertion gives a short token that is not to be cached`() throws {
        let reply = harness.tokenReply(try client.assertion(good()), scope: "system/*.rs")
        #expect(reply.status == 200)
        #expect(reply.json["token_type"]?.string == "bearer")
        #expect(reply.json["scope"]?.string == "system/*.rs")
        #expect((1...300).contains(reply.json["expires_in"]?.int ?? 0))
        #expect(reply.header("cache-control") == "no-store")
        let token = try #require(reply.json["access_token"]?.string)
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 200)
    }

    @Test func `an assertion that lacks anything SMART demands gives the same refusal`() throws {
        let now = harness.clock.now().microseconds / 1_000_000
        let other = TestClient("a-app")
        var bad: [(String, String)] = []
        func add(_ name: String, _ claims: JSONValue, header: JSONValue? = nil) throws {
            bad.append((name, try client.assertion(claims, header: header)))
        }
        let header: JSONValue = ["alg": "ES384", "typ": "JWT", "kid": .string(client.keyID)]
        try add("iss", good().setting("iss", "x"))
        try add("sub", good().setting("sub", "x"))
        try add("aud", good().setting("aud", "https://other/token"))
        try add("aud base", good().setting("aud", .string("\(ServerHarness.origin)/fhir")))
        try add("expired", good().setting("exp", .int(now - 1)))
        try add("too long", good().setting("exp", .int(now + 3600)))
        try add("no exp", good().setting("exp", nil))
        try add("no jti", good().setting("jti", nil))
        try add("nbf", good().setting("nbf", .int(now + 600)))
        try add("no kid", good(), header: header.setting("kid", nil))
        try add("other kid", good(), header: header.setting("kid", "other"))
        try add("alg none", good(), header: header.setting("alg", "none"))
        try add("alg HS256", good(), header: header.setting("alg", "HS256"))
        try add("alg RS256", good(), header: header.setting("alg", "RS256"))
        try add("alg RS384", good(), header: header.setting("alg", "RS384"))
        try add("jku", good(), header: header.setting("jku", "https://evil/jwks"))
        try add("crit", good(), header: header.setting("crit", ["x"]))
        bad.append(("other key", try other.assertion(good())))
        bad.append(("broken", "abc.def"))
        bad.append(("empty signature", try client.assertion(good()).replacing(/[^.]*$/, with: "")))
        let replay = try client.assertion(good())
        #expect(harness.tokenReply(replay, scope: "system/*.rs").status == 200)
        bad.append(("replay", replay))
        for (name, assertion) in bad {
            let reply = harness.tokenReply(assertion, scope: "system/*.rs")
            #expect(reply.status == 401, "\(name)")
            #expect(reply.text == #"{"error":"invalid_client"}"#, "\(name)")
        }
    }

    @Test func `a form that is not one is refused`() throws {
        let form = [("content-type", "application/x-www-form-urlencoded")]
        let assertion =
            "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            + "&client_assertion=\(try client.assertion(good()))"
        for (body, error) in [
            (
                "grant_type=not_a_grant_type&scope=system/*.rs&\(assertion)",
                "unsupported_grant_type"
            ),
            ("grant_type=client_credentials&\(assertion)", "invalid_scope"),
            ("scope=system/*.rs&\(assertion)", "invalid_request"),
            (
                "grant_type=client_credentials&scope=a&scope=b&\(assertion)", "invalid_request"
            ),
            (
                "grant_type=client_credentials&scope=system/*.rs&client_assertion_type=x"
                    + "&client_assertion=y", "invalid_client"
            ),
        ] {
            let reply = harness.call(
                "POST",
                "/auth/token",
                headers: form.map { (name: $0.0, value: $0.1) },
                body: body
            )
            #expect(reply.json["error"]?.string == error)
        }
        let json = harness.call(
            "POST",
            "/auth/token",
            headers: [("content-type", "application/json")],
            body: "{}"
        )
        #expect(json.status == 400)
        #expect(harness.call("GET", "/auth/token").status == 405)
    }

    @Test func `scopes are narrowed to what is registered, and nothing left is refused`() throws {
        let wide = harness.tokenReply(
            try client.assertion(good()),
            scope: "system/Observation.cruds launch openid"
        )
        #expect(wide.json["scope"]?.string == "system/Observation.rs")
        let old = harness.tokenReply(try client.assertion(good()), scope: "system/*.read")
        #expect(old.json["scope"]?.string == "system/*.rs")
        let none = harness.tokenReply(try client.assertion(good()), scope: "system/Patient.cud")
        #expect(none.status == 400)
        #expect(none.json["error"]?.string == "invalid_scope")
    }

    @Test func `a purpose that is not registered gives no token, and no purpose permits nothing`()
        throws
    {
        let claims = client.claims(
            audience: audience,
            now: harness.clock.now(),
            purpose: ["TREAT"]
        )
        let reply = harness.tokenReply(try client.assertion(claims), scope: "system/*.rs")
        #expect(reply.json["error"]?.string == "invalid_request")
        let bare = try harness.token(client, scope: "system/*.rs")
        #expect(harness.call("GET", "/fhir/Patient/a", token: bare).status == 404)
    }

    @Test func `a token ends after five minutes`() throws {
        let token = try harness.token(client, scope: "system/*.rs", purpose: ["PATRQT"])
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 200)
        harness.clock.move(by: .seconds(301))
        let reply = harness.call("GET", "/fhir/Patient/a", token: token)
        #expect(reply.status == 401)
        #expect(reply.header("www-authenticate") == "Bearer")
    }

    @Test func `a revoked token is good for nothing at once`() throws {
        let token = try harness.token(client, scope: "system/*.rs", purpose: ["PATRQT"])
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 200)
        func post(_ path: String, _ client: TestClient) throws -> HTTPReply {
            let claims = client.claims(audience: audience, now: harness.clock.now())
            return harness.call(
                "POST",
                "/auth/\(path)",
                headers: [("content-type", "application/x-www-form-urlencoded")],
                body: "token=\(token)&client_assertion_type="
                    + "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    + "&client_assertion=\(try client.assertion(claims))"
            )
        }
        #expect(try post("introspect", client).json["active"]?.bool == true)
        #expect(try post("introspect", client).json["client_id"]?.string == "a-app")
        let other = try harness.enrol(
            "b",
            Guard_Requester(kind: .integration),
            purposes: ["TREAT"]
        )
        #expect(try post("revoke", other).status == 200)
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 200)
        #expect(try post("revoke", client).status == 200)
        #expect(try post("introspect", client).json["active"]?.bool == false)
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 401)
    }

    @Test func `a token is bound to its scopes`() throws {
        let token = try harness.token(
            client,
            scope: "system/Observation.rs",
            purpose: ["PATRQT"]
        )
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 403)
        #expect(harness.call("GET", "/fhir/Observation/o", token: token).status == 200)
        #expect(
            harness.call("DELETE", "/fhir/Observation/o", token: token).status == 403
        )
    }

    @Test func `a filter in a scope holds for reads and searches`() throws {
        let category = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
        let token = try harness.token(
            client,
            scope: "system/Observation.rs?category=\(category)",
            purpose: ["PATRQT"]
        )
        #expect(harness.call("GET", "/fhir/Observation/o", token: token).status == 200)
        #expect(harness.call("GET", "/fhir/Observation/v", token: token).status == 404)
        let found = harness.call("GET", "/fhir/Observation?patient=a", token: token)
        #expect(found.ids() == ["Observation/o"])
        #expect(found.total == 1)
    }

    @Test func `a disabled client and a disabled principal have no tokens any more`() throws {
        let token = try harness.token(client, scope: "system/*.rs", purpose: ["PATRQT"])
        try harness.vault.guard.disableClient("a-app", by: .operator, context: CallContext())
        #expect(harness.call("GET", "/fhir/Patient/a", token: token).status == 401)
        let assertion = try client.assertion(good())
        #expect(harness.tokenReply(assertion, scope: "system/*.rs").status == 401)
    }

    @Test(arguments: [
        "Basic YTpi", "bearer", "Bearer ", "Bearer x.y.z", "Bearer a b",
    ])
    func `anything but a bearer token that holds is refused`(header: String) {
        let reply = harness.call(
            "GET",
            "/fhir/Patient/a",
            headers: [("authorization", header)]
        )
        #expect(reply.status == 401)
        #expect(reply.header("www-authenticate") == "Bearer")
    }

    @Test func `the scheme's case does not matter, and a token in the query is none`() throws {
        let token = try harness.token(client, scope: "system/*.rs", purpose: ["PATRQT"])
        let lower = harness.call(
            "GET",
            "/fhir/Patient/a",
            headers: [("authorization", "bearer \(token)")]
        )
        #expect(lower.status == 200)
        #expect(harness.call("GET", "/fhir/Patient/a?access_token=\(token)").status == 401)
    }

    @Test func `many failed assertions from one address are slowed down`() throws {
        for _ in 0..<AttemptLimiter.limit {
            #expect(harness.tokenReply("x.y.z", scope: "system/*.rs").status == 401)
        }
        let reply = harness.tokenReply(try client.assertion(good()), scope: "system/*.rs")
        #expect(reply.status == 429)
        #expect(reply.header("retry-after") == "60")
    }
}
