internal import FHIRModel
internal import Guard
internal import VaultCore

/// The pages of a launch.
struct LaunchPage {
    let frame: HTMLPage

    /// Where a person signs in.
    func signIn(_ launch: BrowserLaunch, hasFailed: Bool) -> HTTPReply {
        let signIn = frame.signInFields(hasFailed: hasFailed)
        let body =
            "<p>\(text(.signInLead, ["app": launch.launch.app]))</p>" + signIn.alert
            + form(launch, to: "sign-in", signIn.fields)
        return page(hasFailed ? 403 : 200, .signInTitle, body, launch)
    }

    /// Where a patient says what an app may have.
    func agree(_ launch: BrowserLaunch, withdrawAt place: String) -> HTTPReply {
        let about = launch.launch
        let boxes = SharedCategories.reached(by: about.scopes).map { category in
            "<label class=\"box\"><input type=\"checkbox\" name=\"category.\(category.rawValue)\" "
                + "checked>\(escaped(frame.words.category(category.rawValue)))</label>"
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
            + "<dt>\(text(.purpose))</dt><dd>\(escaped(frame.words.purpose("PATRQT")))</dd></dl>"
        var fields =
            "<fieldset><legend>\(text(.categories))</legend>\(boxes.joined())</fieldset>"
            + "<p>\(text(.sensitiveNote))</p>"
            + "<label>\(text(.until))<select name=\"days\">\(days.joined())</select></label>"
        if about.mayReturn { fields += "<p>\(text(.returning))</p>" }
        fields +=
            "<p>\(text(.withdraw, ["place": place]))</p>" + Self.buttons(text(.allow), text(.deny))
        body += form(launch, to: "decide", fields)
        return page(200, .agreeTitle, body, launch)
    }

    /// Where a clinician or relative says for whom an app may act in their name.
    func act(_ launch: BrowserLaunch, purpose: String) -> HTTPReply {
        let about = launch.launch
        let reached = SharedCategories.reached(by: about.scopes).map {
            "<li>\(escaped(frame.words.category($0.rawValue)))</li>"
        }
        let body =
            "<p>\(text(.actingLead, ["app": about.app, "who": about.recipient]))</p>"
            + "<dl><dt>\(text(.purpose))</dt><dd>\(escaped(frame.words.purpose(purpose)))</dd></dl>"
            + "<p>\(text(.categories))</p><ul>\(reached.joined())</ul>"
        let patient =
            about.patient == nil
            ? "<label>\(text(.patient))<input name=\"patient\" autocomplete=\"off\"></label>" : ""
        let fields = patient + Self.buttons(text(.allow), text(.deny))
        return page(200, .agreeTitle, body + form(launch, to: "decide", fields), launch)
    }

    // MARK: Writing

    private static func buttons(_ allow: String, _ deny: String) -> String {
        "<p><button name=\"decision\" value=\"allow\">\(allow)</button> "
            + "<button name=\"decision\" value=\"deny\">\(deny)</button></p>"
    }

    private func form(_ launch: BrowserLaunch, to action: String, _ fields: String) -> String {
        frame.form(to: action, hidden: [("launch", launch.id), ("form", launch.formToken)], fields)
    }

    private func page(
        _ status: Int,
        _ title: PageWords.Key,
        _ body: String,
        _ launch: BrowserLaunch
    ) -> HTTPReply {
        // A browser takes a redirect after a form for a target of the form.
        let target = AppLaunch.source(of: launch.redirect)
        return frame.reply(status, title, body, formsTo: target)
    }

    private func text(_ key: PageWords.Key, _ values: [String: String] = [:]) -> String {
        frame.text(key, values)
    }

    private func escaped(_ text: String) -> String { HTMLPage.escaped(text) }
}
