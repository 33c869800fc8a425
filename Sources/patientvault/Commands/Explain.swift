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
        sayFacts(json["facts"]?.array ?? [], on: terminal)
        for obligation in json["obligations"]?.stringArray ?? [] {
            terminal.say("  due: \(obligation)")
        }
        for problem in json["problems"]?.stringArray ?? [] { terminal.say("  problem: \(problem)") }
    }

    /// Consents, restrictions and relations in full, the many others by their number.
    private static func sayFacts(_ facts: [JSONValue], on terminal: Terminal) {
        let full: Set<String> = ["consent", "restriction", "related-person", "care-team"]
        var counts: [String: Int] = [:]
        terminal.say(terminal.paint.bold("Facts of that time"))
        for fact in facts {
            let kind = fact["kind"]?.string ?? ""
            guard full.contains(kind) else {
                counts[kind, default: 0] += 1
                continue
            }
            let names = fact["names"]?.stringArray ?? []
            terminal.say(
                "  \(kind) \(fact["record"]?.string ?? "")"
                    + (names.isEmpty ? "" : " naming " + names.joined(separator: ", "))
            )
        }
        let others = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        if !others.isEmpty {
            terminal.say("  \(others.joined(separator: ", ")); `--json` lists them")
        }
    }
}
