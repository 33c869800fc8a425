internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import VaultCore

/// What every command takes that answers in two forms.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Give exactly one JSON value on stdout.")
    var isJSON = false

    var terminal: Terminal { Terminal(json: isJSON) }
}

/// What every command takes that opens a vault.
struct VaultOptions: ParsableArguments {
    @Option(
        name: .customLong("vault"),
        help: ArgumentHelp(
            "The vault's folder; else PATIENTVAULT_HOME, else ./vault.",
            valueName: "dir"
        )
    )
    var vaultPath: String?

    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp(
            "The passphrase; else PATIENTVAULT_PASSPHRASE_FILE, else asked on the terminal.",
            valueName: "file"
        )
    )
    var passphraseFile: String?

    @Option(
        name: .customLong("guard"),
        help: ArgumentHelp(
            "A running Guard, socket or tls://HOST:PORT; else PATIENTVAULT_GUARD, else one in-process.",
            valueName: "socket"
        )
    )
    var guardAddress: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Acting principal's key file; else PATIENTVAULT_AS.",
            valueName: "keyfile"
        )
    )
    var actingKeyFile: String?

    @OptionGroup var output: OutputOptions

    var terminal: Terminal { output.terminal }

    var folder: VaultFolder {
        VaultFolder(vaultPath ?? Environment["PATIENTVAULT_HOME"] ?? "vault")
    }

    var passphrase: PassphraseInput { PassphraseInput(option: passphraseFile) }

    /// Where a running Guard listens; `nil` for a Guard in this process.
    var runningGuard: String? { guardAddress ?? Environment["PATIENTVAULT_GUARD"] }

    func acting() throws -> Acting {
        guard let path = actingKeyFile ?? Environment["PATIENTVAULT_AS"] else { return .operator }
        return .principal(try KeyFile(reading: path))
    }

    /// Where calls of this process come from.
    static var context: CallContext {
        var name = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&name, name.count - 1) == 0
        let host = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return CallContext(
            sourceAddress: "local",
            device: isKnown ? host : nil,
            client: "patientvault",
            recordServer: "in-process",
            automation: isatty(STDIN_FILENO) == 1 ? .human : .unknown
        )
    }

    /// Opens the vault, runs a command in it, and closes it whatever happens.
    ///
    /// - Parameters:
    ///   - action: Named where the command needs a principal; `nil` where the operator may do it.
    ///   - labels: Whether something may be labelled.
    ///   - recovers: Whether what a crash left of a write is closed first where the Guard runs elsewhere; one
    ///     in this process always does that.
    ///   - answerSeconds: How long a Guard elsewhere is waited for.
    ///   - body: The command.
    /// - Returns: What the command returns.
    /// - Throws: What the command throws, or a ``Failure``.
    func withVault<Value>(
        principalFor action: String? = nil,
        labels: Bool = false,
        recovers: Bool = false,
        answerSeconds: Int64? = nil,
        _ body: (OpenVault) throws -> Value
    ) throws -> Value {
        let acting = try acting()
        if let action { try acting.required(for: action) }
        let vault: OpenVault
        if let address = runningGuard {
            vault = try OpenVault.open(
                folder,
                guard: try GuardAddress(address),
                acting: acting,
                labels: labels,
                recovers: recovers,
                answerSeconds: answerSeconds,
                context: Self.context
            )
        } else {
            vault = try OpenVault.open(
                folder,
                passphrase: passphrase,
                acting: acting,
                labels: labels,
                context: Self.context
            )
        }
        let value: Value
        do { value = try body(vault) } catch {
            vault.abandon()
            throw error
        }
        try vault.close()
        return value
    }
}
