internal import ArgumentParser
internal import Consent
internal import VaultCore

struct PolicySchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of policy files, for editors."
    )

    @OptionGroup var output: OutputOptions

    func run() throws { output.terminal.emit(Array((PolicySchema.json.prettyText + "\n").utf8)) }
}
