internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachNotify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify",
        abstract: "Writes one letter for each affected person, in their language; sends nothing.",
        discussion: """
            The letters are files that only their owner may read, with a ledger beside them: text and \
            a page that prints, with `--pdf` also PDF. Notices for press and home page and the \
            authorities' forms lie beside them. The step is recorded where the case is decided; before \
            that the letters are drafts. What was sent is then recorded with `breach deliver`.
            """
    )

    @Option(help: ArgumentHelp("The scope certificate.", valueName: "file")) var certificate: String
    @Option(help: ArgumentHelp("A new folder for the letters.", valueName: "dir")) var out: String
    @Option(help: ArgumentHelp("Who writes.", valueName: "name")) var sender: String
    @Option(help: ArgumentHelp("Whom to ask: address, telephone.", valueName: "text"))
    var contact: String
    @Option(help: ArgumentHelp("Who got the information, where known.", valueName: "name"))
    var recipient: String?
    @Option(help: ArgumentHelp("Facts beside those of the case, as JSON.", valueName: "file"))
    var facts: String?
    @Flag(help: "Also set each letter as PDF; needs Debian's `weasyprint` and Noto fonts.")
    var pdf = false
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        let printer = pdf ? try PDFPrinter() : nil
        let words = try LetterFiles.shipped()
        try options.withPeople("breach notify") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let scope = try ScopeFile(checked: certificate, for: before, in: open)
            let clocks = try CaseClocks(
                before,
                scope: scope,
                more: facts,
                open: open,
                person: people[0]
            )
            let queue = try open.service.letters(
                LetterOrder(
                    scope: scope,
                    discovered: Self.discovery(before),
                    sender: sender,
                    contact: contact,
                    deadlines: clocks.answer.deadlines,
                    elements: words.elements,
                    recipient: recipient
                ),
                templates: words.templates,
                by: people[0],
                context: open.context
            )
            let forms = AuthorityForms(
                incident: before,
                facts: clocks.facts,
                answer: clocks.answer,
                scope: try scope.certificate.document,
                sender: sender,
                contact: contact
            )
            try write(queue, words.pages, printer, forms)
            let step = try open.service.take(
                .notify,
                in: before,
                artefacts: try attachments.artefacts([
                    .init(
                        "certificate",
                        try scope.certificate.document["resultDigest"] ?? .null
                    ),
                    .init("queue", .string(queue.digest)),
                    .init("letters", .int(Int64(queue.letters.count))),
                ]),
                by: people,
                context: open.context
            )
            try show(step, before, queue)
        }
    }

    /// The day on which somebody first knew, from the report.
    static func discovery(_ incident: Incident) -> String {
        let report = incident.records.first?["artefacts"]
        return String((report?["knownSince"]?.string ?? "").prefix(10))
    }

    private func write(
        _ queue: LetterQueue,
        _ pages: LetterPages,
        _ printer: PDFPrinter?,
        _ forms: AuthorityForms
    ) throws {
        try Files.makeFolder(out)
        for letter in queue.letters {
            try Files.create("\(out)/\(letter.name).txt", Array(letter.plain.utf8))
            try Files.create("\(out)/\(letter.name).html", Array(pages.html(letter.texts).utf8))
        }
        for notice in queue.notices {
            let path = "\(out)/notice-\(notice.language)"
            try Files.create("\(path).txt", Array(notice.plain.utf8))
            try Files.create("\(path).html", Array(pages.html([notice]).utf8))
        }
        try Files.create("\(out)/forms.json", Array(forms.document.prettyText.utf8))
        try Files.create("\(out)/ledger.json", Array(queue.ledger.prettyText.utf8))
        let names = queue.letters.map(\.name) + queue.notices.map { "notice-\($0.language)" }
        try printer?.typeset(names.map { "\(out)/\($0)" })
    }

    private func show(_ step: IncidentStep, _ before: Incident, _ queue: LetterQueue) throws {
        let rows = queue.ledger["letters"]?.array ?? []
        let lines =
            rows.map { row in
                let open = row["open"]?.stringArray ?? []
                return "  \(row["letter"]?.string ?? "")"
                    + (open.isEmpty ? "" : "  (open: \(open.joined(separator: ", ")))")
            } + [
                "\(Words.count(rows.count, "letter", "letters")), "
                    + "\(Words.count(queue.notices.count, "notice", "notices")) and forms in "
                    + "`\(out)`; nothing was sent"
            ]
        let more: [JSONValue.Member] = [
            .init("letters", .array(rows)), .init("out", .string(out)),
            .init("queue", .string(queue.digest)), .init("sent", false),
        ]
        let answer = StepAnswer(terminal: options.terminal, event: .notify)
        if case .refused(let reasons) = step {
            answer.showUnrecorded(reasons, before: before, more: more, lines: lines)
        } else {
            try answer.show(step, before: before, more: more, lines: lines)
        }
    }

    /// The shipped letters.
    static func templates() throws -> LetterTemplates { try LetterFiles.shipped().templates }
}

/// The shipped words, elements and page of letters.
struct LetterFiles {
    let templates: LetterTemplates
    let elements: LetterElements
    let pages: LetterPages

    static func shipped() throws -> LetterFiles {
        let folder = try PolicyFolder.shipped().path + "/letters"
        let names = Files.names(in: folder).filter {
            $0.hasSuffix(".json") && $0 != "elements.json"
        }
        return LetterFiles(
            templates: try LetterTemplates(
                try names.map { try LetterTemplate(try Files.read("\(folder)/\($0)")) }
            ),
            elements: try LetterElements(try Files.read("\(folder)/elements.json")),
            pages: try LetterPages(try Files.readText("\(folder)/letter.mustache"))
        )
    }
}
