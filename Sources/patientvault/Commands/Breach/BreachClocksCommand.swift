internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachClocksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clocks",
        abstract: "Deadlines of the law: from facts without a vault, or of a case.",
        discussion: "Not legal advice: counsel confirms a deadline before anybody relies on it."
    )

    @Option(help: ArgumentHelp("What happened, as JSON; `-` is stdin.", valueName: "file"))
    var facts: String?
    @Option(help: ArgumentHelp("A case of the vault; `--facts` then adds to it.", valueName: "id"))
    var incident: String?
    @Option(help: ArgumentHelp("The case's scope certificate.", valueName: "file"))
    var certificate: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        if let incident { return try showCase(incident) }
        guard let facts else {
            throw Complaint.usage(
                "give `--facts FILE` or `--incident ID`",
                hint: "docs/breach-response.md lists the facts"
            )
        }
        show(try BreachClocksLine.answer(facts: try Files.read(facts), rules: try Self.rules()))
    }

    private func showCase(_ id: String) throws {
        try options.withPerson("breach clocks") { open, person in
            guard let found = try open.service.incident(id, by: person) else {
                throw CaseOptions.unknownCase
            }
            let scope = try certificate.map { try ScopeFile(checked: $0, for: found, in: open) }
            let clocks = try CaseClocks(
                found,
                scope: scope,
                more: facts,
                open: open,
                person: person
            )
            let members = BreachClocksLine.members(
                clocks.answer,
                of: found,
                at: try open.core.incidentTime()
            )
            show(
                .object(
                    members + [
                        .init("facts", clocks.facts),
                        .init("ignored", .strings(clocks.reader.ignored)),
                        .init("doubts", .strings(clocks.reader.doubts)),
                    ]
                )
            )
        }
    }

    private func show(_ answer: JSONValue) {
        let terminal = options.terminal
        if terminal.isJSON { return terminal.answer(answer) }
        var table = Table(["due", "to", "where", "rule", "state", "why"])
        for deadline in answer["deadlines"]?.array ?? [] where deadline["required"]?.bool == true {
            func text(_ key: String) -> String { Words.printable(deadline[key]?.string ?? "") }
            table.add([
                text("due").isEmpty ? "without delay" : text("due"), text("recipient"),
                text("jurisdiction"),
                text("rule") + (deadline["unverified"]?.bool == true ? " (unverified)" : ""),
                text("standing"), text("why"),
            ])
        }
        for line in table.lines(paint: terminal.paint) { terminal.say(line) }
        if table.isEmpty { terminal.say("nothing is due on these facts") }
        for ask in answer["asks"]?.array ?? [] {
            terminal.say(
                terminal.paint.dim(
                    "unknown: `\(ask["fact"]?.string ?? "")` would decide "
                        + (ask["rules"]?.stringArray ?? []).joined(separator: ", ")
                )
            )
        }
    }

    /// The shipped law.
    static func rules() throws -> ClockRuleSet {
        let folder = try PolicyFolder.shipped().path + "/jurisdictions"
        let names = Files.names(in: folder).filter { $0.hasSuffix(".json") }
        return try ClockRuleSet(
            files: try names.map { (name: $0, bytes: try Files.read("\(folder)/\($0)")) }
        )
    }
}
