internal import ArgumentParser
internal import VaultCore

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a new vault and its first administrator's key."
    )

    @Option(
        name: .customLong("admin-key"),
        help: ArgumentHelp(
            "Where to write the administrator's key; default: beside the folder, "
                + "`.admin.key` added to its name.",
            valueName: "file"
        )
    )
    var adminKey: String?

    @OptionGroup var options: VaultOptions

    func run() throws {
        let folder = options.folder
        let keyPath = adminKey ?? folder.adminKeyFile
        let creation = VaultCreation(folder: folder, isDemo: false)
        try creation.requireFree(keyPath)
        let passphrase = try options.passphrase.read(confirming: true)
        let made = try creation.run(passphrase: passphrase) { key in
            try key.write(to: keyPath)
        }
        let terminal = options.terminal
        if terminal.isJSON {
            terminal.answer([
                "vaultID": .string(made.vault.description), "checkpoint": .string(made.checkpoint),
                "publicKey": .string(made.publicKey), "adminKey": .string(keyPath),
            ])
            return
        }
        let paint = terminal.paint
        terminal.say("\(paint.green("a new vault")) in `\(folder.path)`")
        terminal.say("  vault id          \(made.vault)")
        terminal.say("  public key        \(made.publicKey)")
        terminal.say("  administrator     `\(keyPath)` (keep it away from the vault)")
        terminal.say("  checkpoint        `\(folder.checkpointFile)` (it betrays an older copy)")
        terminal.say()
        terminal.say("next: patientvault import --vault \(folder.path) FILE…")
    }
}
