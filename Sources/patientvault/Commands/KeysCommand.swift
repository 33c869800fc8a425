internal import ArgumentParser
internal import Sealing
internal import Guard
internal import VaultCore

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "The vault's keys.",
        subcommands: [
            KeysStatus.self, KeysRotate.self, KeysSplit.self, KeysCombine.self,
        ]
    )
}

struct KeysStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How the root key is kept; never the key."
    )

    @OptionGroup var options: VaultOptions

    func run() throws {
        let folder = options.folder
        try options.withVault { vault in
            let text = try Files.readText(folder.keyFile)
            let cost = text.split(separator: "\n").dropFirst(2).first.map(String.init) ?? ""
            let status = try vault.core.status(by: try vault.caller(for: GuardRequest.status))
            let terminal = options.terminal
            let json: JSONValue = [
                "vaultID": .string(vault.core.vault.description), "wrappedBy": "passphrase",
                "keyDerivation": .string(cost), "patientKeys": .int(Int64(status.patients)),
                "publicKey": .string(vault.core.verifierKey), "cipher": "AES-256-GCM",
            ]
            if terminal.isJSON { return terminal.answer(json) }
            terminal.say("root key        wrapped by a passphrase, \(cost)")
            terminal.say("patient keys    \(Words.number(status.patients)), each random")
            terminal.say("log's key       \(vault.core.verifierKey)")
        }
    }
}
