internal import ArgumentParser
internal import Vault
internal import VaultCore

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A past decision in full, for an officer or for the patient about their own."
    )

    @Argument(help: "Index of the decision's log entry.") var index: UInt64
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault(principalFor: "explain") { vault in
            let json = try vault.service.explain(
                index,
                by: try vault.session(),
                context: vault.context
            ).json
            if options.output.isJSON { return options.terminal.answer(json) }
            Self.say(json, on: options.terminal)
        }
    }

    static func say(_ json: JSONValue, on terminal: Terminal) {
        func text(_ key: String) -> String { Words.printable(json[key]?.string ?? "") }
        let paint = terminal.paint
        let isPermit = text("decision") == "permit"
        terminal.say(
            "\(isPermit ? paint.green("permit") : paint.yellow("deny")) "
                + "\(text("actor")) at \(text("time"))"
                + (json["layer"] == nil ? "" : ", decided by the layer `\(text("layer"))`")
        )
        for rule in json["rules"]?.array ?? [] {
            terminal.say(
                "  \(rule["effect"]?.string ?? "")  \(rule["id"]?.string ?? ""): "
                    + (rule["title"]?.string ?? "")
            )
            for basis in rule["basis"]?.stringArray ?? [] {
                terminal.say(paint.dim("          \(basis)"))
            }
        }
        if (json["rules"]?.array ?? []).isEmpty { terminal.say("  \(text("reason"))") }
        let facts = json["facts"]?.array ?? []
        terminal.say(paint.bold("Facts of that time (\(facts.count))"))
        for fact in facts {
            let names = fact["names"]?.stringArray ?? []
            terminal.say(
                "  \(fact["record"]?.string ?? ""): \(fact["kind"]?.string ?? "")"
                    + (names.isEmpty ? "" : " naming " + names.joined(separator: ", "))
            )
        }
        for obligation in json["obligations"]?.stringArray ?? [] {
            terminal.say("  due: \(obligation)")
        }
        for problem in json["problems"]?.stringArray ?? [] { terminal.say("  problem: \(problem)") }
    }
}
