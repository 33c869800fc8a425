internal import ArgumentParser
internal import BreachResponse
internal import Vault
internal import VaultCore

struct BreachCard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card",
        abstract: "One printable page: what an employee does in the first hour.",
        discussion: """
            Needs no vault. With `--check` it asks the card's five questions, each answered by a line \
            with yes or no; with `--as` and a vault, who passes is written down there with the date, \
            which `breach ready` knows.
            """
    )

    @Option(
        help: ArgumentHelp(
            "reception, nurse, physician, it, management or privacy-officer.",
            valueName: "r"
        )
    )
    var role: String
    @Option(help: ArgumentHelp("en, ta, ms, nb, lt or ko.", valueName: "l")) var language = "en"
    @Option(help: ArgumentHelp("To whom a report goes, as printed.", valueName: "text"))
    var contact = "________________"
    @Option(help: ArgumentHelp("Where to write the page, without ending.", valueName: "path"))
    var out: String?
    @Flag(help: "Also as PDF; needs Debian's `weasyprint` and Noto fonts.") var pdf = false
    @Flag(help: "Ask the five questions.") var check = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard let role = FirstHourCard.Role(rawValue: role) else {
            throw BreachResponseError.unknown(what: "role", name: role)
        }
        let card = try Self.card(language)
        if check { return try ask(card, role) }
        let text = card.text(for: role, contact: contact)
        var files: [String] = []
        if let out {
            let printer = pdf ? try PDFPrinter() : nil
            let page = try Files.readText(try Self.folder() + "/card.mustache")
            let html = try card.html(for: role, contact: contact, page: page)
            try Files.create("\(out).html", Array(html.utf8))
            try printer?.typeset([out])
            files = ["\(out).html"] + (pdf ? ["\(out).pdf"] : [])
        }
        let terminal = options.terminal
        if terminal.isJSON {
            let steps = card.steps(for: role)
            return terminal.answer([
                "role": .string(role.rawValue), "language": .string(card.language),
                "everybody": .strings(steps.everybody), "own": .strings(steps.own),
                "questions": .strings(card.questions.map(\.ask)),
                "reviewed": .bool(card.reviewedBy != nil), "text": .string(text),
                "files": .strings(files),
            ])
        }
        terminal.emit(Array(text.utf8))
    }

    static func folder() throws -> String { try PolicyFolder.shipped().path + "/cards" }

    static func languages() throws -> [String] {
        Files.names(in: try folder()).filter { $0.hasSuffix(".json") }.map {
            String($0.dropLast(5))
        }
    }

    static func card(_ language: String) throws -> FirstHourCard {
        let primary = LetterTemplates.primary(language)
        guard try languages().contains(primary) else {
            throw BreachResponseError.unknown(what: "language of a card", name: language)
        }
        return try FirstHourCard(try Files.read(try folder() + "/\(primary).json"))
    }

    private func ask(_ card: FirstHourCard, _ role: FirstHourCard.Role) throws {
        let terminal = options.terminal
        var right = 0
        for question in card.questions {
            terminal.say("\(question.ask) (\(card.answers.yes)/\(card.answers.no))")
            guard let line = readLine() else {
                throw Complaint.badInput(
                    "there are fewer than five answers",
                    hint: "answer each question with a line"
                )
            }
            let isYes = ["y", "yes", card.answers.yes.lowercased()].contains(line.lowercased())
            let isNo = ["n", "no", card.answers.no.lowercased()].contains(line.lowercased())
            if isYes != isNo, isYes == question.isYes { right += 1 }
        }
        let isPassed = right == FirstHourCard.questionCount
        if options.actingKeyFile != nil {
            try options.withPerson("breach card") { open, person in
                try DrillRecord(open: open, person: person).report(
                    prefix: "check",
                    text: "the first-hour card of `\(role.rawValue)`: \(right) of 5",
                    more: [
                        .init("cardRole", .string(role.rawValue)),
                        .init("language", .string(card.language)), .init("passed", .bool(isPassed)),
                    ]
                )
            }
        }
        if terminal.isJSON {
            terminal.answer([
                "role": .string(role.rawValue), "right": .int(Int64(right)),
                "passed": .bool(isPassed),
            ])
        } else {
            terminal.say("\(right) of \(FirstHourCard.questionCount)")
        }
        if !isPassed { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}
