internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// The OAuth endpoints of SMART Backend Services; the Guard verifies and signs, this only carries.
///
/// Source: SMART App Launch 2.2, backend services; RFC 6749, 7009, 7523, 7662.
struct TokenEndpoint {
    let server: Server

    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// A refusal in the words of RFC 6749.
    private struct Refusal: Error {
        var status: Int
        var error: String

        static func invalid(_ error: String) -> Refusal { Refusal(status: 400, error: error) }
    }

    func reply(to call: HTTPCall, _ interaction: Interaction) -> HTTPReply {
        let now = server.clock.now()
        guard server.attempts.mayTry(call.remoteAddress, now: now) else {
            var reply = answer(429, ["error": "slow_down"])
            reply.headers.append(("Retry-After", "60"))
            return reply
        }
        do {
            let form = try form(of: call)
            switch interaction {
            case .introspect: return try introspect(form, call)
            case .revoke: return try revoke(form, call)
            default: return try token(form, call)
            }
        } catch let refusal as Refusal {
            if refusal.error == TokenRefusal.invalidClient.rawValue {
                server.attempts.noteFailure(call.remoteAddress, now: now)
            }
            return answer(refusal.status, ["error": .string(refusal.error)])
        } catch {
            let problem = Problem(error)
            var reply = answer(problem.status, ["error": "temporarily_unavailable"])
            reply.headers += problem.headers
            return reply
        }
    }

    private func token(_ form: [String: String], _ call: HTTPCall) throws -> HTTPReply {
        guard let grant = form["grant_type"] else { throw Refusal.invalid("invalid_request") }
        guard grant == "client_credentials" else {
            throw Refusal.invalid("unsupported_grant_type")
        }
        guard let scope = form["scope"], !scope.isEmpty else {
            throw Refusal.invalid("invalid_scope")
        }
        let request = try request(form, call, path: "token", scope: scope)
        switch try server.vault.guard.issueToken(request) {
        case .issued(let text, let facts):
            let seconds =
                (facts.end.microseconds - server.clock.now().microseconds) / 1_000_000
            return answer(
                200,
                [
                    "access_token": .string(text), "token_type": "bearer",
                    "expires_in": .int(max(0, seconds)), "scope": .string(facts.scope),
                ]
            )
        case .refused(let refusal):
            throw Refusal(
                status: refusal == .invalidClient ? 401 : 400,
                error: refusal.rawValue
            )
        }
    }

    private func introspect(_ form: [String: String], _ call: HTTPCall) throws -> HTTPReply {
        _ = try client(form, call, path: "introspect")
        guard let token = form["token"], let facts = try server.vault.guard.tokenFacts(token)
        else { return answer(200, ["active": false]) }
        var answer: JSONValue = [
            "active": true, "scope": .string(facts.scope), "client_id": .string(facts.client),
            "exp": .int(facts.end.microseconds / 1_000_000),
            "iat": .int(facts.issued.microseconds / 1_000_000),
            "sub": .string(facts.principal.text), "token_type": "bearer",
            "purpose_of_use": .strings(facts.purposes),
        ]
        if let patient = facts.patient { answer.set("patient", .string(patient.text)) }
        return self.answer(200, answer)
    }

    private func revoke(_ form: [String: String], _ call: HTTPCall) throws -> HTTPReply {
        let client = try client(form, call, path: "revoke")
        guard let token = form["token"] else { throw Refusal.invalid("invalid_request") }
        try server.vault.guard.revokeToken(token, of: client)
        server.tokens.forget(token)
        return answer(200, [:])
    }

    private func client(
        _ form: [String: String],
        _ call: HTTPCall,
        path: String
    ) throws -> String {
        let request = try request(form, call, path: path, scope: "")
        guard let client = try server.vault.guard.authenticate(request) else {
            throw Refusal(status: 401, error: TokenRefusal.invalidClient.rawValue)
        }
        return client
    }

    private func request(
        _ form: [String: String],
        _ call: HTTPCall,
        path: String,
        scope: String
    ) throws -> TokenRequest {
        guard form["client_assertion_type"] == Self.assertionType,
            let assertion = form["client_assertion"]
        else { throw Refusal(status: 401, error: TokenRefusal.invalidClient.rawValue) }
        var request = TokenRequest(
            assertion: assertion,
            // The one URL that clients know: their assertions are for it, whichever endpoint they call.
            audience: "\(server.origin)/auth/token",
            scope: scope
        )
        request.context = server.context(of: call, client: nil)
        return request
    }

    /// The fields of a form, each at most once (RFC 6749 section 3.2).
    private func form(of call: HTTPCall) throws -> [String: String] {
        guard MediaType.bare(call.header("content-type") ?? "") == MediaType.form,
            let text = String(validating: call.body, as: UTF8.self),
            let pairs = FormText.pairs(text)
        else { throw Refusal.invalid("invalid_request") }
        var form: [String: String] = [:]
        for pair in pairs {
            guard form.updateValue(pair.value, forKey: pair.name) == nil else {
                throw Refusal.invalid("invalid_request")
            }
        }
        return form
    }

    private func answer(_ status: Int, _ json: JSONValue) -> HTTPReply {
        var reply = server.json(status, json)
        reply.headers.append(("Pragma", "no-cache"))
        return reply
    }
}
