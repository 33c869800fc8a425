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
        server.page(for: call, orSaying: .brokenText) { frame in
            let page = LaunchPage(frame: frame)
            switch interaction {
            case .signIn: return try signIn(call, page)
            case .decide: return try decide(call, page)
            default: return try authorize(call, page)
            }
        }
    }

    // MARK: Arrival

    private func authorize(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        guard let fields = FormFields(call.query) else { return page.frame.broken() }
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
            return page.frame.broken()
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
            let errand = LaunchErrand(launch: launch, redirect: request.redirect, state: state)
            let found = server.visit(launch.id, errand)
            server.launches.keep(found)
            return server.withCookie(page.signIn(found, hasFailed: false), found)
        }
    }

    // MARK: Sign-in

    private func signIn(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        let start = ContinuousClock.now
        guard let fields = server.form(call),
            let found = server.visit("launch", fields, call, in: server.launches),
            found.signedIn == nil
        else { return page.frame.broken() }
        guard let person = try server.signIn(fields, call) else {
            let reply = page.signIn(found, hasFailed: true)
            server.pageEvening.wait(from: start, random: server.random)
            return reply
        }
        let visit = server.visit(found, signedInBy: person, in: server.launches)
        let reply =
            switch person.kind {
            case .patient: page.agree(visit, withdrawAt: "\(server.origin)\(AppsEndpoint.path)")
            case .family: page.act(visit, purpose: "FAMRQT")
            default: page.act(visit, purpose: "TREAT")
            }
        return server.withCookie(reply, visit)
    }

    // MARK: Agreement

    private func decide(_ call: HTTPCall, _ page: LaunchPage) throws -> HTTPReply {
        guard let fields = server.form(call),
            let found = server.visit("launch", fields, call, in: server.launches),
            let person = found.signedIn
        else { return page.frame.broken() }
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
        return server.withoutCookie(
            redirect(to: found.redirect, ["code": code], found.state),
            found
        )
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

    // MARK: Redirects

    private func refused(_ found: BrowserLaunch) -> HTTPReply {
        let error = ["error": LaunchError.accessDenied.rawValue]
        return server.withoutCookie(redirect(to: found.redirect, error, found.state), found)
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
