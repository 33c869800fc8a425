internal import ArgumentParser
internal import GuardLink
internal import VaultCore

struct GuardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "The Guard as a process of its own: keys, decisions and the log behind a socket.",
        subcommands: [
            GuardServe.self, GuardUnseal.self, GuardSeal.self, GuardStatusCommand.self,
            GuardNewOrigin.self,
        ]
    )
}

/// What commands take that speak to a running Guard as its keeper.
struct KeeperOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The Guard's socket; else PATIENTVAULT_GUARD.", valueName: "path"))
    var socket: String?

    @OptionGroup var output: OutputOptions

    var terminal: Terminal { output.terminal }

    func client() throws -> KeeperClient {
        guard let path = socket ?? Environment["PATIENTVAULT_GUARD"] else {
            throw Complaint.usage("no socket is named", hint: "give `--socket PATH`")
        }
        return KeeperClient(try GuardAddress(path).transport())
    }

    func show(_ state: KeeperState, witnesses: [WitnessStanding] = []) {
        if terminal.isJSON {
            return terminal.answer([
                "sealed": .bool(state.isSealed), "vaultID": .string(state.vault.description),
                "sharesGiven": .int(Int64(state.sharesGiven)),
                "sharesNeeded": .int(Int64(state.sharesNeeded)),
                "witnesses": .array(witnesses.map(\.json)),
            ])
        }
        let paint = terminal.paint
        terminal.say(state.isSealed ? paint.yellow("sealed") : paint.green("unsealed"))
        terminal.say("  vault id  \(state.vault)")
        if state.sharesGiven > 0 {
            terminal.say("  shares    \(state.sharesGiven) of \(state.sharesNeeded)")
        }
        for witness in witnesses {
            let size = witness.cosigned.map { "cosigned \($0) entries" } ?? "has not cosigned"
            let when = witness.time.map { " at \(Words.time($0))" } ?? ""
            let why = witness.failure.map { paint.yellow("; now: \($0)") } ?? ""
            terminal.say("  witness   \(witness.name) \(size)\(when)\(why)")
        }
    }
}

struct GuardUnseal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal",
        abstract: "Unseals a running Guard by its passphrase, or by shares given one by one.",
        discussion: """
            Only the user whom the Guard runs as, and root, may; never over TLS. With `--share` each custodian
            runs it with their own share; the last that it takes unseals.
            """
    )

    @Option(help: ArgumentHelp("One share of the root key; `-` is stdin.", valueName: "file"))
    var share: String?
    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp(
            "The passphrase; else PATIENTVAULT_PASSPHRASE_FILE, else asked on the terminal.",
            valueName: "file"
        )
    )
    var passphraseFile: String?
    @OptionGroup var options: KeeperOptions

    func run() throws {
        let client = try options.client()
        if let share {
            return options.show(try client.offer(share: try Files.readText(share)))
        }
        let passphrase = try PassphraseInput(option: passphraseFile).read()
        options.show(try client.unseal(passphrase: passphrase))
    }
}

struct GuardSeal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Has a running Guard sign a checkpoint and forget every key."
    )

    @OptionGroup var options: KeeperOptions

    func run() throws { options.show(try options.client().seal()) }
}

struct GuardStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Whether a running Guard is sealed; exits with 69 where there is none."
    )

    @OptionGroup var options: KeeperOptions

    func run() throws {
        let client = try options.client()
        options.show(try client.look(), witnesses: try client.witnesses())
    }
}
