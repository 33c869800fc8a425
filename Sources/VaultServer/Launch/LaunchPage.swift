internal import FHIRModel
internal import Guard
internal import VaultCore

/// The pages of a launch: plain HTML without script, under a policy that lets nothing else in.
struct LaunchPage {
    let words: PageWords
    /// Random, for the one style element that the policy lets through.
    let nonce: String

    /// Where a person signs in.
    func signIn(_ launch: BrowserLaunch, hasFailed: Bool) -> HTTPReply {
        var body = "<p>\(text(.signInLead, ["app": launch.launch.app]))</p>"
        if hasFailed { body += "<p role=\"alert\" class=\"no\">\(text(.signInFailed))</p>" }
        body += form(
            launch,
            to: "sign-in",
            """
            <label>\(text(.account))<input name="account" autocomplete="username" autofocus required></label>
            <label>\(text(.password))<input name="password" type="password" \
            autocomplete="current-password" required></label>
            <label>\(text(.code))<input name="code" inputmode="numeric" autocomplete="one-time-code" \
            required></label>
            <p><button name="decision" value="sign-in">\(text(.signIn))</button></p>
            """
        )
        return page(hasFailed ? 403 : 200, .signInTitle, body, launch)
    }

    /// Where a patient says what an app may have.
    func agree(_ launch: BrowserLaunch) -> HTTPReply {
        let about = launch.launch
        let boxes = SharedCategories.reached(by: about.scopes).map { category in
            "<label class=\"box\"><input type=\"checkbox\" name=\"category.\(category.rawValue)\" "
                + "checked>\(escaped(words.category(category.rawValue)))</label>"
        }
        let choices = [1, 7, 30, 90, 180, about.days].filter { $0 <= about.days }
        let preferred = choices.filter { $0 <= 90 }.max() ?? about.days
        let days = Set(choices).sorted().map { count in
            "<option value=\"\(count)\"\(count == preferred ? " selected" : "")>"
                + "\(text(.days, ["n": "\(count)"]))</option>"
        }
        var body =
            "<p>\(text(.agreeLead, ["app": about.app, "who": about.recipient]))</p>"
            + "<dl><dt>\(text(.recipient))</dt><dd>\(escaped(about.recipient))</dd>"
            + "<dt>\(text(.purpose))</dt><dd>\(escaped(words.purpose("PATRQT")))</dd></dl>"
        var fields =
            "<fieldset><legend>\(text(.categories))</legend>\(boxes.joined())</fieldset>"
            + "<p>\(text(.sensitiveNote))</p>"
            + "<label>\(text(.until))<select name=\"days\">\(days.joined())</select></label>"
        if about.mayReturn { fields += "<p>\(text(.returning))</p>" }
        fields += "<p>\(text(.withdraw))</p>" + Self.buttons(text(.allow), text(.deny))
        body += form(launch, to: "decide", fields)
        return page(200, .agreeTitle, body, launch)
    }

    /// Where a clinician or relative says for whom an app may act in their name.
    func act(_ launch: BrowserLaunch, purpose: String) -> HTTPReply {
        let about = launch.launch
        let reached = SharedCategories.reached(by: about.scopes).map {
            "<li>\(escaped(words.category($0.rawValue)))</li>"
        }
        let body =
            "<p>\(text(.actingLead, ["app": about.app, "who": about.recipient]))</p>"
            + "<dl><dt>\(text(.purpose))</dt><dd>\(escaped(words.purpose(purpose)))</dd></dl>"
            + "<p>\(text(.categories))</p><ul>\(reached.joined())</ul>"
        let patient =
            about.patient == nil
            ? "<label>\(text(.patient))<input name=\"patient\" autocomplete=\"off\"></label>" : ""
        let fields = patient + Self.buttons(text(.allow), text(.deny))
        return page(200, .agreeTitle, body + form(launch, to: "decide", fields), launch)
    }

    /// What a browser gets that came with something that is not in order; it is sent nowhere.
    func broken(_ status: Int = 400) -> HTTPReply {
        page(status, .brokenTitle, "<p>\(text(.brokenText))</p>", nil)
    }

    // MARK: Writing

    private static func buttons(_ allow: String, _ deny: String) -> String {
        "<p><button name=\"decision\" value=\"allow\">\(allow)</button> "
            + "<button name=\"decision\" value=\"deny\">\(deny)</button></p>"
    }

    private func form(_ launch: BrowserLaunch, to action: String, _ fields: String) -> String {
        """
        <form method="post" action="/auth/\(action)" accept-charset="utf-8">
        <input type="hidden" name="launch" value="\(launch.launch.id)">
        <input type="hidden" name="form" value="\(launch.formToken)">
        \(fields)</form>
        """
    }

    private func page(
        _ status: Int,
        _ title: PageWords.Key,
        _ body: String,
        _ launch: BrowserLaunch?
    ) -> HTTPReply {
        let html = """
            <!DOCTYPE html>
            <html lang="\(words.language)"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(text(title))</title><style nonce="\(nonce)">\(Self.style)</style></head>
            <body><main><h1>\(text(title))</h1>\(body)</main></body></html>

            """
        // A browser takes a redirect after a form for a target of the form.
        let target = launch.map { " " + AppLaunch.source(of: $0.redirect) } ?? ""
        return HTTPReply(
            status: status,
            headers: Self.headers(language: words.language) + [
                (
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'nonce-\(nonce)'; form-action 'self'\(target); "
                        + "frame-ancestors 'none'; base-uri 'none'"
                )
            ],
            body: Array(html.utf8)
        )
    }

    private static func headers(language: String) -> [(name: String, value: String)] {
        [
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Language", language),
            ("Cache-Control", "no-store"),
            // Under `no-referrer` a browser would not say either that its form comes from here.
            ("Referrer-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Vary", "Accept-Language"),
        ]
    }

    private func text(_ key: PageWords.Key, _ values: [String: String] = [:]) -> String {
        escaped(words(key, values))
    }

    private func escaped(_ text: String) -> String { Self.escaped(text) }

    /// Text as it may stand in an element or an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
            .replacing("'", with: "&#39;")
    }

    private static let style =
        "body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1a1d21}"
        + "main{max-width:38rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}"
        + "label{display:block;margin:.8rem 0}label.box{margin:.2rem 0}"
        + "input:not([type=checkbox]),select{display:block;width:100%;font:inherit;padding:.4rem;"
        + "box-sizing:border-box}button{font:inherit;padding:.5rem 1.2rem}.no{color:#a30d0d}"
        + "dt{font-weight:600}"
}
