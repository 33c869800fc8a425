internal import ArgumentParser

struct BreachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breach",
        abstract: "When something has happened.",
        subcommands: [BreachClocksCommand.self]
    )
}
