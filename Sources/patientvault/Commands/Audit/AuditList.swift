internal import ArgumentParser
internal import Guard
internal import VaultCore

struct AuditList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Entries of the log, newest last; reading them is an entry."
    )

    @Option(help: ArgumentHelp("Only entries about this patient.", valueName: "p"))
    var patient: String?
    @Option(help: ArgumentHelp("Only entries by this principal.", valueName: "a"))
    var actor: String?
    @Option(help: ArgumentHelp("Only entries of this time or later.", valueName: "t"))
    var since: String?
    @Option(help: ArgumentHelp("Only entries before this time.", valueName: "t"))
    var until: String?
    @Option(help: ArgumentHelp("decision, disclosure, intent, stored, fact, …", valueName: "k"))
    var kind: String?
    @Option(help: ArgumentHelp("permit or deny.", valueName: "d"))
    var decision: String?
    @Flag(help: "Comma-separated values.") var csv = false
    @Flag(help: "A FHIR R4 Bundle of AuditEvents (IHE BALP).") var fhir = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard [csv, fhir, options.output.isJSON].count(where: { $0 }) <= 1 else {
            throw Complaint.usage(
                "only one of `--csv`, `--fhir` and `--json` fits on stdout",
                hint: "choose one"
            )
        }
        if let decision, decision != "permit", decision != "deny" {
            throw Complaint.badInput(
                "`--decision` is `permit` or `deny`",
                hint: "leave it out to see both"
            )
        }
        let query = try query()
        try options.withVault { vault in
            let rows = try vault.entries(query, action: "audit-list").map(AuditRow.init)
            let terminal = options.terminal
            if csv { return terminal.emit(Array(AuditRow.csv(rows).utf8)) }
            if fhir { return terminal.emit(AuditEventBundle(rows).bytes) }
            if terminal.isJSON { return terminal.answer(.array(rows.map(\.json))) }
            show(rows, on: terminal)
        }
    }

    private func query() throws -> LogQuery {
        var query = LogQuery()
        query.patient = try patient.map(Designation.patient)
        query.actor = actor
        query.since = try Designation.date(since, option: "--since")?.earliest
        query.until = try Designation.date(until, option: "--until")?.earliest
        query.kind = kind
        query.decision = decision
        return query
    }

    private func show(_ rows: [AuditRow], on terminal: Terminal) {
        var table = Table(
            ["index", "time (UTC)", "kind", "actor", "purpose", "patient", "decision", "what"],
            numeric: [0]
        )
        let paint = terminal.paint
        for row in rows {
            table.add([
                String(row.index), Words.time(row.time), row.kind, row.actor,
                row.purposes.joined(separator: ","), row.patients.joined(separator: " "),
                row.decision ?? "", row.what,
            ])
        }
        for line in table.lines(paint: paint) { terminal.say(line) }
        terminal.say(paint.dim(Words.count(rows.count, "entry", "entries")))
    }
}
