import Crypto
import Foundation
import Guard
import Sealing
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// DPoP: a token that only the holder of a key can use.
struct PossessionTests {
    /// A client's key and the proofs it makes.
    private struct Holder {
        let key = P256.Signing.PrivateKey()

        var jwk: JSONValue {
            let point = Array(key.publicKey.rawRepresentation)
            return [
                "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(point[..<32])),
                "y": .string(Base64URL.encode(point[32...])),
            ]
        }

        func claims(
            _ method: String,
            _ url: String,
            now: Instant,
            token: String? = nil
        ) -> JSONValue {
            var claims: [JSONValue.Member] = [
                .init("jti", .string(UUID().uuidString)), .init("htm", .string(method)),
                .init("htu", .string(url)), .init("iat", .int(now.microseconds / 1_000_000)),
            ]
            if let token {
                let hash = PlainDigest.sha256(Array(token.utf8))
                claims.append(.init("ath", .string(Base64URL.encode(hash))))
            }
            return .object(claims)
        }

        func proof(_ claims: JSONValue, header: JSONValue? = nil) throws -> String {
            let input = CompactToken.signingInput(
                header: header ?? ["typ": "dpop+jwt", "alg": "ES256", "jwk": jwk],
                claims: claims
            )
            let signature = try key.signature(for: SHA256.hash(data: Array(input.utf8)))
            return "\(input).\(Base64URL.encode(Array(signature.rawRepresentation)))"
        }
    }

    private let m: Margaret
    private let h: ServerHarness
    private let holder = Holder()
    private static let token = "\(ServerHarness.origin)/auth/token"
    private static let place = "\(ServerHarness.origin)/fhir/\(Margaret.visible)"

    init() throws {
        m = try Margaret()
        h = m.harness
    }

    private func issue(_ proof: String?) throws -> HTTPReply {
        let claims = m.doctor.claims(audience: Self.token, now: h.clock.now())
        return h.call(
            "POST",
            "/auth/token",
            headers: [("content-type", "application/x-www-form-urlencoded")]
                + (proof.map { [("dpop", $0)] } ?? []),
            body: "grant_type=client_credentials&scope=system/*.rs&client_assertion_type="
                + "urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion="
                + (try m.doctor.assertion(claims))
        )
    }

    /// A token bound to the holder's key.
    private func bound() throws -> String {
        let claims = holder.claims("POST", Self.token, now: h.clock.now())
        let reply = try issue(try holder.proof(claims))
        #expect(reply.json["token_type"] == "DPoP", "\(reply.text)")
        return try #require(reply.json["access_token"]?.string)
    }

    private func read(_ token: String, _ proof: String?, scheme: String = "DPoP") -> HTTPReply {
        h.call(
            "GET",
            "/fhir/\(Margaret.visible)?_format=json",
            headers: [("authorization", "\(scheme) \(token)")]
                + (proof.map { [("dpop", $0)] } ?? [])
        )
    }

    @Test func `a bound token is good with a proof for this request, and each proof once`() throws {
        let token = try bound()
        for _ in 0..<2 {
            let claims = holder.claims("GET", Self.place, now: h.clock.now(), token: token)
            let proof = try holder.proof(claims)
            #expect(read(token, proof).status == 200)
            #expect(read(token, proof).status == 401)
        }
    }

    @Test func `without its proof a bound token is nothing, and a proof makes no other bound`()
        throws
    {
        let token = try bound()
        let reply = read(token, nil)
        #expect(reply.status == 401)
        #expect(reply.header("www-authenticate")?.hasPrefix("DPoP ") == true)
        #expect(read(token, nil, scheme: "Bearer").status == 401)
        let claims = holder.claims("GET", Self.place, now: h.clock.now(), token: token)
        let proof = try holder.proof(claims)
        #expect(read(token, proof, scheme: "Bearer").status == 401)
        let free = try h.token(m.doctor)
        let other = holder.claims("GET", Self.place, now: h.clock.now(), token: free)
        #expect(read(free, try holder.proof(other)).status == 401)
        #expect(read(free, nil, scheme: "Bearer").status == 200)
    }

