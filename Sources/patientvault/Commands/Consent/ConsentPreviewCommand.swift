internal import ArgumentParser
internal import Consent
internal import FHIRModel
internal import Guard
internal import PrivacyOffice
internal import Vault
internal import VaultCore

struct ConsentPreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "What somebody would see with a Consent that is not given yet, and why.",
        discussion: """
            The patient sees every record, an officer or registrar categories only. Nothing is stated; \
            the look itself is a log entry.
            """
    )

    @Argument(help: "One FHIR R4 Consent; `-` is stdin.") var file: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Who would ask: a principal's id, or RelatedPerson/ID, Practitioner/ID.",
            valueName: "principal"
        )
    )
    var principal: String
    @Option(help: ArgumentHelp("v3 PurposeOfUse.", valueName: "code")) var purpose: [String] = []
    @Option(help: ArgumentHelp("Plain words in: en, ta, ms, nb, lt, ko.", valueName: "l"))
    var language: String?
    @Option(
        help: ArgumentHelp("Where to write the answer as they would get it.", valueName: "file")
    )
    var out: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let bytes = try Files.read(file)
        let purposes = try Designation.purposes(purpose)
        guard !purposes.isEmpty else {
            throw Complaint.usage("`--purpose` is missing", hint: "such as `--purpose FAMRQT`")
        }
        let wording = try Languages.wording(language)
        try options.withVault(principalFor: "consent preview", labels: true) { vault in
            let preview = try vault.service.previewConsent(
                bytes,
                for: try requester(in: vault),
                purposes: purposes,
                by: try vault.session(),
                context: vault.context,
                now: SystemClock().now()
            )
            if let out {
                guard let bundle = preview.bundle else {
                    throw Complaint.usage(
                        "only the patient can have the records of a preview",
                        hint: "leave `--out` out"
                    )
                }
                try Files.deliver(bundle, to: out)
                if out == "-" { return }
            }
            let answer = PreviewAnswer(preview: preview, wording: wording, name: principal)
            if options.output.isJSON { return options.terminal.answer(answer.json) }
            answer.say(on: options.terminal)
        }
    }

    /// The principal, or the person whom the record names and who is not registered yet.
    private func requester(in vault: OpenVault) throws -> Requester {
        if let id = PrincipalID(principal),
            let known = try vault.localGuard().principals(by: .operator).first(where: {
                $0.id == id
            })
        {
            return known.requester
        }
        let kinds: [String: RequesterKind] = [
            "RelatedPerson": .family, "Practitioner": .clinician,
        ]
        if let record = RecordID(principal), let kind = kinds[record.type] {
            return Requester(kind: kind, references: [principal])
        }
        throw Complaint(
            kind: .missingInput,
            code: "preview.principal",
            message: "there is no such principal",
            hint: "see `patientvault principal list`, or name RelatedPerson/ID"
        )
    }
}

/// A preview in both forms.
struct PreviewAnswer {
    let preview: ConsentPreview
    let wording: Wording
    let name: String

    private struct Line {
        var category: String
        var released = 0
        var withheld = 0
        var depends = 0
        var shortened = 0
        var labels: Set<String> = []
        var reasons: Set<String> = []
    }

    private func words(_ rules: [DeterminingRule]) -> [String] {
        rules.map { wording.rule($0.id, title: $0.title, isPermit: $0.effect == .permit) }
    }

