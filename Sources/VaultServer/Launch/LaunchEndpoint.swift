internal import Consent
internal import FHIRModel
internal import FHIRSearch
internal import Foundation
internal import Guard
internal import Vault
internal import VaultCore

/// The browser's way through an app's launch: arrival, sign-in, agreement.
///
/// The Guard checks the app, the person and the code; this writes pages, keeps the browser apart from other
/// browsers, and carries.
///
/// Source: SMART App Launch 2.2; RFC 6749 section 4.1; RFC 9207; RFC 9700.
struct LaunchEndpoint {
    let server: Server

    func reply(to call: HTTPCall, _ interaction: Interaction) -> HTTPReply {
        guard
            let words = PageWords.best(
                of: server.options.pages,
                for: call.header("accept-language")
            )
        else { return server.plain(503, "persons' apps are not set up here") }
        let page = LaunchPage(words: words, nonce: server.secret(16))
        guard server.attempts.mayTry(call.remoteAddress, now: server.clock.now()) else {
            var reply = page.broken(429)
            reply.headers.append(("Retry-After", "60"))
            return reply
        }
        do {
            switch interaction {
            case .signIn: return try signIn(call, page)
            case .decide: return try decide(call, page)
            default: return try authorize(call, page)
            }
        } catch {
            let problem = Problem(error)
            return page.broken(problem.status == 503 ? 503 : 400)
        }
    }

    // MARK: Arrival

    private func authorize(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        guard let fields = FormFields(call.query) else { return page.broken() }
        var request = LaunchRequest()
        request.client = fields["client_id"] ?? ""
        request.redirect = fields["redirect_uri"] ?? ""
        request.responseType = fields["response_type"] ?? ""
        request.scope = fields["scope"] ?? ""
        request.audience = fields["aud"] ?? ""
        request.base = server.base
        request.challenge = fields["code_challenge"] ?? ""
        request.challengeMethod = fields["code_challenge_method"] ?? ""
        request.launch = fields["launch"]
        let state = fields["state"]
        switch try server.vault.guard.beginLaunch(request) {
        case .refused:
            server.attempts.noteFailure(call.remoteAddress, now: server.clock.now())
            return page.broken()
        case .returned(let error):
            return redirect(to: request.redirect, ["error": error.rawValue], state)
        case .begun(let launch):
            // Without a state the app cannot tell its own answer from one that somebody slipped in.
            guard let state, (1...1_024).contains(state.utf8.count) else {
                return redirect(
                    to: request.redirect,
                    ["error": LaunchError.invalidRequest.rawValue],
                    state
                )
            }
            let now = server.clock.now()
            let found = BrowserLaunch(
                launch: launch,
                redirect: request.redirect,
                state: state,
                cookie: server.secret(32),
                formToken: server.secret(32),
                end: now.advanced(by: LaunchStore.life)
            )
            server.launches.keep(found, now: now)
            return withCookie(page.signIn(found, hasFailed: false), found)
        }
    }

    // MARK: Sign-in

    private func signIn(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        let start = ContinuousClock.now
        guard let fields = form(call), var found = launch(fields, call), found.signedIn == nil
        else { return page.broken() }
        let attempt = SignIn(
            account: fields["account"] ?? "",
            password: Array((fields["password"] ?? "").utf8),
            code: fields["code"] ?? "",
            context: server.context(of: call, client: nil)
        )
        guard let person = try server.vault.guard.signIn(attempt) else {
            server.attempts.noteFailure(call.remoteAddress, now: server.clock.now())
            let reply = page.signIn(found, hasFailed: true)
            Evening.wait(from: start, random: server.random)
            return reply
        }
        // Whoever knew the cookie before the sign-in does not know the one after it.
        found.cookie = server.secret(32)
        found.formToken = server.secret(32)
        found.signedIn = person
        server.launches.keep(found, now: server.clock.now())
        let reply =
            switch person.kind {
            case .patient: page.agree(found)
            case .family: page.act(found, purpose: "FAMRQT")
            default: page.act(found, purpose: "TREAT")
            }
        return withCookie(reply, found)
    }

    // MARK: Agreement

    private func decide(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        guard let fields = form(call), let found = launch(fields, call),
            let person = found.signedIn
        else { return page.broken() }
        // It is decided once, whatever comes of it.
        server.launches.forget(found.launch.id)
        defer { try? server.vault.guard.signOut(person.session) }
        let caller = Caller.session(person.session)
        let context = server.context(of: call, client: nil)
        guard fields["decision"] == "allow" else {
            try server.vault.guard.denyLaunch(found.launch.id, by: caller, context: context)
            return refused(found)
        }
        var approval = LaunchApproval(launch: found.launch.id, context: context)
        if person.kind == .patient {
            guard let id = try consent(of: person, to: found, fields, context) else {
                try server.vault.guard.denyLaunch(found.launch.id, by: caller, context: context)
                return refused(found)
            }
            approval.consent = id
        } else {
            approval.patient = fields["patient"].flatMap { FHIRID($0.filter { $0 != " " }) }
        }
        guard let code = try server.vault.guard.approveLaunch(approval, by: caller) else {
            return refused(found)
        }
        return withoutCookie(redirect(to: found.redirect, ["code": code], found.state), found)
    }

