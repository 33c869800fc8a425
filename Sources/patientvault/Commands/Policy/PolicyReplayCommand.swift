internal import ArgumentParser
internal import Consent
internal import Guard
internal import Vault
internal import VaultCore

struct PolicyReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Past decisions of the log that other rules would have made otherwise.",
        discussion: """
            Every request of the log is decided again, by the rules in force and by those of DIR, with the \
            facts of its time. Nothing is changed; the look is a log entry.
            """
    )

    @Argument(help: "The folder of the other rules.") var folder: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let policies = try PolicyFolder(folder).rules()
        try options.withVault { vault in
            let replay = try vault.service.replay(
                policies,
                by: try vault.caller(for: ["kind": "replay"]),
                context: vault.context
            )
            if options.output.isJSON { return options.terminal.answer(Self.json(replay)) }
            Self.say(replay, on: options.terminal)
        }
    }

    private static func say(_ replay: PolicyReplay, on terminal: Terminal) {
        let paint = terminal.paint
        let examined = Words.count(replay.examined, "decision")
        terminal.say(
            replay.changes.isEmpty
                ? "\(paint.green("none")) of \(examined) would change"
                : "\(paint.yellow(Words.number(replay.changes.count))) of \(examined) would change"
        )
        for change in replay.changes {
            terminal.say(
                "  entry \(change.index), \(Words.time(change.time)): \(change.actor), "
                    + "\(change.patient), \(change.purposes.joined(separator: " ")): "
                    + "\(change.before.effect.rawValue) → \(change.after.effect.rawValue)"
            )
            for segment in change.lost {
                terminal.say("      \(paint.red("−")) \(segment.name)")
            }
            for segment in change.gained {
                terminal.say("      \(paint.green("+")) \(segment.name)")
            }
            terminal.say(
                paint.dim(
                    "      by \(change.before.rules.map(\.id).joined(separator: ", ")) → "
                        + change.after.rules.map(\.id).joined(separator: ", ")
                )
            )
        }
        if replay.omitted > 0 {
            terminal.say(
                "  \(Words.count(replay.omitted, "decision")) left out: the patient or the "
                    + "principal is no longer known"
            )
        }
        if !replay.alreadyDifferent.isEmpty {
            terminal.say(
                "  the rules in force already decide \(replay.alreadyDifferent.count) otherwise "
                    + "than the log says"
            )
        }
    }

    private static func json(_ replay: PolicyReplay) -> JSONValue {
        [
            "examined": .int(Int64(replay.examined)), "omitted": .int(Int64(replay.omitted)),
            "alreadyDifferent": .array(
                replay.alreadyDifferent.map { .int(Int64(clamping: $0)) }
            ),
            "changed": .array(
                replay.changes.map { change in
                    [
                        "index": .int(Int64(clamping: change.index)),
                        "time": .string(change.time.description), "actor": .string(change.actor),
                        "patient": .string(change.patient), "purpose": .strings(change.purposes),
                        "before": decision(change.before), "after": decision(change.after),
                        "gained": .strings(change.gained.map(\.name)),
                        "lost": .strings(change.lost.map(\.name)),
                    ]
                }
            ),
        ]
    }

    private static func decision(_ decision: Decision) -> JSONValue {
        [
            "decision": .string(decision.effect.rawValue),
            "layer": .string(decision.layer.rawValue), "rules": .strings(decision.rules.map(\.id)),
        ]
    }
}