    @Test func `a proof that lacks anything, or is for something else, is none`() throws {
        let token = try bound()
        let now = h.clock.now()
        let seconds = now.microseconds / 1_000_000
        let good = holder.claims("GET", Self.place, now: now, token: token)
        let header: JSONValue = ["typ": "dpop+jwt", "alg": "ES256", "jwk": holder.jwk]
        let thief = Holder()
        let bad: [(String, String)] = [
            ("htm", try holder.proof(good.setting("htm", "POST"))),
            ("htu", try holder.proof(good.setting("htu", .string(Self.place + "x")))),
            ("host", try holder.proof(good.setting("htu", "https://evil.example/fhir"))),
            ("old", try holder.proof(good.setting("iat", .int(seconds - 61)))),
            ("early", try holder.proof(good.setting("iat", .int(seconds + 40)))),
            ("no iat", try holder.proof(good.setting("iat", nil))),
            ("no jti", try holder.proof(good.setting("jti", nil))),
            ("no ath", try holder.proof(good.setting("ath", nil))),
            ("ath", try holder.proof(good.setting("ath", "x"))),
            ("typ", try holder.proof(good, header: header.setting("typ", "JWT"))),
            ("alg", try holder.proof(good, header: header.setting("alg", "ES384"))),
            ("alg none", try holder.proof(good, header: header.setting("alg", "none"))),
            ("no jwk", try holder.proof(good, header: header.setting("jwk", nil))),
            (
                "private jwk",
                try holder.proof(
                    good,
                    header: header.setting("jwk", holder.jwk.setting("d", "x"))
                )
            ),
            ("other key", try thief.proof(good)),
            ("their jwk", try thief.proof(good, header: header)),
            ("broken", "a.b.c"),
        ]
        for (name, proof) in bad { #expect(read(token, proof).status == 401, "\(name)") }
        #expect(read(token, try holder.proof(good)).status == 200)
    }

    @Test func `at the token endpoint a proof that does not hold gives no token`() throws {
        let now = h.clock.now()
        let good = holder.claims("POST", Self.token, now: now)
        let proof = try holder.proof(good)
        #expect(try issue(proof).status == 200)
        for bad in [proof, "x", try holder.proof(good.setting("htm", "GET"))] {
            let reply = try issue(bad)
            #expect(reply.status == 400)
            #expect(reply.json["error"] == "invalid_dpop_proof")
        }
    }

    @Test func `a public app's refresh token is bound too, and its tokens say so`() throws {
        let world = try AppWorld()
        let browser = world.browser()
        world.h.clock.move(by: .seconds(31))
        browser.arrive()
        browser.submit("sign-in", try world.credentials())
        let answer = AppBrowser.answer(browser.submit("decide", world.yes(browser)))
        let code = try #require(answer?["code"])
        func ask(_ fields: [String: String], _ holder: Holder?) throws -> HTTPReply {
            let claims = holder?.claims("POST", Self.token, now: world.h.clock.now())
            return browser.token(
                fields.merging(["client_id": browser.client]) { $1 },
                headers: try claims.map { [("dpop", try #require(holder).proof($0))] } ?? []
            )
        }
        let first = try ask(
            [
                "grant_type": "authorization_code", "code": code,
                "redirect_uri": AppBrowser.redirect, "code_verifier": browser.verifier,
            ],
            holder
        )
        #expect(first.json["token_type"] == "DPoP", "\(first.text)")
        let refresh = try #require(first.json["refresh_token"]?.string)
        let fields = ["grant_type": "refresh_token", "refresh_token": refresh]
        #expect(try ask(fields, nil).json["error"] == "invalid_dpop_proof")
        #expect(try ask(fields, Holder()).json["error"] == "invalid_dpop_proof")
        let second = try ask(fields, holder)
        #expect(second.status == 200 && second.json["token_type"] == "DPoP", "\(second.text)")
        #expect(try world.h.vault.guard.audit().problems.isEmpty)
    }
}
