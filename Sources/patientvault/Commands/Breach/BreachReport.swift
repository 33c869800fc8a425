internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Sealing
internal import Vault
internal import VaultCore

struct BreachReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Opens a case: anybody may, and the discovery clock runs from here.",
        discussion: "Say what you know; what is not known yet comes later."
    )

    @Option(help: ArgumentHelp("What was noticed.", valueName: "text"))
    var summary: String
    @Option(help: ArgumentHelp("The case's id; one is made up by default.", valueName: "id"))
    var incident: String?
    @Option(
        name: .customLong("suspect-principal"),
        help: ArgumentHelp("A principal who is suspected.", valueName: "p")
    )
    var suspects: [String] = []
    @Option(help: ArgumentHelp("When it began, RFC 3339.", valueName: "t")) var from: String?
    @Option(help: ArgumentHelp("When it ended, RFC 3339.", valueName: "t")) var until: String?
    @Option(
        name: .customLong("known-since"),
        help: ArgumentHelp("When anybody here first knew; default now.", valueName: "t")
    )
    var knownSince: String?
    @Flag(help: "A drill: it can never send anything.") var drill = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        let begin = try from.map { try Moment.read($0, option: "--from") }
        let end = try until.map { try Moment.read($0, option: "--until") }
        let known = try knownSince.map { try Moment.read($0, option: "--known-since") }
        try options.withPerson("breach report") { open, person in
            let now = try open.core.incidentTime()
            try Moment.requirePast(begin, option: "--from", now: now)
            try Moment.requirePast(end, option: "--until", now: now)
            try Moment.requirePast(known, option: "--known-since", now: now)
            try Moment.requireOrder(begin, end)
            let digits = SystemRandom().bytes(3)
            let id = incident ?? "case-\(now.description.prefix(10))-\(Hex.encode(digits))"
            let artefacts: JSONValue = [
                "report": .string(summary),
                "knownSince": .string((known ?? now).description),
                "shouldHaveKnownSince": .string((known ?? now).description),
                "suspects": .strings(suspects),
                "from": begin.map { .string($0.description) } ?? .null,
                "until": end.map { .string($0.description) } ?? .null,
            ]
            let before = Incident(id: id, isDrill: drill)
            let step = try open.service.take(
                .report,
                in: before,
                artefacts: artefacts,
                by: [person],
                context: open.context
            )
            try StepAnswer(terminal: options.terminal, event: .report).show(step, before: before)
        }
    }
}

/// Reads a moment on the command line.
enum Moment {
    static func read(_ text: String, option: String) throws -> Instant {
        guard let time = Instant(rfc3339: text) else {
            throw Complaint.usage(
                "`\(option)` takes an RFC 3339 time such as `2026-03-02T09:30:00Z`",
                hint: "give date, time and zone"
            )
        }
        return time
    }

    /// Refuses what has not been yet; clocks may differ by five minutes.
    static func requirePast(_ time: Instant?, option: String, now: Instant) throws {
        guard let time, time > now.advanced(by: .seconds(300)) else { return }
        throw Complaint.usage(
            "`\(option)` lies ahead: it is \(now) now",
            hint: "look at year, month and zone"
        )
    }

    /// Refuses a window that ends before it begins.
    static func requireOrder(_ begin: Instant?, _ end: Instant?) throws {
        guard let begin, let end, end <= begin else { return }
        throw Complaint.usage(
            "`--until` must be later than `--from`",
            hint: "the window is from \(begin) to \(end): were they swapped?"
        )
    }
}
