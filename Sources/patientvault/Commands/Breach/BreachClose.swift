internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachClose: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Closes a case, by commander and reviewer; its records become the case file.",
        discussion: """
            Attached: `afterAction` (text) and, if wanted, `metrics` (object). `breach case` writes the \
            sealed file for officers or for readers outside, at any time.
            """
    )

    @Option(help: ArgumentHelp("Where to write the case file.", valueName: "file"))
    var out: String?
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        try options.withPeople("breach close") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let content = CaseDocument.document(
                before,
                scope: nil,
                clocks: nil,
                reader: .officer,
                made: try open.core.incidentTime()
            )
            let report = try open.service.seal(case: content, by: people, context: open.context)
            let artefacts = try attachments.artefacts([
                .init("metrics", content["metrics"] ?? [:]),
                .init("caseFile", .string(report.digest)),
            ])
            let step = try open.service.take(
                .close,
                in: before,
                artefacts: artefacts,
                by: people,
                context: open.context
            )
            if let out { try Files.deliver(report.bytes, to: out) }
            try StepAnswer(terminal: options.terminal, event: .close).show(step, before: before)
        }
    }
}

struct BreachCaseFile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "case",
        abstract: "The sealed case file: JSON that anybody can check, HTML, and with `--pdf` PDF.",
        discussion: """
            For `officer` every record as it was signed; for `outside` steps and findings without free \
            text. It names no patient for either. `breach verify` checks it with the public key alone.
            """
    )

    @Option(help: ArgumentHelp("officer or outside.", valueName: "reader")) var reader = "officer"
    @Option(help: ArgumentHelp("The newest scope certificate.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("Facts beside those of the case, as JSON.", valueName: "file"))
    var facts: String?
    @Option(help: ArgumentHelp("Where to write it, without ending.", valueName: "path"))
    var out: String
    @Flag(help: "Also as PDF; needs Debian's `weasyprint` and Noto fonts.") var pdf = false
    @OptionGroup var options: CaseOptions

    func run() throws {
        guard let reader = CaseDocument.Reader(rawValue: reader) else {
            throw Complaint.usage("`--reader` is `officer` or `outside`", hint: "leave it out")
        }
        let printer = pdf ? try PDFPrinter() : nil
        let page = try CasePage(
            try Files.readText(try PolicyFolder.shipped().path + "/letters/case.mustache")
        )
        try options.withPeople("breach case") { open, people in
            let incident = try options.incident(in: open, by: people[0])
            let scope = try certificate.map { try ScopeFile(checked: $0, for: incident, in: open) }
            let clocks = try CaseClocks(
                incident,
                scope: scope,
                more: facts,
                open: open,
                person: people[0]
            )
            let content = CaseDocument.document(
                incident,
                scope: try scope?.certificate.document,
                clocks: clocks.answer,
                reader: reader,
                made: try open.core.incidentTime()
            )
            let report = try open.service.seal(case: content, by: people, context: open.context)
            try Files.create("\(out).json", report.bytes)
            let html = page.html(report.content, digest: report.digest)
            try Files.create("\(out).html", Array(html.utf8))
            try printer?.typeset([out])
            let terminal = options.terminal
            if terminal.isJSON {
                return terminal.answer([
                    "incident": .string(incident.id), "state": .string(incident.state.rawValue),
                    "reader": .string(reader.rawValue), "digest": .string(report.digest),
                    "files": .strings(
                        ["json", "html"].map { "\(out).\($0)" } + (pdf ? ["\(out).pdf"] : [])
                    ),
                ])
            }
            terminal.say("case \(incident.id): \(out).json, .html\(pdf ? ", .pdf" : "")")
            terminal.say("digest \(report.digest)")
        }
    }
}

extension ScopeFile {
    /// Reads a certificate of this vault and case.
    ///
    /// - Throws: ``Complaint`` of kind `integrity` where it does not hold.
    init(checked path: String, for incident: Incident, in open: OpenVault) throws {
        let bytes = try Files.read(path)
        let verdict = try ScopeFile.verify(bytes, verifierKey: open.core.verifierKey)
        guard verdict.problems.isEmpty, verdict.incident == incident.id else {
            throw Complaint(
                kind: .integrity,
                code: "breach.badCertificate",
                message: verdict.problems.first ?? "the certificate is of another case",
                hint: "take the file that `breach scope --out` wrote for this case"
            )
        }
        try self.init(bytes)
        let scope = try certificate.document
        let isAhead = (scope["version"]?.int ?? 0) > incident.scopeVersion
        // A draft of the next version may be looked at; what the case has gone beyond may not.
        guard isAhead || scope["resultDigest"]?.string == incident.certificate else {
            throw Complaint(
                kind: .integrity,
                code: "breach.oldCertificate",
                message: "the case has recorded another certificate since, "
                    + "version \(incident.scopeVersion) of its scope",
                hint: "take the newest file that `breach scope --out` wrote for this case"
            )
        }
    }
}