    /// Stores what the patient has agreed to; `nil` where that is nothing.
    private func consent(
        of person: SignedIn,
        to found: BrowserLaunch,
        _ fields: FormFields,
        _ context: CallContext
    ) throws -> FHIRID? {
        let wanted = SharedCategories.reached(by: found.launch.scopes).filter {
            fields["category.\($0.rawValue)"] != nil
        }
        guard !wanted.isEmpty, let patient = person.patient,
            let days = fields["days"].flatMap({ Int64($0) }),
            (1...Int64(found.launch.days)).contains(days),
            found.launch.patient == nil || found.launch.patient == patient,
            found.launch.purposes.contains("PATRQT"),
            let id = FHIRID("app-\(Hex.encode(server.random.bytes(12)))")
        else { return nil }
        let now = server.clock.now()
        let start = Instant(seconds: now.microseconds / 1_000_000)
        let document = ConsentDocument(
            id: id,
            patient: patient,
            launch: found.launch,
            categories: wanted,
            start: start,
            end: start.advanced(by: .seconds(days * 86_400))
        )
        // CRASH: a consent without a code; it lets the app have nothing without tokens, and the patient sees it.
        _ = try server.vault.addConsent(
            document.json.bytes,
            by: .session(person.session),
            context: context,
            now: now
        )
        return id
    }

    // MARK: Forms, cookies, redirects

    /// The fields of a form that this server's own page has sent.
    private func form(_ call: HTTPCall) -> FormFields? {
        guard MediaType.bare(call.header("content-type") ?? "") == MediaType.form,
            let text = String(validating: call.body, as: UTF8.self)
        else { return nil }
        // Browsers say where a form comes from; those that say another place are not listened to.
        if let origin = call.header("origin"), origin != server.origin { return nil }
        if let site = call.header("sec-fetch-site"), site != "same-origin" { return nil }
        return FormFields(text)
    }

    private func launch(_ fields: FormFields, _ call: HTTPCall) -> BrowserLaunch? {
        guard let id = fields["launch"], let token = fields["form"] else { return nil }
        let name = BrowserLaunch.cookieName(id, isSecure: isSecure)
        return server.launches.find(
            id,
            cookie: call.cookie(name),
            formToken: token,
            now: server.clock.now()
        )
    }

    private var isSecure: Bool { server.origin.hasPrefix("https:") }

    private func withCookie(_ reply: HTTPReply, _ found: BrowserLaunch) -> HTTPReply {
        var reply = reply
        let seconds = LaunchStore.life.components.seconds
        reply.headers.append(("Set-Cookie", cookie(found, found.cookie, seconds: seconds)))
        return reply
    }

    private func withoutCookie(_ reply: HTTPReply, _ found: BrowserLaunch) -> HTTPReply {
        var reply = reply
        reply.headers.append(("Set-Cookie", cookie(found, "", seconds: 0)))
        return reply
    }

    private func cookie(_ found: BrowserLaunch, _ value: String, seconds: Int64) -> String {
        let name = BrowserLaunch.cookieName(found.launch.id, isSecure: isSecure)
        return "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    private func refused(_ found: BrowserLaunch) -> HTTPReply {
        let error = ["error": LaunchError.accessDenied.rawValue]
        return withoutCookie(redirect(to: found.redirect, error, found.state), found)
    }

    /// Back to the app; `iss` tells an app that has several servers which of them speaks (RFC 9207).
    private func redirect(
        to target: String,
        _ values: [String: String],
        _ state: String?
    ) -> HTTPReply {
        var pairs = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let state { pairs.append(("state", state)) }
        pairs.append(("iss", server.origin))
        let query = pairs.map { "\($0.0)=\(FormText.encoded($0.1))" }.joined(separator: "&")
        return HTTPReply(
            status: 303,
            headers: [
                ("Location", "\(target)\(target.contains("?") ? "&" : "?")\(query)"),
                ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
            ]
        )
    }
}

extension Server {
    /// Random text that nobody guesses.
    func secret(_ byteCount: Int) -> String { Base64URL.encode(random.bytes(byteCount)) }
}

extension HTTPCall {
    /// The value of a cookie; `nil` where there is none of this name, or two.
    func cookie(_ name: String) -> String? {
        var found: String?
        for part in (header("cookie") ?? "").split(separator: ";") {
            let sides = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[0] == name else { continue }
            guard found == nil else { return nil }
            found = String(sides[1])
        }
        return found
    }
}
