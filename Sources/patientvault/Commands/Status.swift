internal import ArgumentParser
internal import Sealing
internal import Guard
internal import GuardLink
internal import Vault
internal import Records
internal import VaultCore

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Counts what the vault holds; tells nothing about anybody."
    )

    @OptionGroup var options: VaultOptions

    func run() throws {
        let terminal = options.terminal
        if let address = options.runningGuard {
            let state = try KeeperClient(try GuardAddress(address).transport()).look()
            if state.isSealed { return showSealed(state.vault, on: terminal) }
        } else if !options.passphrase.isAvailable, options.folder.exists {
            // Without a passphrase the vault stays sealed, and that is the whole answer.
            let file = try PassphraseFile(parsing: try Files.readText(options.folder.keyFile))
            return showSealed(file.vault, on: terminal)
        }
        try options.withVault { vault in
            let status = try vault.core.status(by: try vault.caller(for: GuardRequest.status))
            let counts = try vault.service.records.counts()
            show(
                [
                    "sealed": false, "vaultID": .string(vault.core.vault.description),
                    "demo": .bool(vault.core.isDemo), "patients": .int(Int64(status.patients)),
                    "records": .int(Int64(counts.records)),
                    "versions": .int(Int64(counts.versions)),
                    "principals": .int(Int64(status.principals)),
                    "logSize": .int(Int64(clamping: status.logSize)),
                    "openWrites": .int(Int64(status.openIntents)),
                    "policyDigest": .string(status.policyDigest),
                    "publicKey": .string(vault.core.verifierKey),
                    "lost": .strings(vault.core.lostEntries),
                    "checkpoint": status.checkpoint.map { .string($0) } ?? .null,
                ],
                on: terminal
            )
        }
    }

    private func showSealed(_ vault: VaultID, on terminal: Terminal) {
        show(
            [
                "sealed": true, "vaultID": .string(vault.description), "patients": .null,
                "records": .null, "logSize": .null,
            ],
            on: terminal
        )
    }

    private func show(_ json: JSONValue, on terminal: Terminal) {
        if terminal.isJSON { return terminal.answer(json) }
        let isSealed = json["sealed"]?.bool ?? true
        let paint = terminal.paint
        terminal.say(isSealed ? paint.yellow("sealed") : paint.green("unsealed for this command"))
        let names = [
            ("vaultID", "vault id"), ("demo", "demo vault"), ("patients", "patients"),
            ("records", "records"), ("versions", "versions"), ("principals", "principals"),
            ("logSize", "log entries"), ("openWrites", "open writes"),
            ("policyDigest", "policies"), ("publicKey", "public key"),
        ]
        for (key, name) in names {
            let value: String? =
                switch json[key] {
                case .int(let number): Words.number(number)
                case .string(let text): text
                case .bool(let truth): truth ? "yes" : nil
                default: nil
                }
            if let value { terminal.say("  \(Words.padded(name, 14))\(value)") }
        }
        for gap in json["lost"]?.array ?? [] { terminal.say("  \(paint.red(gap.string ?? ""))") }
    }
}
