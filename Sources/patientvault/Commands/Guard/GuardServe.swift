internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import GuardLink
internal import Sealing
internal import VaultCore

struct GuardServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the Guard of a vault until it is told to end.",
        discussion: """
            Starts sealed, unless a passphrase is at hand: `--passphrase-file`, or the systemd credential \
            `patientvault-passphrase`. SIGUSR1 seals it, SIGTERM ends it; both sign a checkpoint first. SIGHUP \
            reads the vault's rules again: all of them, or none where a file is broken.
            """
    )

    @Option(help: ArgumentHelp("Unix socket to listen on.", valueName: "path"))
    var socket: String

    @Option(
        name: .customLong("allow-user"),
        help: ArgumentHelp("User, by name or number, who may connect besides ours.", valueName: "u")
    )
    var users: [String] = []

    @Option(help: ArgumentHelp("HOST:PORT to listen on with mutual TLS.", valueName: "address"))
    var listen: String?
    @Option(name: .customLong("tls-chain"), help: "Our certificate chain, PEM.")
    var chain: String?
    @Option(name: .customLong("tls-key"), help: "Its private key, PEM.") var key: String?
    @Option(name: .customLong("tls-authorities"), help: "Whose certificates we accept, PEM.")
    var authorities: String?
    @Option(
        name: .customLong("max-connections"),
        help: ArgumentHelp(
            "Most open connections of each user, and of all other hosts together.",
            valueName: "n"
        )
    )
    var connections: Int = 1_024

    @Option(
        help: ArgumentHelp(
            "Authorities trusted beside the machine's own, for clients' keys: PEM.",
            valueName: "file"
        )
    )
    var trust: String?
    @Option(
        name: .customLong("cosign-every"),
        help: ArgumentHelp(
            "Seconds between two questions to the witnesses of the vault's `.witnesses` file.",
            valueName: "s"
        )
    )
    var cosignSeconds = PeriodicCosigning.shippedSeconds

    @Flag(name: .customLong("stay-sealed"), help: .hidden) var staysSealed = false

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
        help: ArgumentHelp("Unseals at the start; only its owner may read it.", valueName: "file")
    )
    var passphraseFile: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        let replacement = SelfReplacement()
        let folder = VaultFolder(vaultPath ?? Environment["PATIENTVAULT_HOME"] ?? "vault")
        let terminal = output.terminal
        try GuardRequirements(folder: folder).check()
        OpenFiles.raiseLimit()
        let signals = GuardSignals()
        let process = try GuardProcess(
            folder: folder,
            cosignSeconds: cosignSeconds,
            authorities: trust
        )
        if !staysSealed, let secret = try credential() { try process.unseal(passphrase: secret) }
        var limits = LinkLimits()
        limits.connectionCount = connections
        let server = GuardServer(keeper: process, rules: try rules(), limits: limits)
        try server.listen(path: socket)
        if let listen { try serveTLS(server, at: listen, terminal) }
        let state = process.look()
        terminal.note(
            "guard: listening on `\(socket)`, \(state.isSealed ? "sealed" : "unsealed")"
        )
        let heap = FreedMemory.Keeper()
        defer { heap.stop() }
        switch process.serve(until: signals) {
        case .ended:
            try process.seal()
            try server.stop()
            unlink(socket)
        case .sealed:
            // The kernel throws the whole memory away; nothing of a key can be left in it.
            replacement.run(adding: "--stay-sealed")
        case .stopped(let failure):
            unlink(socket)
            throw failure
        }
    }

    private func serveTLS(_ server: GuardServer, at address: String, _ terminal: Terminal) throws {
        guard let chain, let key, let authorities,
            case .host(let host, let port) = try GuardAddress("tls://" + address)
        else {
            throw Complaint.usage(
                "`--listen` needs `--tls-chain`, `--tls-key` and `--tls-authorities`",
                hint: "another host is believed only with a certificate"
            )
        }
        let bound = try server.listen(
            host: host,
            port: port,
            certificates: LinkCertificates(chain: chain, key: key, authorities: authorities)
        )
        terminal.note("guard: listening on \(host):\(bound) with mutual TLS")
    }

    /// The passphrase that is at hand without asking anybody.
    private func credential() throws -> SecretBytes? {
        if let file = passphraseFile ?? Environment["PATIENTVAULT_PASSPHRASE_FILE"] {
            try GuardRequirements.requirePrivate(file)
            return try PassphraseInput(option: file).read()
        }
        guard let folder = Environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let file = "\(folder)/patientvault-passphrase"
        guard Files.exists(file) else { return nil }
        return try PassphraseInput(option: file).read()
    }

    private func rules() throws -> PeerRules {
        var allowed: Set<UInt32> = [geteuid()]
        for name in users {
            guard let user = UInt32(name) ?? getpwnam(name)?.pointee.pw_uid else {
                throw Complaint.badInput(
                    "there is no user `\(name)` on this machine",
                    hint: "give `--allow-user` a name or a number"
                )
            }
            allowed.insert(user)
        }
        return PeerRules(users: allowed, keepers: [geteuid(), 0])
    }
}
