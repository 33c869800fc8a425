internal import ArgumentParser
internal import Consent
internal import VaultCore

struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Parses rules and label tables, and runs the corpus.",
        discussion: "Exits with 65 where a file is wrong or a decision of the corpus differs."
    )

    @Argument(help: "The folder; default the shipped one.") var folder: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        let policies = try folder.map(PolicyFolder.init) ?? PolicyFolder.shipped()
        var problems = PolicySet.problems(in: try policies.ruleFiles()).map {
            "\($0.file):\($0.line):\($0.column): \($0.what)"
        }
        var tables: LabelTables?
        if Files.exists(policies.path + "/labels/labels.yaml") {
            do { tables = try policies.labels(all: true) } catch let error as ConsentError {
                problems.append(error.message)
            }
        }
        var corpus = CorpusRun()
        var ruleCount = 0
        if problems.isEmpty {
            let rules = try policies.rules()
            ruleCount = rules.rules.count
            var decider = PolicyDecideLine(policies: rules, labels: tables)
            try corpus.run(in: policies.path + "/corpus", with: &decider)
            problems += corpus.problems
        }
        let json: JSONValue = [
            "ok": .bool(problems.isEmpty), "rules": .int(Int64(ruleCount)),
            "cases": .int(Int64(corpus.count)), "problems": .strings(problems),
        ]
        let terminal = output.terminal
        if terminal.isJSON {
            terminal.answer(json)
        } else {
            let size =
                "\(Words.count(ruleCount, "rule")), "
                + Words.count(corpus.count, "decision of the corpus", "decisions of the corpus")
            terminal.say(
                problems.isEmpty
                    ? "\(terminal.paint.green("ok")): \(size)"
                    : "\(terminal.paint.red("wrong")): \(Words.count(problems.count, "problem"))"
            )
            for problem in problems { terminal.say("  \(problem)") }
        }
        if !problems.isEmpty { throw ExitCode(ExitStatus.badInput.rawValue) }
    }
}
