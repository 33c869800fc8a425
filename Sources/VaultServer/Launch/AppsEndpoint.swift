internal import Dispatch
internal import Guard
internal import Vault
internal import VaultCore

/// The browser's way to the apps that a person has let in: sign-in, list, withdrawal.
///
/// The Guard checks password and code, says which apps there are and ends them; this writes pages, keeps the
/// browser apart from other browsers, and carries.
///
/// Source: SMART App Launch 2.2, `management_endpoint`; GDPR Art. 7(3): withdrawing is as easy as giving.
struct AppsEndpoint {
    let server: Server

    /// Where people come to.
    static let path = "/auth/apps"

    func reply(to call: HTTPCall, _ interaction: Interaction) -> HTTPReply {
        server.page(for: call, orSaying: .appsBroken) { frame in
            let page = AppsPage(frame: frame)
            switch interaction {
            case .appsSignIn: return try signIn(call, page)
            case .appsWithdraw: return try withdraw(call, page)
            case .appsSignOut: return try signOut(call, page)
            default: return arrive(page)
            }
        }
    }

    private func arrive(_ page: AppsPage) -> HTTPReply {
        let visit = server.visit(server.secret(16), ())
        server.appVisits.keep(visit)
        return server.withCookie(page.signIn(visit, hasFailed: false), visit)
    }

    private func signIn(_ call: HTTPCall, _ page: AppsPage) throws -> HTTPReply {
        let start = ContinuousClock.now
        guard let (visit, fields) = visit(call), visit.signedIn == nil else {
            return page.broken()
        }
        guard let person = try server.signIn(fields, call) else {
            let reply = page.signIn(visit, hasFailed: true)
            server.pageEvening.wait(from: start, random: server.random)
            return reply
        }
        let signedIn = server.visit(visit, signedInBy: person, in: server.appVisits)
        let apps = try apps(of: person, call)
        return server.withCookie(page.list(apps, signedIn, person), signedIn)
    }

    private func withdraw(_ call: HTTPCall, _ page: AppsPage) throws -> HTTPReply {
        let start = ContinuousClock.now
        guard let (visit, fields) = visit(call), let person = visit.signedIn,
            let app = fields["app"]
        else { return page.broken() }
        do {
            try server.vault.guard.withdrawApp(
                app,
                by: .session(person.session),
                context: server.context(of: call, client: nil)
            )
        } catch GuardError.unknown {
            // Somebody else's app and none: the same page after the same time.
            let reply = page.list(try apps(of: person, call), visit, person, saying: .notListed)
            server.pageEvening.wait(from: start, random: server.random)
            return reply
        }
        // Whom the consent let be told of records is told that it has ended.
        server.subscriptionSignal.signal()
        return page.list(try apps(of: person, call), visit, person, saying: .withdrawn)
    }

    private func signOut(_ call: HTTPCall, _ page: AppsPage) throws -> HTTPReply {
        guard let (visit, _) = visit(call), let person = visit.signedIn else {
            return page.broken()
        }
        server.appVisits.forget(visit.id)
        try server.vault.guard.signOut(person.session)
        return server.withoutCookie(page.signedOut(), visit)
    }

    private func apps(of person: SignedIn, _ call: HTTPCall) throws -> [AuthorizedApp] {
        try server.vault.guard.authorizedApps(
            by: .session(person.session),
            context: server.context(of: call, client: nil)
        )
    }

    private func visit(_ call: HTTPCall) -> (BrowserVisit<Void>, FormFields)? {
        guard let fields = server.form(call),
            let visit = server.visit("visit", fields, call, in: server.appVisits)
        else { return nil }
        return (visit, fields)
    }
}
