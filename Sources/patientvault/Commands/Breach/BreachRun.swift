internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import BreachResponse
internal import Vault
internal import VaultCore

struct BreachRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Leads through a case: asks the next question, says why, shows the clocks.",
        discussion: """
            Each answer is a line; on a pipe the answers can come from a script. An empty line takes \
            what stands in brackets; `stop` ends, and the case stays where it is. Every step runs the \
            very command that it shows. Lists are written with commas or as JSON.
            """
    )

    @Option(help: ArgumentHelp("The case; a new one is reported without.", valueName: "id"))
    var incident: String?
    @Option(help: ArgumentHelp("The second person's key file.", valueName: "keyfile"))
    var second: String?
    @Option(help: ArgumentHelp("Facts beside those of the case, as JSON.", valueName: "file"))
    var facts: String?
    @Flag(help: "A new case is a drill.") var drill = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        var guide = CaseGuide(options: options, second: second, facts: facts, isDrill: drill)
        try guide.run(incident)
        guard options.terminal.isJSON else { return }
        options.terminal.answer([
            "incident": guide.incident.map { .string($0) } ?? .null,
            "state": .string(guide.state), "steps": .strings(guide.steps),
            "stopped": .string(guide.why),
        ])
    }
}

/// One question of `breach run`: what is asked, why, and the option that takes the answer.
struct GuideQuestion {
    let ask: String
    let option: String
    var artefact: IncidentArtefact?
    /// Whether the option takes a time.
    var isTime = false
    var proposal: String?
    var isOptional = false

    /// The words of the command line for an answer; `nil` where it has not the shape asked for.
    func words(for answer: String) -> [String]? {
        guard let artefact else {
            if isTime, answer != "now", Instant(rfc3339: answer) == nil { return nil }
            if option.hasSuffix("!") {
                return Self.isYes(answer) ? ["--\(option.dropLast())"] : []
            }
            return ["--\(option)", answer]
        }
        let key = artefact.name
        switch artefact.shape {
        case .text, .digest: return ["--with", "\(key)=\(answer)"]
        case .past, .moment:
            return ZonedTime(answer).map { _ in ["--with", "\(key)=\(answer)"] }
        case .choice(let words):
            return words.contains(answer) ? ["--with", "\(key)=\(answer)"] : nil
        case .confirmed: return Self.isYes(answer) ? ["--with", "\(key)=true"] : nil
        case .count: return Int64(answer).map { ["--with", "\(key)=\($0)"] }
        case .filled, .names, .list, .choices:
            if answer.hasPrefix("[") || answer.hasPrefix("{") {
                return ["--with", "\(key)=\(answer)"]
            }
            let parts = answer.split(separator: ",").map { String($0).trimmed }
                .filter { !$0.isEmpty && $0 != "none" }
            if case .choices(let words) = artefact.shape, !parts.allSatisfy(words.contains) {
                return nil
            }
            return ["--with", "\(key)=\(JSONValue.strings(parts).text)"]
        }
    }

    /// What an answer must be, for whoever gave another.
    var wanted: String {
        artefact?.wanted ?? (isTime ? "an RFC 3339 time such as `2026-03-02T09:30:00Z`" : "a text")
    }

    private static func isYes(_ answer: String) -> Bool {
        ["y", "yes", "true"].contains(answer.lowercased())
    }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
