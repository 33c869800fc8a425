internal import ArgumentParser
internal import Guard
internal import PrivacyOffice
internal import VaultCore

struct AuditAccounting: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounting",
        abstract: "Accounting of disclosures, 45 CFR 164.528."
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(help: ArgumentHelp("A shorter period than six years.", valueName: "d"))
    var since: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        var query = LogQuery()
        query.patient = try Designation.patient(patient)
        let start = try Designation.date(since, option: "--since")?.earliest
        try options.withVault { vault in
            let accounting = Accounting(
                try vault.entries(query, action: "audit-accounting"),
                since: start,
                now: SystemClock().now(),
                names: try vault.names()
            )
            let terminal = options.terminal
            let lost = vault.core.lostEntries
            if terminal.isJSON { return terminal.answer(Self.json(accounting, lost: lost)) }
            terminal.say(
                terminal.paint.bold(
                    "Disclosures since \(Words.time(accounting.since).prefix(10))"
                )
            )
            if accounting.lines.isEmpty { terminal.say("  none that must be accounted for") }
            for line in accounting.lines {
                terminal.say(
                    "  \(Words.time(line.time))  \(line.recipient) (\(line.recipientKind))"
                )
                terminal.say("      \(line.description); \(line.purpose)")
            }
            for gap in lost { terminal.say(terminal.paint.red("not complete: \(gap)")) }
            terminal.say(
                terminal.paint.dim(
                    "treatment, payment, operations, family and authorized disclosures are exempt; "
                        + "`audit patient` shows all"
                )
            )
        }
    }

    private static func json(_ accounting: Accounting, lost: [String]) -> JSONValue {
        [
            "since": .string(accounting.since.description), "lost": .strings(lost),
            "disclosures": .array(
                accounting.lines.map { line in
                    [
                        "date": .string(line.time.description),
                        "recipient": .string(line.recipient),
                        "recipientKind": .string(line.recipientKind),
                        "description": .string(line.description),
                        "purpose": .string(line.purpose),
                        "index": .int(Int64(clamping: line.index)),
                    ]
                }
            ),
        ]
    }
}

struct AuditUnexplained: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unexplained",
        abstract: "Accesses that nothing in the log explains.",
        discussion: "Unexplained is neutral: it says where a person must look."
    )

    @Option(help: ArgumentHelp("Only accesses of this time or later.", valueName: "t"))
    var since: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let start = try Designation.date(since, option: "--since")?.earliest
        try options.withVault { vault in
            let found = Unexplained(
                try vault.entries(LogQuery(), action: "audit-unexplained"),
                since: start,
                names: try vault.names()
            )
            let terminal = options.terminal
            let lost = vault.core.lostEntries
            if terminal.isJSON {
                return terminal.answer([
                    "examined": .int(Int64(found.examined)), "lost": .strings(lost),
                    "unexplained": .array(found.findings.map(Self.json)),
                ])
            }
            terminal.say(
                "\(Words.count(found.findings.count, "access", "accesses")) without an explanation, "
                    + "of \(Words.number(found.examined)) looked at"
            )
            for gap in lost { terminal.say("  \(terminal.paint.red(gap))") }
            for finding in found.findings {
                terminal.say(
                    "  \(Words.time(finding.time))  \(finding.name) "
                        + "\(finding.kind.rawValue) \(finding.patient ?? "") "
                        + terminal.paint.dim("(entry \(finding.index))")
                )
                for line in finding.evidence { terminal.say("      \(line)") }
            }
        }
    }

    private static func json(_ finding: Unexplained.Finding) -> JSONValue {
        [
            "index": .int(Int64(clamping: finding.index)),
            "time": .string(finding.time.description), "actor": .string(finding.actor),
            "name": .string(finding.name),
            "patient": finding.patient.map { .string($0) } ?? .null,
            "kind": .string(finding.kind.rawValue), "evidence": .strings(finding.evidence),
        ]
    }
}
