internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

/// Shows what came of a step of a breach case.
struct StepAnswer {
    let terminal: Terminal
    let event: IncidentEvent

    /// Shows the step; a refused one ends with 3.
    func show(
        _ step: IncidentStep,
        before: Incident,
        more: [JSONValue.Member] = [],
        lines: [String] = []
    ) throws {
        switch step {
        case .moved(let after, let receipt):
            let head: [JSONValue.Member] = [
                .init("incident", .string(after.id)), .init("event", .string(event.rawValue)),
                .init("state", .string(after.state.rawValue)), .init("recorded", true),
                .init("receipt", receipt.json),
                .init("possible", .strings(after.possible.map(\.rawValue))),
            ]
            if terminal.isJSON { return terminal.answer(.object(head + more)) }
            for line in lines { terminal.say(line) }
            let state = terminal.paint.bold(after.state.rawValue)
            terminal.say("case \(after.id): \(state) (log entry \(receipt.index))")
            let next = after.possible.filter { Self.onward.contains($0) }.map(\.rawValue)
            if !next.isEmpty { terminal.say("next: \(next.joined(separator: ", "))") }
        case .refused(let reasons):
            if terminal.isJSON {
                terminal.answer(.object(refusal(reasons, before) + more))
            } else {
                for line in lines { terminal.say(line) }
                terminal.say("not done: case \(before.id) stays \(before.state.rawValue)")
                for reason in reasons { terminal.say("  \(Words.printable(reason.message))") }
            }
            throw ExitCode(ExitStatus.refused.rawValue)
        }
    }

    /// Shows work that was done though the case's table does not take it as a step yet.
    func showUnrecorded(
        _ reasons: [IncidentRefusal],
        before: Incident,
        more: [JSONValue.Member],
        lines: [String]
    ) {
        if terminal.isJSON { return terminal.answer(.object(refusal(reasons, before) + more)) }
        for line in lines { terminal.say(line) }
        terminal.say("case \(before.id) stays \(before.state.rawValue):")
        for reason in reasons { terminal.say("  \(Words.printable(reason.message))") }
    }

    private func refusal(
        _ reasons: [IncidentRefusal],
        _ before: Incident
    ) -> [JSONValue.Member] {
        [
            .init("incident", .string(before.id)), .init("event", .string(event.rawValue)),
            .init("state", .string(before.state.rawValue)), .init("recorded", false),
            .init("refused", .strings(reasons.map(\.message))),
            .init("possible", .strings(before.possible.map(\.rawValue))),
        ]
    }

    /// Steps that lead on; the others can be taken at almost any time.
    private static let onward: Set<IncidentEvent> = [
        .triage, .declare, .contain, .preserve, .scope, .assess, .decide, .notify, .reportOut,
        .remediate, .close, .reopen,
    ]
}
