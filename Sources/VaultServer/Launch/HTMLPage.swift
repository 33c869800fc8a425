internal import VaultCore

/// The frame of every page for people: plain HTML without script, under a policy that lets nothing else in.
struct HTMLPage {
    let words: PageWords
    /// Random, for the one style element that the policy lets through.
    let nonce: String

    /// A page of one heading and a body.
    ///
    /// - Parameters:
    ///   - status: HTTP status.
    ///   - title: Its heading.
    ///   - body: HTML; everything in it that is not markup has been escaped.
    ///   - target: Another place than this server that its forms may lead to, as a source of the policy.
    /// - Returns: The page, which no cache keeps.
    func reply(
        _ status: Int,
        _ title: PageWords.Key,
        _ body: String,
        formsTo target: String? = nil
    ) -> HTTPReply {
        let html = """
            <!DOCTYPE html>
            <html lang="\(words.language)"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(text(title))</title><style nonce="\(nonce)">\(Self.style)</style></head>
            <body><main><h1>\(text(title))</h1>\(body)</main></body></html>

            """
        let targets = target.map { " " + $0 } ?? ""
        return HTTPReply(
            status: status,
            headers: Self.headers(language: words.language) + [
                (
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'nonce-\(nonce)'; form-action 'self'\(targets); "
                        + "frame-ancestors 'none'; base-uri 'none'"
                )
            ],
            body: Array(html.utf8)
        )
    }

    /// What a browser gets that came with something that is not in order; it is sent nowhere.
    func broken(_ status: Int = 400, _ words: PageWords.Key = .brokenText) -> HTTPReply {
        reply(status, .brokenTitle, "<p>\(text(words))</p>")
    }

    /// A form that posts to a page of this server, with what its visit is known by.
    func form(to path: String, hidden: [(name: String, value: String)], _ fields: String) -> String
    {
        let inputs = hidden.map {
            "<input type=\"hidden\" name=\"\($0.name)\" value=\"\(Self.escaped($0.value))\">"
        }
        return "<form method=\"post\" action=\"/auth/\(path)\" accept-charset=\"utf-8\">"
            + "\(inputs.joined())\(fields)</form>"
    }

    /// The fields in which a person signs in.
    func signInFields(hasFailed: Bool) -> (alert: String, fields: String) {
        let fields = """
            <label>\(text(.account))<input name="account" autocomplete="username" autofocus required></label>
            <label>\(text(.password))<input name="password" type="password" \
            autocomplete="current-password" required></label>
            <label>\(text(.code))<input name="code" inputmode="numeric" autocomplete="one-time-code" \
            required></label>
            <p><button name="decision" value="sign-in">\(text(.signIn))</button></p>
            """
        return (hasFailed ? alert(.signInFailed) : "", fields)
    }

    /// A sentence that something did not go as was wished.
    func alert(_ key: PageWords.Key) -> String {
        "<p role=\"alert\" class=\"no\">\(text(key))</p>"
    }

    func text(_ key: PageWords.Key, _ values: [String: String] = [:]) -> String {
        Self.escaped(words(key, values))
    }

    /// Text as it may stand in an element or an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
            .replacing("'", with: "&#39;")
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

    private static let style =
        "body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1a1d21}"
        + "main{max-width:38rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}"
        + "label{display:block;margin:.8rem 0}label.box{margin:.2rem 0}"
        + "input:not([type=checkbox]),select{display:block;width:100%;font:inherit;padding:.4rem;"
        + "box-sizing:border-box}button{font:inherit;padding:.5rem 1.2rem}.no{color:#a30d0d}"
        + "dt{font-weight:600}section{border-top:1px solid #c9ced6;margin-top:1.5rem}"
}
