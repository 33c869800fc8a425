internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachTimeline: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "What was done when and by whom in a case, with what is due in between."
    )

    @Option(help: ArgumentHelp("The newest scope certificate.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("Facts beside those of the case, as JSON.", valueName: "file"))
    var facts: String?
    @OptionGroup var options: CaseOptions

    private struct Row {
        var time: Instant
        var kind: String
        var what: String
        var who: String
    }

    func run() throws {
        try options.withPeople("breach timeline") { open, people in
            let incident = try options.incident(in: open, by: people[0])
            let scope = try certificate.map { try ScopeFile(checked: $0, for: incident, in: open) }
            let clocks = try CaseClocks(
                incident,
                scope: scope,
                more: facts,
                open: open,
                person: people[0]
            )
            let now = try open.core.incidentTime()
            let rows = (Self.steps(incident) + Self.due(clocks.answer, now)).sorted {
                ($0.time, $0.what) < ($1.time, $1.what)
            }
            show(rows, incident)
        }
    }

    private static func steps(_ incident: Incident) -> [Row] {
        incident.records.compactMap { record in
            guard let time = record["time"]?.string.flatMap({ Instant(rfc3339: $0) }) else {
                return nil
            }
            let people = (record["by"]?.array ?? []).compactMap { $0["principal"]?.string }
            let event = record["event"]?.string ?? ""
            let isMove = record["from"] != record["to"]
            return Row(
                time: time,
                kind: "step",
                what: isMove ? "\(event) → \(record["to"]?.string ?? "")" : event,
                who: people.joined(separator: ", ")
            )
        }
    }

    private static func due(_ answer: BreachClocksAnswer, _ now: Instant) -> [Row] {
        answer.deadlines.filter(\.isRequired).compactMap { deadline in
            guard let due = deadline.due else { return nil }
            let passed = deadline.warning(at: now) ?? 0
            let warning =
                passed == 0 ? "" : passed == 100 ? ", time is up" : ", \(passed) % is over"
            return Row(
                time: due.instant,
                kind: "due",
                what: "\(deadline.rule.id) \(deadline.jurisdiction)"
                    + (deadline.rule.isUnverified ? " (unverified)" : "") + warning,
                who: deadline.authority ?? deadline.rule.recipient.rawValue
            )
        }
    }

    private func show(_ rows: [Row], _ incident: Incident) {
        let terminal = options.terminal
        if terminal.isJSON {
            return terminal.answer([
                "incident": .string(incident.id), "state": .string(incident.state.rawValue),
                "timeline": .array(
                    rows.map {
                        [
                            "time": .string($0.time.description), "kind": .string($0.kind),
                            "what": .string($0.what), "who": .string($0.who),
                        ]
                    }
                ),
            ])
        }
        var table = Table(["time", "", "what", "who"])
        for row in rows {
            table.add([
                row.time.description, row.kind, Words.printable(row.what), Words.printable(row.who),
            ])
        }
        for line in table.lines(paint: terminal.paint) { terminal.say(line) }
    }
}

struct BreachDeliver: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver",
        abstract: "Writes down what became of letters: sent, delivered, returned, substitute.",
        discussion: """
            Each with its proof. A returned letter is open again until it is sent anew or a substitute \
            notice is made; `report-out` is refused while any is open. Nothing is sent by this.
            """
    )

    @Option(
        name: .customLong("letter"),
        help: ArgumentHelp("A letter's name in the ledger, `0001-en`.", valueName: "name")
    )
    var letters: [String] = []
    @Option(help: ArgumentHelp("The ledger: every letter in it.", valueName: "file"))
    var ledger: String?
    @Option(help: ArgumentHelp("sent, delivered, returned or substitute.", valueName: "outcome"))
    var outcome: String
    @Option(help: ArgumentHelp("post, telephone, web, media, e-mail.", valueName: "channel"))
    var channel = "post"
    @Option(help: ArgumentHelp("What proves it: a receipt's number.", valueName: "text"))
    var proof: String
    @OptionGroup var options: CaseOptions

    func run() throws {
        guard DeliveryLedger.Outcome(rawValue: outcome) != nil else {
            throw Complaint.usage(
                "`--outcome` is sent, delivered, returned or substitute",
                hint: "a letter that came back is `returned`"
            )
        }
        var names = letters
        if let ledger {
            guard let rows = JSONValue(parsing: try Files.read(ledger))?["letters"]?.array else {
                throw BreachResponseError.notJSON(document: "ledger")
            }
            names += rows.compactMap { $0["letter"]?.string }
        }
        guard !names.isEmpty else {
            throw Complaint.usage("name a letter", hint: "`--letter 0001-en` or `--ledger F`")
        }
        try options.withPeople("breach deliver") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let step = try open.service.take(
                .deliver,
                in: before,
                artefacts: [
                    "letters": .strings(names), "outcome": .string(outcome),
                    "channel": .string(channel), "proof": .string(proof),
                ],
                by: people,
                context: open.context
            )
            var more: [JSONValue.Member] = []
            var lines: [String] = []
            if case .moved(let after, _) = step {
                let ledger = DeliveryLedger(after)
                more = [.init("letters", ledger.document)]
                lines = [
                    "\(ledger.letterCount - ledger.openCount) settled, \(ledger.openCount) open"
                ]
            }
            try StepAnswer(terminal: options.terminal, event: .deliver).show(
                step,
                before: before,
                more: more,
                lines: lines
            )
        }
    }
}
