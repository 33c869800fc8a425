internal import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The rules: decided with, and checked.",
        subcommands: [PolicyDecide.self, PolicyCheck.self, PolicyReplayCommand.self]
    )
}
