internal import ArgumentParser
internal import Guard
internal import PrivacyOffice
internal import VaultCore

struct AuditEmergencies: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emergencies",
        abstract: "Broken glass: who, why, what went out, and whether it was reviewed."
    )

    @Flag(help: "Only those that nobody has reviewed for good.") var open = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            let entries = try vault.entries(LogQuery(), action: "audit-list")
            let all = Emergencies(entries, names: try vault.names()).lines
            let lines = open ? all.filter(\.isOpen) : all
            let now = SystemClock().now()
            let terminal = options.terminal
            if terminal.isJSON {
                return terminal.answer(.array(lines.map { Self.json($0, now: now) }))
            }
            if lines.isEmpty { terminal.say("no emergency") }
            for line in lines { Self.say(line, now: now, on: terminal) }
        }
    }

    private static func say(_ line: Emergencies.Line, now: Instant, on terminal: Terminal) {
        let paint = terminal.paint
        let state =
            line.review.map { "\($0.finding) (entry \($0.index))" }
            ?? (line.reviewDue < now
                ? paint.red("review overdue")
                : paint.yellow("review due by \(Words.time(line.reviewDue))"))
        terminal.say(
            "entry \(line.index)  \(Words.time(line.time))  \(line.name), \(line.patient ?? "?"): "
                + "\(PlainWords.emergency(line.reason)); \(state)"
        )
        let answer =
            line.isPermitted
            ? "\(Words.count(line.records, "record")) in \(Words.count(line.requests, "request"))"
            : "refused"
        terminal.say(
            paint.dim(
                "      \(answer); \(line.end < now ? "ended" : "ends") \(Words.time(line.end)); "
                    + (line.isToldToPatient ? "in the patient's own list" : "no patient known")
            )
        )
    }

    private static func json(_ line: Emergencies.Line, now: Instant) -> JSONValue {
        [
            "index": .int(Int64(clamping: line.index)), "time": .string(line.time.description),
            "end": .string(line.end.description), "actor": .string(line.actor),
            "name": .string(line.name), "patient": line.patient.map { .string($0) } ?? .null,
            "reason": .string(line.reason), "permitted": .bool(line.isPermitted),
            "requests": .int(Int64(line.requests)), "released": .int(Int64(line.records)),
            "reviewDue": .string(line.reviewDue.description),
            "overdue": .bool(line.isOpen && line.reviewDue < now),
            "review": line.review.map {
                ["index": .int(Int64(clamping: $0.index)), "finding": .string($0.finding)]
            } ?? .null, "patientNotice": .bool(line.isToldToPatient),
        ]
    }
}

struct AuditReview: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract:
            "Notes a privacy officer's review of an emergency; the patient sees that there was one."
    )

    @Argument(help: "Index of the entry that declared it.") var index: UInt64
    @Option(help: ArgumentHelp("justified, unjustified or open.", valueName: "finding"))
    var finding: String
    @Option(help: ArgumentHelp("For other officers.", valueName: "text")) var note: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard let finding = ReviewFinding(rawValue: finding) else {
            throw Complaint.usage(
                "there is no such finding",
                hint: "one of " + ReviewFinding.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        guard (note?.utf8.count ?? 0) <= Limits.maximumReasonByteCount else {
            throw Complaint.usage(
                "the note is longer than \(Limits.maximumReasonByteCount) bytes",
                hint: "shorten it"
            )
        }
        try options.withVault(principalFor: "audit review") { vault in
            let receipt = try vault.core.reviewEmergency(
                index,
                finding: finding,
                note: note,
                by: try vault.session(),
                context: vault.context
            )
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer([
                    "reviewed": .int(Int64(clamping: index)),
                    "finding": .string(finding.rawValue), "receipt": receipt.json,
                ])
            } else {
                terminal.say("review noted (log entry \(receipt.index))")
            }
        }
    }
}
