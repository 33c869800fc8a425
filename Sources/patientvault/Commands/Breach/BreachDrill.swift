internal import ArgumentParser
internal import BreachResponse
internal import Consent
internal import Vault
internal import VaultCore

struct BreachDrill: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Rehearses a breach on made-up patients, and scores it against the known truth.",
        discussion: """
            Needs no vault: the drill makes one of its own, plays the scenario in it, takes the case \
            from the report to its close, and removes it. The truth is written down before that vault \
            exists and is read only when all is over. With `--as` and a vault, the drill is recorded \
            there, so that `breach ready` knows its date. Ends with 4 where a drill does not pass.
            """
    )

    @Option(help: ArgumentHelp("A scenario's file, or a shipped one's name.", valueName: "f"))
    var scenario: String?
    @Flag(help: "Every shipped scenario.") var all = false
    @Option(help: ArgumentHelp("A new folder for truth, certificates, reports.", valueName: "dir"))
    var out: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let scenarios = try chosen()
        if let out { try Files.makeFolder(out) }
        let labels = try PolicyFolder.shipped().labels(all: true)
        let rules = try BreachClocksCommand.rules()
        let templates = try BreachNotify.templates()
        var rows: [JSONValue] = []
        var isOK = true
        for scenario in scenarios {
            let plan = DrillPlan(scenario)
            // The truth first, before there is a vault.
            try keep("truth", scenario, Array(plan.truth.document.prettyText.utf8))
            let vault = try DrillVault(
                in: DrillVault.temporaryFolder,
                begins: scenario.begins.instant,
                labels: labels
            )
            defer { vault.discard() }
            let drill = Drill(
                in: vault.service,
                clock: vault.clock,
                rules: rules,
                templates: templates
            )
            let outcome = try drill.run(plan.stage)
            let score = DrillScore(outcome.finding, plan)
            isOK = isOK && score.isOK
            let report = AfterAction(plan, outcome.finding, score)
            try keep(outcome, report, scenario)
            rows.append(Self.row(plan, outcome, score))
            show(scenario, score, report)
        }
        try record(rows)
        if options.terminal.isJSON { options.terminal.answer(.array(rows)) }
        if !isOK { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }

    private func chosen() throws -> [DrillScenario] {
        guard all != (scenario != nil) else {
            throw Complaint.usage(
                "give `--scenario F` or `--all`",
                hint: "shipped: " + (try Self.shipped().joined(separator: ", "))
            )
        }
        let folder = try Self.folder()
        if let scenario {
            let isName = try Self.shipped().contains(scenario)
            let path = isName ? "\(folder)/\(scenario).json" : scenario
            return [try DrillScenario(try Files.read(path))]
        }
        return try Self.shipped().map { try DrillScenario(try Files.read("\(folder)/\($0).json")) }
    }

    private static func folder() throws -> String { try PolicyFolder.shipped().path + "/drills" }

    private static func shipped() throws -> [String] {
        Files.names(in: try folder()).filter { $0.hasSuffix(".json") }.map {
            String($0.dropLast(5))
        }
    }

    private static func row(
        _ plan: DrillPlan,
        _ outcome: Drill.Outcome,
        _ score: DrillScore
    ) -> JSONValue {
        func sets(_ sets: [DrillSet: Set<String>]) -> [JSONValue.Member] {
            DrillSet.allCases.map { .init($0.rawValue, .strings((sets[$0] ?? []).sorted())) }
        }
        let found = outcome.finding
        func records(_ records: [String: Set<String>]) -> JSONValue {
            .object(
                records.sorted { $0.key < $1.key }.map {
                    .init($0.key, .strings($0.value.sorted()))
                }
            )
        }
        return [
            "scenario": .string(plan.stage.scenario.name),
            "title": .string(plan.stage.scenario.title), "truth": plan.truth.document,
            "found": .object(sets(found.sets) + [.init("records", records(found.records))]),
            "scope": .object(sets(found.sets)), "clocks": score.clockDocument,
            "score": score.document, "publicKey": .string(outcome.publicKey),
            "state": .string(outcome.incident.state.rawValue), "sent": false,
            "ok": .bool(score.isOK),
        ]
    }

    private func keep(_ name: String, _ scenario: DrillScenario, _ bytes: [UInt8]) throws {
        guard let out else { return }
        let ending = name == "report" ? "txt" : "json"
        try Files.create("\(out)/\(scenario.name).\(name).\(ending)", bytes)
    }

    private func keep(
        _ outcome: Drill.Outcome,
        _ report: AfterAction,
        _ scenario: DrillScenario
    ) throws {
        try keep("report", scenario, Array(report.text.utf8))
        if let file = outcome.certificate { try keep("certificate", scenario, file.bytes) }
        if let out, let letters = outcome.letters {
            let folder = "\(out)/\(scenario.name).letters"
            let pages = try LetterFiles.shipped().pages
            try Files.makeFolder(folder)
            for letter in letters.letters {
                let html = pages.html(letter.texts)
                try Files.create("\(folder)/\(letter.name).html", Array(html.utf8))
            }
        }
        try keep(
            "case",
            scenario,
            Array(JSONValue.array(outcome.incident.records).prettyText.utf8)
        )
    }

    private func show(_ scenario: DrillScenario, _ score: DrillScore, _ report: AfterAction) {
        let terminal = options.terminal
        if terminal.isJSON { return }
        let paint = terminal.paint
        let word = score.isOK ? paint.green("passed") : paint.red("NOT passed")
        terminal.say("\(paint.bold(scenario.name)): \(word), \(score.percent) of 100")
        for line in report.text.split(separator: "\n", omittingEmptySubsequences: false) {
            terminal.say("  \(line)")
        }
    }

    /// Leaves a drill's date in the vault of the person who ran it, as a closed drill case.
    private func record(_ rows: [JSONValue]) throws {
        guard options.actingKeyFile != nil else { return }
        try options.withPerson("breach drill") { open, person in
            for row in rows {
                try DrillRecord(open: open, person: person).write(row)
            }
        }
    }
}
