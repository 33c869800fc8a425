internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// The OAuth endpoints of SMART; the Guard verifies and signs, this only carries.
///
/// Source: SMART App Launch 2.2, app launch and backend services; RFC 6749, 7009, 7523, 7636, 7662.
struct TokenEndpoint {
    let server: Server

    /// RFC 7523 section 2.1: a provider's token is the grant.
    static let identityGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// Errors behind which somebody may be guessing.
    private static let countedErrors = [
        TokenRefusal.invalidClient.rawValue, TokenRefusal.invalidGrant.rawValue,
    ]

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
            if Self.countedErrors.contains(refusal.error) {
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

    private func token(_ form: FormFields, _ call: HTTPCall) throws -> HTTPReply {
        switch form["grant_type"] {
        case "client_credentials"?: return try ownToken(form, call)
        case "authorization_code"?:
            guard let code = form["code"], let redirect = form["redirect_uri"],
                let verifier = form["code_verifier"]
            else { throw Refusal.invalid("invalid_request") }
            var exchange = CodeExchange(
                code: code,
                redirect: redirect,
                verifier: verifier,
                proof: try proof(form),
                context: server.context(of: call, client: form["client_id"])
            )
            exchange.possession = try possession(call)
            return try answer(try server.vault.guard.exchangeCode(exchange))
        case "refresh_token"?:
            guard let token = form["refresh_token"] else {
                throw Refusal.invalid("invalid_request")
            }
            var exchange = RefreshExchange(
                token: token,
                scope: form["scope"],
                proof: try proof(form),
                context: server.context(of: call, client: form["client_id"])
            )
            exchange.possession = try possession(call)
            return try answer(try server.vault.guard.refresh(exchange))
        case Self.identityGrant?: return try identityToken(form, call)
        case nil: throw Refusal.invalid("invalid_request")
        default: throw Refusal.invalid("unsupported_grant_type")
        }
    }

    /// A token of a client that acts on its own.
    private func ownToken(_ form: FormFields, _ call: HTTPCall) throws -> HTTPReply {
        guard let scope = form["scope"], !scope.isEmpty else {
            throw Refusal.invalid("invalid_scope")
        }
        var request = try request(form, call, scope: scope)
        request.possession = try possession(call)
        switch try server.vault.guard.issueToken(request) {
        case .issued(let text, let facts):
            return answer(200, members(text, facts, scope: facts.scope))
        case .refused(let refusal): throw Self.refusal(refusal)
        }
    }

    /// A token of a person who signed in at an outside provider.
    private func identityToken(_ form: FormFields, _ call: HTTPCall) throws -> HTTPReply {
        guard let token = form["assertion"], let client = form["client_id"],
            let scope = form["scope"], !scope.isEmpty
        else { throw Refusal.invalid("invalid_request") }
        var exchange = IdentityExchange(client: client, token: token, scope: scope)
        exchange.possession = try possession(call)
        exchange.context = server.context(of: call, client: client)
        switch try server.vault.guard.exchangeIdentity(exchange) {
        case .issued(let text, let facts):
            return answer(200, members(text, facts, scope: facts.scope))
        case .refused(let refusal): throw Self.refusal(refusal)
        }
    }

    /// Tokens of a person's app.
    private func answer(_ outcome: LaunchTokenOutcome) throws -> HTTPReply {
        switch outcome {
        case .refused(let refusal): throw Self.refusal(refusal)
        case .issued(let tokens):
            var json = members(tokens.access, tokens.facts, scope: tokens.scope)
            if let patient = tokens.facts.patient {
                json.set("patient", .string(patient.text))
                json.set("need_patient_banner", true)
            }
            if let refresh = tokens.refresh { json.set("refresh_token", .string(refresh)) }
            return answer(200, json)
        }
    }

    private func members(_ token: String, _ facts: TokenFacts, scope: String) -> JSONValue {
        let seconds = (facts.end.microseconds - server.clock.now().microseconds) / 1_000_000
        return [
            "access_token": .string(token),
            "token_type": .string(facts.thumbprint == nil ? "bearer" : "DPoP"),
            "expires_in": .int(max(0, seconds)), "scope": .string(scope),
        ]
    }

    private static func refusal(_ refusal: TokenRefusal) -> Refusal {
        Refusal(status: refusal == .invalidClient ? 401 : 400, error: refusal.rawValue)
    }

    private func introspect(_ form: FormFields, _ call: HTTPCall) throws -> HTTPReply {
        let request = try request(form, call, scope: "")
        guard let client = try server.vault.guard.authenticate(request) else {
            throw Self.refusal(.invalidClient)
        }
        guard let token = form["token"] else { return answer(200, ["active": false]) }
        if let refresh = try server.vault.guard.refreshFacts(token, of: client) {
            var json: JSONValue = [
                "active": true, "scope": .string(refresh.scope), "client_id": .string(client),
                "exp": .int(refresh.end.microseconds / 1_000_000),
                "sub": .string(refresh.user.text), "token_type": "refresh_token",
            ]
            if let patient = refresh.patient { json.set("patient", .string(patient.text)) }
            return answer(200, json)
        }
        guard let facts = try server.vault.guard.tokenFacts(token) else {
            return answer(200, ["active": false])
        }
        var json: JSONValue = [
            "active": true, "scope": .string(facts.scope), "client_id": .string(facts.client),
            "exp": .int(facts.end.microseconds / 1_000_000),
            "iat": .int(facts.issued.microseconds / 1_000_000),
            "sub": .string(facts.user?.text ?? facts.principal.text), "token_type": "bearer",
            "purpose_of_use": .strings(facts.purposes),
        ]
        if let patient = facts.patient { json.set("patient", .string(patient.text)) }
        if let thumbprint = facts.thumbprint {
            json.set("token_type", "DPoP")
            json.set("cnf", ["jkt": .string(thumbprint)])
        }
        return answer(200, json)
    }

    private func revoke(_ form: FormFields, _ call: HTTPCall) throws -> HTTPReply {
        guard let token = form["token"] else { throw Refusal.invalid("invalid_request") }
        let context = server.context(of: call, client: form["client_id"])
        guard try server.vault.guard.revoke(token, by: try proof(form), context: context) else {
            throw Self.refusal(.invalidClient)
        }
        server.tokens.forget(token)
        return answer(200, [:])
    }

    // MARK: Who asks

    /// The one URL that clients know: their assertions are for it, whichever endpoint they call.
    private var audience: String { "\(server.origin)/auth/token" }

    /// An assertion, or the name alone of a client that has no key; the Guard knows which it must be.
    private func proof(_ form: FormFields) throws -> ClientProof {
        if form["client_assertion"] != nil || form["client_assertion_type"] != nil {
            return .assertion(try assertion(form), audience: audience)
        }
        guard let id = form["client_id"] else { throw Self.refusal(.invalidClient) }
        return .name(id)
    }

    /// The proof of a client that wants its tokens bound to its key; the Guard checks it.
    private func possession(_ call: HTTPCall) throws -> PossessionProof? {
        guard call.headers.contains(where: { $0.name == "dpop" }) else { return nil }
        guard let text = call.header("dpop") else { throw Self.refusal(.invalidProof) }
        return PossessionProof(text, method: call.method, url: "\(server.origin)\(call.path)")
    }

    private func assertion(_ form: FormFields) throws -> String {
        guard form["client_assertion_type"] == Self.assertionType,
            let assertion = form["client_assertion"]
        else { throw Self.refusal(.invalidClient) }
        return assertion
    }

    private func request(
        _ form: FormFields,
        _ call: HTTPCall,
        scope: String
    ) throws -> TokenRequest {
        var request = TokenRequest(
            assertion: try assertion(form),
            audience: audience,
            scope: scope
        )
        request.context = server.context(of: call, client: nil)
        return request
    }

    private func form(of call: HTTPCall) throws -> FormFields {
        guard MediaType.bare(call.header("content-type") ?? "") == MediaType.form,
            let text = String(validating: call.body, as: UTF8.self), let form = FormFields(text)
        else { throw Refusal.invalid("invalid_request") }
        return form
    }

    private func answer(_ status: Int, _ json: JSONValue) -> HTTPReply {
        var reply = server.json(status, json)
        reply.headers.append(("Pragma", "no-cache"))
        return reply
    }
}
