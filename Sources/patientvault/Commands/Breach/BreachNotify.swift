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
            The letters are files that only their owner may read, with a ledger beside them. The \
            step is recorded where the case is decided; before that the letters are drafts.
            """
    )

    @Option(help: ArgumentHelp("The scope certificate.", valueName: "file")) var certificate: String
    @Option(help: ArgumentHelp("A new folder for the letters.", valueName: "dir")) var out: String
    @Option(help: ArgumentHelp("Who writes.", valueName: "name")) var sender: String
    @Option(help: ArgumentHelp("Whom to ask: address, telephone.", valueName: "text"))
    var contact: String
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        let bytes = try Files.read(certificate)
        let templates = try Self.templates()
        try options.withPeople("breach notify") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let verdict = try ScopeFile.verify(bytes, verifierKey: open.core.verifierKey)
            guard verdict.problems.isEmpty, verdict.incident == before.id else {
                throw Complaint(
                    kind: .integrity,
                    code: "breach.badCertificate",
                    message: verdict.problems.first ?? "the certificate is of another case",
                    hint: "take the file that `breach scope --out` wrote for this case"
                )
            }
            let queue = try open.service.letters(
                LetterOrder(
                    scope: try ScopeFile(bytes),
                    discovered: Self.discovery(before),
                    sender: sender,
                    contact: contact
                ),
                templates: templates,
                by: people[0],
                context: open.context
            )
            try write(queue)
            let step = try open.service.take(
                .notify,
                in: before,
                artefacts: try attachments.artefacts([
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
    private static func discovery(_ incident: Incident) -> String {
        let report = incident.records.first?["artefacts"]
        return String((report?["knownSince"]?.string ?? "").prefix(10))
    }

    private func write(_ queue: LetterQueue) throws {
        try Files.makeFolder(out)
        for letter in queue.letters {
            try Files.create("\(out)/\(letter.fileName)", Array(letter.text.utf8))
        }
        try Files.create("\(out)/ledger.json", Array(queue.ledger.prettyText.utf8))
    }

    private func show(_ step: IncidentStep, _ before: Incident, _ queue: LetterQueue) throws {
        let rows = queue.ledger["letters"]?.array ?? []
        let lines =
            rows.map { row in
                let open = row["open"]?.stringArray ?? []
                return "  \(row["file"]?.string ?? "")"
                    + (open.isEmpty ? "" : "  (open: \(open.joined(separator: ", ")))")
            } + ["\(Words.count(rows.count, "letter", "letters")) in `\(out)`; nothing was sent"]
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
    static func templates() throws -> LetterTemplates {
        let folder = try PolicyFolder.shipped().path + "/letters"
        let names = Files.names(in: folder).filter { $0.hasSuffix(".json") }
        return try LetterTemplates(
            try names.map { try LetterTemplate(try Files.read("\(folder)/\($0)")) }
        )
    }
}

struct BreachClose: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Closes a case, by commander and reviewer; its records become the case file.",
        discussion: "Attached: `afterAction` (text) and, if wanted, `metrics` (object)."
    )

    @Option(help: ArgumentHelp("Where to write the case file.", valueName: "file"))
    var out: String?
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        try options.withPeople("breach close") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let file = CaseFile(before)
            let seconds = (before.lastTime?.microseconds ?? 0) / 1_000_000
            let artefacts = try attachments.artefacts([
                .init(
                    "metrics",
                    ["records": .int(Int64(before.records.count)), "lastStep": .int(seconds)]
                ), .init("caseFile", .string(file.digest)),
            ])
            let step = try open.service.take(
                .close,
                in: before,
                artefacts: artefacts,
                by: people,
                context: open.context
            )
            if let out { try Files.deliver(file.bytes, to: out) }
            try StepAnswer(terminal: options.terminal, event: .close).show(step, before: before)
        }
    }
}
