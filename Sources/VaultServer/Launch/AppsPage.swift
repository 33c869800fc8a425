internal import Consent
internal import FHIRModel
internal import Guard
internal import VaultCore

/// The pages on which a person sees which apps were let in, and withdraws one.
struct AppsPage {
    let frame: HTMLPage

    /// Where a person signs in.
    func signIn(_ visit: BrowserVisit<Void>, hasFailed: Bool) -> HTTPReply {
        let signIn = frame.signInFields(hasFailed: hasFailed)
        let body =
            "<p>\(frame.text(.appsSignInLead))</p>" + signIn.alert
            + form(visit, to: "sign-in", signIn.fields)
        return frame.reply(hasFailed ? 403 : 200, .appsTitle, body)
    }

    /// All apps of a person, each with its button; `outcome` says what became of a withdrawal.
    func list(
        _ apps: [AuthorizedApp],
        _ visit: BrowserVisit<Void>,
        _ person: SignedIn,
        saying outcome: PageWords.Key? = nil
    ) -> HTTPReply {
        var body =
            switch outcome {
            case nil: ""
            case .withdrawn?: "<p role=\"status\">\(frame.text(.withdrawn))</p>"
            case let refusal?: frame.alert(refusal)
            }
        if apps.isEmpty {
            body += "<p>\(frame.text(.appsNone))</p>"
        } else {
            let isOwn = person.kind == .patient
            body += "<p>\(frame.text(isOwn ? .appsLead : .appsActingLead))</p>"
            body += apps.map { section($0, visit) }.joined()
        }
        let leave = "<p><button>\(frame.text(.signOut))</button></p>"
        body += "<section>\(form(visit, to: "sign-out", leave))</section>"
        return frame.reply(outcome == .notListed ? 404 : 200, .appsTitle, body)
    }

    /// What is left when a person has gone.
    func signedOut() -> HTTPReply {
        frame.reply(200, .appsTitle, "<p>\(frame.text(.signedOut))</p>")
    }

    /// What a browser gets that came with something that is not in order.
    func broken() -> HTTPReply { frame.broken(400, .appsBroken) }

    // MARK: Writing

    private func section(_ app: AuthorizedApp, _ visit: BrowserVisit<Void>) -> String {
        let name = app.names.isEmpty ? app.recipient : app.names.joined(separator: ", ")
        let categories =
            app.categories.isEmpty
            ? SharedCategories.reached(by: app.scopes).map(\.rawValue) : app.categories
        var rows: [(PageWords.Key, String)] = [
            (.recipient, HTMLPage.escaped(app.recipient)),
            (.categories, list(categories.map(frame.words.category))),
            (.purpose, list(app.purposes.map(frame.words.purpose))),
        ]
        if let patient = app.patient { rows.append((.patient, HTMLPage.escaped(patient.text))) }
        if let granted = app.granted { rows.append((.granted, moment(granted))) }
        if let used = app.lastUsed { rows.append((.lastUsed, moment(used))) }
        if let end = app.end { rows.append((.ends, moment(end))) }
        let table = rows.map { "<dt>\(frame.text($0.0))</dt><dd>\($0.1)</dd>" }.joined()
        let button = "<p><button>\(frame.text(.withdrawApp, ["app": name]))</button></p>"
        return "<section><h2>\(HTMLPage.escaped(name))</h2><dl>\(table)</dl>"
            + form(visit, to: "withdraw", button, more: [("app", app.id)]) + "</section>"
    }

    private func list(_ words: [String]) -> String {
        HTMLPage.escaped(words.joined(separator: ", "))
    }

    /// To the minute, in UTC: the server does not know where its reader is.
    private func moment(_ instant: Instant) -> String {
        let text = instant.description
        return "<time datetime=\"\(text)\">"
            + "\(text.prefix(16).replacing("T", with: " ")) UTC</time>"
    }

    private func form(
        _ visit: BrowserVisit<Void>,
        to action: String,
        _ fields: String,
        more: [(name: String, value: String)] = []
    ) -> String {
        frame.form(
            to: "apps/\(action)",
            hidden: [("visit", visit.id), ("form", visit.formToken)] + more,
            fields
        )
    }
}
