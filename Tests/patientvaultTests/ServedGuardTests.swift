import Crypto
import Foundation
import Guard
import GuardLink
import Testing
import VaultCore

@testable import patientvault

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// `serve` with its Guard in another process, and what clients get when that one is sealed or killed.
@Suite(.serialized) struct ServedGuardTests {
    @Test(.timeLimit(.minutes(2)))
    func `a Guard that is sealed or gone is answered with 503, and nothing is disclosed`()
        async throws
    {
        let vault = try GuardedVault()
        #expect(try vault.serve(passphrase: true) == nil)
        let client = BackendClient()
        try vault.scratch.write("jwks.json", client.keySet)
        let made = try vault.ask(
            "client",
            "new",
            "--id",
            client.id,
            "--principal",
            "margaret",
            "--keys",
            "jwks.json",
            "--scope",
            "system/*.rs",
            "--purpose",
            "PATRQT",
            "--as",
            "demo.admin.key"
        )
        #expect(made.status == 0, "\(made.all)")
        let listed = try vault.ask("client", "list", "--json", "--as", "demo.admin.key")
        #expect(listed.out.contains(client.id), "\(listed.all)")
        let serving = try FHIRServing(vault)
        try await serving.waitUntilItListens()
        let token = try await client.token(at: serving.url)
        let good = try await serving.get("fhir/Patient/margaret", token: token)
        #expect(good.status == 200 && good.body.contains("\"Patient\""), "\(good)")
        #expect(try await serving.get("ready").status == 200)

        #expect(try vault.tool("guard", "seal", "--socket", vault.socket).status == 0)
        #expect(try vault.isSealed())
        try await expectNothing(from: serving, client, token)
        let unsealed = try vault.tool("guard", "unseal", "--socket", vault.socket)
        #expect(unsealed.status == 0, "\(unsealed.all)")
        // Tokens ended with the Guard that signed them.
        #expect(try await serving.get("fhir/Patient/margaret", token: token).status == 401)
        let second = try await client.token(at: serving.url)
        #expect(try await serving.get("fhir/Patient/margaret", token: second).status == 200)

        _ = vault.end(SIGKILL)
        try await expectNothing(from: serving, client, second)
        #expect(try vault.serve(passphrase: true) == nil)
        let third = try await client.token(at: serving.url)
        let again = try await serving.get("fhir/Patient/margaret", token: third)
        #expect(again.status == 200 && again.body == good.body)
        #expect(serving.end().status == 0)
        #expect(vault.end()?.status == 0)
        let verified = try vault.tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
    }

    private func expectNothing(
        from serving: FHIRServing,
        _ client: BackendClient,
        _ token: String
    ) async throws {
        for path in [
            "fhir/Patient/margaret", "fhir/Patient/nobody", "fhir/Condition?patient=margaret",
            "fhir/Patient/margaret/$everything", "fhir/AuditEvent",
        ] {
            let answer = try await serving.get(path, token: token)
            #expect(answer.status == 503 && answer.retryAfter != nil, "\(path): \(answer)")
            #expect(answer.body.contains("OperationOutcome"), "\(path)")
            for word in ["margaret", "Margaret", "Condition/"] {
                #expect(!answer.body.contains(word), "\(path)")
            }
        }
        #expect(try await serving.get("ready").status == 503)
        #expect(try await serving.get("fhir/metadata").status == 200)
        let refused = try await client.askToken(at: serving.url)
        #expect(refused.status == 503 && refused.retryAfter != nil, "\(refused)")
    }
}

/// A record server whose Guard is `vault`'s.
private final class FHIRServing {
    struct Answer {
        var status: Int
        var body: String
        var retryAfter: String?
    }

    let url: URL
    private let running: Tool.Running

    init(_ vault: GuardedVault) throws {
        let port = Int.random(in: 20_000..<60_000)
        url = try #require(URL(string: "http://127.0.0.1:\(port)"))
        var tool = vault.tool
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = nil
        running = try tool.start([
            "serve", "--guard", vault.socket, "--as", DemoVault.key("registrar"), "--port",
            "\(port)",
        ])
        running.closeInput()
    }

    deinit { running.process.terminate() }

    func waitUntilItListens() async throws {
        for _ in 0..<1_000 {
            guard running.process.isRunning else { break }
            if let answer = try? await get("health"), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(end().all)")
    }

    func get(_ path: String, token: String? = nil) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "\(url)/\(path)")))
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return try await Self.send(request)
    }

    static func send(_ request: URLRequest) async throws -> Answer {
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return Answer(
            status: answer.statusCode,
            body: String(decoding: data, as: UTF8.self),
            retryAfter: answer.value(forHTTPHeaderField: "Retry-After")
        )
    }

    func end() -> Tool.Run {
        running.process.terminate()
        return running.finish()
    }
}

/// A SMART backend client with a key of its own.
private struct BackendClient {
    let id = "app-1"
    private let key = P384.Signing.PrivateKey()

    var keySet: String {
        let point = Array(key.publicKey.rawRepresentation)
        return """
            {"keys":[{"kty":"EC","crv":"P-384","alg":"ES384","use":"sig","kid":"k",\
            "x":"\(Base64URL.encode(point[..<48]))","y":"\(Base64URL.encode(point[48...]))"}]}
            """
    }

    func token(at url: URL) async throws -> String {
        let answer = try await askToken(at: url)
        let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
        return try #require((json as? [String: Any])?["access_token"] as? String, "\(answer)")
    }

    func askToken(at url: URL) async throws -> FHIRServing.Answer {
        let now = Int64(Date().timeIntervalSince1970)
        let input = CompactToken.signingInput(
            header: ["alg": "ES384", "typ": "JWT", "kid": "k"],
            claims: [
                "iss": .string(id), "sub": .string(id), "aud": .string("\(url)/auth/token"),
                "exp": .int(now + 240), "jti": .string(UUID().uuidString),
            ]
        )
        let signature = try key.signature(for: SHA384.hash(data: Data(input.utf8)))
        let assertion = "\(input).\(Base64URL.encode(Array(signature.rawRepresentation)))"
        var request = URLRequest(url: url.appending(path: "auth/token"))
        request.httpMethod = "POST"
        request.setValue(
            "application/x-www-form-urlencoded",
            forHTTPHeaderField: "Content-Type"
        )
        let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        request.httpBody = Data(
            ("grant_type=client_credentials&scope=system/*.rs&client_assertion_type=\(type)"
                + "&client_assertion=\(assertion)").utf8
        )
        return try await FHIRServing.send(request)
    }
}
