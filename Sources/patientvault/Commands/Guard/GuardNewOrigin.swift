internal import ArgumentParser
internal import Guard
internal import Vault
internal import VaultCore

struct GuardNewOrigin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-origin",
        abstract: "Goes on after the log's tail was lost, under a name that says what is missing.",
        discussion: """
            Only where the log is shorter than its checkpoints or witnesses know, and no newer copy exists. A \
            privacy officer (`--as`) and a second officer or administrator sign. Of the lost entries nothing is \
            ever proven, and nobody counts as not accessed in their time. Nothing is changed where nothing is lost.
            """
    )

    @Option(help: ArgumentHelp("Why; stands in the log, names nobody.", valueName: "r"))
    var reason: String
    @Option(help: ArgumentHelp("The second person's key file.", valueName: "keyfile"))
    var second: String
    @Option(
        help: ArgumentHelp("A checkpoint that was kept elsewhere, newest first.", valueName: "file")
    )
    var checkpoint: [String] = []
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard options.runningGuard == nil else { throw GuardIsElsewhere() }
        guard case .principal(let first) = try options.acting() else {
            return try Acting.operator.required(for: "guard new-origin")
        }
        let search = TailSearch(
            place: options.folder,
            checkpoints: checkpoint,
            passphrase: options.passphrase,
            terminal: options.terminal
        )
        let decision = TailSearch.Decision(
            first: first,
            second: try KeyFile(reading: second),
            reason: reason
        )
        let check = try search.look(at: options.folder)
        guard check.lost != nil else {
            try check.close()
            throw Complaint(
                kind: .badInput,
                code: "guard.nothingLost",
                message: "the log is not shorter than anybody knows it",
                hint: "name the checkpoint that it does not reach with `--checkpoint FILE`"
            )
        }
        let answer = try search.goOn(check, in: options.folder, decision)
        let terminal = options.terminal
        terminal.isJSON ? terminal.answer(answer.json) : answer.say(on: terminal)
    }
}
