internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

// What all pages for people have in common: language, brake, forms, cookies, sign-in.

extension Server {
    /// Answers with a page in the browser's language.
    ///
    /// - Parameters:
    ///   - call: From a browser.
    ///   - broken: What a page says that was opened in a way that is not in order.
    ///   - write: Makes the answer.
    /// - Returns: The answer; every failure is a page too.
    func page(
        for call: HTTPCall,
        orSaying broken: PageWords.Key,
        _ write: (HTMLPage) throws -> HTTPReply
    ) -> HTTPReply {
        guard let words = PageWords.best(of: options.pages, for: call.header("accept-language"))
        else { return plain(503, "persons' apps are not set up here") }
        let page = HTMLPage(words: words, nonce: secret(16))
        guard attempts.mayTry(call.remoteAddress, now: clock.now()) else {
            var reply = page.broken(429, broken)
            reply.headers.append(("Retry-After", "60"))
            return reply
        }
        do { return try write(page) } catch {
            return page.broken(Problem(error).status == 503 ? 503 : 400, broken)
        }
    }

    /// Who has signed in with what a form says; `nil` where that lets nobody in, which the brake notes.
    func signIn(_ fields: FormFields, _ call: HTTPCall) throws -> SignedIn? {
        let attempt = SignIn(
            account: fields["account"] ?? "",
            password: Array((fields["password"] ?? "").utf8),
            code: fields["code"] ?? "",
            context: context(of: call, client: nil)
        )
        let person = try vault.guard.signIn(attempt)
        if person == nil { attempts.noteFailure(call.remoteAddress, now: clock.now()) }
        return person
    }

    /// The fields of a form that this server's own page has sent.
    func form(_ call: HTTPCall) -> FormFields? {
        guard MediaType.bare(call.header("content-type") ?? "") == MediaType.form,
            let text = String(validating: call.body, as: UTF8.self)
        else { return nil }
        // Browsers say where a form comes from; those that say another place are not listened to.
        if let origin = call.header("origin"), origin != self.origin { return nil }
        if let site = call.header("sec-fetch-site"), site != "same-origin" { return nil }
        return FormFields(text)
    }

    /// A visit that begins.
    func visit<Errand>(_ id: String, _ errand: Errand) -> BrowserVisit<Errand> {
        BrowserVisit(
            id: id,
            errand: errand,
            cookie: secret(32),
            formToken: secret(32),
            end: clock.now().advanced(by: VisitStore<Errand>.life)
        )
    }

    /// The visit that a form belongs to, by its id in a field.
    func visit<Errand>(
        _ field: String,
        _ fields: FormFields,
        _ call: HTTPCall,
        in visits: VisitStore<Errand>
    ) -> BrowserVisit<Errand>? {
        guard let id = fields[field], let token = fields["form"] else { return nil }
        let name = BrowserVisit<Errand>.cookieName(id, isSecure: isSecure)
        return visits.find(id, cookie: call.cookie(name), formToken: token, now: clock.now())
    }

    /// The visit after a sign-in: whoever knew its cookie before does not know the one after it.
    func visit<Errand>(
        _ visit: BrowserVisit<Errand>,
        signedInBy person: SignedIn,
        in visits: VisitStore<Errand>
    ) -> BrowserVisit<Errand> {
        var visit = visit
        visit.cookie = secret(32)
        visit.formToken = secret(32)
        visit.signedIn = person
        visits.keep(visit)
        return visit
    }

    func withCookie(_ reply: HTTPReply, _ visit: BrowserVisit<some Sendable>) -> HTTPReply {
        let seconds = (visit.end.microseconds - clock.now().microseconds) / 1_000_000
        return reply.setting(cookie(visit, visit.cookie, seconds: seconds))
    }

    func withoutCookie(_ reply: HTTPReply, _ visit: BrowserVisit<some Sendable>) -> HTTPReply {
        reply.setting(cookie(visit, "", seconds: 0))
    }

    private func cookie(
        _ visit: BrowserVisit<some Sendable>,
        _ value: String,
        seconds: Int64
    ) -> String {
        "\(visit.cookieName(isSecure: isSecure))=\(value); Path=/; Max-Age=\(seconds); HttpOnly; "
            + "SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    private var isSecure: Bool { origin.hasPrefix("https:") }

    /// Random text that nobody guesses.
    func secret(_ byteCount: Int) -> String { Base64URL.encode(random.bytes(byteCount)) }
}

extension HTTPReply {
    fileprivate func setting(_ cookie: String) -> HTTPReply {
        var reply = self
        reply.headers.append(("Set-Cookie", cookie))
        return reply
    }
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
