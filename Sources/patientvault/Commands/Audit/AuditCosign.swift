internal import ArgumentParser
internal import Guard
internal import MerkleLog
internal import VaultCore

struct AuditCosign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosign",
        abstract: "Collects witnesses' cosignatures for the newest checkpoint.",
        discussion: """
            Witnesses stand in FILE, one a line: `KEY http://HOST:PORT`; by default in the vault's \
            `.witnesses` file beside its folder. A witness that knows a longer log than this one ends \
            everything with 4: then entries were lost.
            """
    )

    @Option(help: ArgumentHelp("The witnesses, one a line.", valueName: "file"))
    var witnesses: String?
    @Option(help: ArgumentHelp("How many must cosign; default all.", valueName: "n"))
    var required: Int?
    @Option(help: ArgumentHelp("Write a request for a witness without network.", valueName: "file"))
    var request: String?
    @Option(help: ArgumentHelp("With --request: the size it knows.", valueName: "size"))
    var from: UInt64 = 0
    @Option(help: ArgumentHelp("Take a cosignature that came back in a file.", valueName: "file"))
    var response: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            if let request {
                return try Files.deliver(
                    try vault.core.witnessRequest(from: from).body,
                    to: request
                )
            }
            let list = try WitnessAddress.list(witnesses ?? options.folder.witnessesFile)
            var cosigning = try Cosigning(core: vault.core)
            if let response {
                let text = try Files.readText(response)
                for witness in list where text.contains(witness.key.name) {
                    cosigning.take(text, of: witness.key)
                }
            } else {
                for witness in list { try cosigning.ask(witness, from: 0) }
            }
            let wanted = required ?? (response == nil ? list.count : 1)
            let isEnough = cosigning.count >= wanted && cosigning.count > 0
            if cosigning.count > 0 {
                try Files.replace(options.folder.cosignedFile, mode: 0o644, cosigning.note.bytes)
            }
            report(cosigning, wanted: wanted, isEnough: isEnough)
            if !isEnough { throw ExitCode(ExitStatus.unavailable.rawValue) }
        }
    }

    private func report(_ cosigning: Cosigning, wanted: Int, isEnough: Bool) {
        let terminal = options.terminal
        if terminal.isJSON {
            return terminal.answer([
                "ok": .bool(isEnough), "checkpoint": .string(cosigning.note.description),
                "cosignatures": .int(Int64(cosigning.count)), "required": .int(Int64(wanted)),
                "failures": .array(
                    cosigning.failures.map {
                        ["witness": .string($0.name), "why": .string($0.why)]
                    }
                ),
            ])
        }
        terminal.say("\(cosigning.count) of \(wanted) witnesses cosigned")
        for failure in cosigning.failures { terminal.note("\(failure.name): \(failure.why)") }
    }
}
