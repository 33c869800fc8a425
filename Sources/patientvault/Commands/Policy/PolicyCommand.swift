internal import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The rules: decided with, checked and proved.",
        subcommands: [
            PolicyDecide.self, PolicyCheck.self, PolicyProve.self, PolicyReplayCommand.self,
            PolicySchemaCommand.self, PolicyReload.self,
        ]
    )
}