    /// What happens to each category: by records where they may be seen, else by segments.
    private var lines: [Line] {
        var lines: [String: Line] = [:]
        func change(_ segment: Segment, _ rules: [DeterminingRule], _ edit: (inout Line) -> Void) {
            let key = segment.category.rawValue
            var line = lines[key] ?? Line(category: key)
            let before = line.withheld + line.depends
            edit(&line)
            if line.withheld + line.depends > before {
                line.reasons.formUnion(words(rules))
                line.labels.formUnion(segment.labels.map(\.rawValue))
            }
            lines[key] = line
        }
        if let items = preview.items {
            for item in items {
                change(item.segment, item.rules) { line in
                    if item.isReleased { line.released += 1 } else { line.withheld += 1 }
                    if item.isShortened { line.shortened += 1 }
                }
            }
        } else {
            for part in preview.trial.parts {
                change(part.segment, part.rules) { line in
                    switch part.after {
                    case .permit where !part.segment.namesOthers: line.released += part.records
                    case .deny: line.withheld += part.records
                    case .permit, .depends: line.depends += part.records
                    }
                }
            }
        }
        return lines.values.sorted { $0.category < $1.category }
    }

    func say(on terminal: Terminal) {
        let paint = terminal.paint
        let lines = lines
        let released = lines.reduce(0) { $0 + $1.released }
        let withheld = lines.reduce(0) { $0 + $1.withheld }
        terminal.say(
            "\(paint.bold(name)): \(paint.green(wording.heading(.released))) \(released), "
                + "\(paint.yellow(wording.heading(.withheld))) \(withheld)"
        )
        for line in lines {
            var text = "  " + Words.padded(wording.category(line.category), 26)
            if line.released > 0 { text += paint.green("✓ \(line.released)") + "  " }
            if line.withheld > 0 { text += paint.yellow("▒ \(line.withheld)") + "  " }
            if line.depends > 0 {
                text += paint.yellow("? \(line.depends) \(wording.heading(.depends))") + "  "
            }
            if line.shortened > 0 { text += paint.dim("✂ \(line.shortened)") + "  " }
            if !line.labels.isEmpty {
                text += paint.dim("[\(line.labels.sorted().joined(separator: ", "))]")
            }
            terminal.say(text)
            for reason in line.reasons.sorted() where line.withheld + line.depends > 0 {
                terminal.say(paint.dim("      ▒ \(reason)"))
            }
        }
        for problem in preview.problems { terminal.say("  without effect: \(problem)") }
        terminal.say(paint.dim("  log entry \(preview.trial.receipt.index)"))
    }

    var json: JSONValue {
        let lines = lines
        return [
            "decision": .string(preview.trial.decision.effect.rawValue),
            "patient": .string(preview.trial.patient.description), "for": .string(name),
            "language": .string(wording.language),
            "released": .int(Int64(lines.reduce(0) { $0 + $1.released })),
            "withheld": .int(Int64(lines.reduce(0) { $0 + $1.withheld })),
            "depends": .int(Int64(lines.reduce(0) { $0 + $1.depends })),
            "rules": .array(preview.trial.decision.rules.map(rule)),
            "categories": .array(
                lines.map { line in
                    [
                        "category": .string(line.category), "released": .int(Int64(line.released)),
                        "withheld": .int(Int64(line.withheld)),
                        "depends": .int(Int64(line.depends)),
                        "shortened": .int(Int64(line.shortened)),
                        "labels": .strings(line.labels.sorted()),
                        "why": .strings(line.reasons.sorted()),
                    ]
                }
            ), "records": preview.items.map { .array($0.map(item)) } ?? .null,
            "problems": .strings(preview.problems), "receipt": preview.trial.receipt.json,
        ]
    }

    private func rule(_ rule: DeterminingRule) -> JSONValue {
        [
            "id": .string(rule.id), "effect": .string(rule.effect.rawValue),
            "layer": .string(rule.layer.rawValue),
            "words": .string(words([rule]).first ?? ""), "basis": .strings(rule.basis),
        ]
    }

    private func item(_ item: ConsentPreview.Item) -> JSONValue {
        [
            "record": .string(item.record.description),
            "category": .string(item.segment.category.rawValue),
            "labels": .strings(item.segment.labels.map(\.rawValue)),
            "released": .bool(item.isReleased), "shortened": .bool(item.isShortened),
            "rules": .array(item.rules.map(rule)),
        ]
    }
}
