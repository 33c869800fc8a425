internal import ArgumentParser
internal import BreachResponse
internal import VaultCore

struct BreachClocksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clocks",
        abstract: "Deadlines of the law, from facts; needs no vault.",
        discussion: "Not legal advice: counsel confirms a deadline before anybody relies on it."
    )

    @Option(help: ArgumentHelp("What happened, as JSON; `-` is stdin.", valueName: "file"))
    var facts: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        let answer = try BreachClocksLine.answer(
            facts: try Files.read(facts),
            rules: try Self.rules()
        )
        let terminal = output.terminal
        if terminal.isJSON { return terminal.answer(answer) }
        var table = Table(["due", "to", "where", "rule", "why"])
        for deadline in answer["deadlines"]?.array ?? [] where deadline["required"]?.bool == true {
            func text(_ key: String) -> String { Words.printable(deadline[key]?.string ?? "") }
            table.add([
                text("due").isEmpty ? "without delay" : text("due"), text("recipient"),
                text("jurisdiction"), text("rule"), text("why"),
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
