internal import ArgumentParser
internal import PrivacyOffice
internal import Vault
internal import VaultCore

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A past decision in full, for an officer or for the patient about their own."
    )

    @Argument(help: "Index of the decision's log entry.") var index: UInt64
    @Option(help: ArgumentHelp("Plain words in: en, ta, ms, nb, lt, ko.", valueName: "l"))
    var language: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let wording = try Languages.wording(language)
        try options.withVault(principalFor: "explain") { vault in
            let json = Self.worded(
                try vault.service.explain(
                    index,
                    by: try vault.session(),
                    context: vault.context
                ).json,
                wording
            )
            if options.output.isJSON { return options.terminal.answer(json) }
            Self.say(json, in: wording, on: options.terminal)
        }
    }

    /// Adds what every rule says in the words of a language.
    static func worded(_ json: JSONValue, _ wording: Wording) -> JSONValue {
        var json = json
        let rules = (json["rules"]?.array ?? []).map { rule in
            var rule = rule
            rule.set("words", .string(words(of: rule, wording)))
            return rule
        }
        json.set("rules", .array(rules))
        json.set("language", .string(wording.language))
        json.set(
            "words",
            .string(
                wording.heading(json["decision"]?.string == "permit" ? .permit : .deny) + ": "
                    + rules.compactMap { $0["words"]?.string }.joined(separator: "; ")
            )
        )
        return json
    }

    private static func words(of rule: JSONValue, _ wording: Wording) -> String {
        wording.rule(
            rule["id"]?.string ?? "",
            title: rule["title"]?.string ?? "",
            isPermit: rule["effect"]?.string == "permit"
        )
    }

    static func say(_ json: JSONValue, in wording: Wording, on terminal: Terminal) {
        func text(_ key: String) -> String { Words.printable(json[key]?.string ?? "") }
        let paint = terminal.paint
        let isPermit = text("decision") == "permit"
        let head = wording.heading(isPermit ? .permit : .deny)
        let purposes = (json["purpose"]?.stringArray ?? []).map(wording.purpose)
        terminal.say(
            "\(isPermit ? paint.green(head) : paint.yellow(head)): \(text("actor")), "
                + "\(text("time").prefix(16).replacing("T", with: " "))"
                + (purposes.isEmpty ? "" : ", " + purposes.joined(separator: ", "))
        )
        if let layer = json["layer"]?.string {
            terminal.say(paint.dim("  \(wording.layer(layer)) (\(layer))"))
        }
        let rules = json["rules"]?.array ?? []
        if !rules.isEmpty { terminal.say(paint.bold(wording.heading(.deciding))) }
        for rule in rules {
            terminal.say(
                "  \(rule["effect"]?.string ?? "")  \(rule["id"]?.string ?? ""): "
                    + (rule["words"]?.string ?? "")
            )
            for basis in rule["basis"]?.stringArray ?? [] {
                terminal.say(paint.dim("          \(wording.heading(.law)): \(basis)"))
            }
        }
        if rules.isEmpty { terminal.say("  \(text("reason"))") }
        sayFacts(json["facts"]?.array ?? [], in: wording, on: terminal)
        for obligation in json["obligations"]?.stringArray ?? [] {
            terminal.say("  due: \(obligation)")
        }
        for problem in json["problems"]?.stringArray ?? [] { terminal.say("  problem: \(problem)") }
    }

    /// Facts that could speak in full, the many others by their number.
    private static func sayFacts(
        _ facts: [JSONValue],
        in wording: Wording,
        on terminal: Terminal
    ) {
        var counts: [String: Int] = [:]
        terminal.say(terminal.paint.bold(wording.heading(.facts)))
        var seen: Set<String> = []
        for fact in facts {
            let kind = fact["kind"]?.string ?? ""
            guard fact["used"]?.bool == true, seen.count < 12 else {
                counts[kind, default: 0] += 1
                continue
            }
            let names = fact["names"]?.stringArray ?? []
            let line =
                "  \(kind) \(fact["record"]?.string ?? "")"
                + (names.isEmpty ? "" : " naming " + names.prefix(4).joined(separator: ", "))
            if seen.insert(line).inserted { terminal.say(line) }
        }
        let others = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        if !others.isEmpty {
            terminal.say("  \(others.joined(separator: ", ")); `--json` lists them")
        }
    }
}
