internal import ArgumentParser
internal import Dispatch
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import GuardLink
internal import Outbound
internal import Sealing
internal import Synchronization
internal import Vault
internal import VaultCore
internal import VaultServer

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "FHIR R4 and SMART on FHIR over HTTP.",
        discussion: """
            Plain HTTP is served on a loopback address only. Ends gracefully on SIGTERM or Ctrl-C. \
            Register programs with `patientvault client new` first, and people who start apps in a browser with \
            `patientvault account add`. With `--guard` the Guard is another \
            process, and `--as` names a principal that may write: what a crash left of a write is closed in \
            its name. A Guard that is sealed or gone is answered with 503. SIGHUP reads the vault's rules \
            again: all of them, or none where a file is broken.
            """
    )

    @Option(help: ArgumentHelp("Address to bind.", valueName: "address")) var host = "127.0.0.1"
    @Option(help: ArgumentHelp("Port; 0 for any that is free.", valueName: "n")) var port = 8443
    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp("Certificate chain, PEM.", valueName: "file")
    )
    var certificates: String?
    @Option(
        name: .customLong("tls-key"),
        help: ArgumentHelp("Its private key, PEM.", valueName: "file")
    )
    var privateKey: String?
    @Option(
        help: ArgumentHelp(
            "Where clients reach the server, if not at address and port: https://vault.example.",
            valueName: "url"
        )
    )
    var origin: String?
    @Flag(
        name: .customLong("notify-loopback"),
        help: "Let subscriptions be told at addresses of this machine: for trying things out."
    )
    var notifiesLoopback = false
    @Option(
        help: ArgumentHelp(
            "Authorities trusted beside the machine's own, for clients' keys and subscribers: PEM.",
            valueName: "file"
        )
    )
    var trust: String?
    @Option(
        name: .customLong("cosign-every"),
        help: ArgumentHelp(
            "Seconds between two questions to the witnesses, where the Guard is in this process.",
            valueName: "s"
        )
    )
    var cosignSeconds = PeriodicCosigning.shippedSeconds
    @OptionGroup var options: VaultOptions

    func run() throws {
        let listening = try listenerOptions()
        OpenFiles.raiseLimit()
        let place = Place(origin: origin, host: host, isTLS: certificates != nil)
        try options.withVault(labels: true, recovers: true, answerSeconds: 20) { vault in
            if !vault.isGuardElsewhere {
                try WitnessCheck(folder: options.folder, terminal: options.terminal)
                    .run(try vault.localGuard())
                try vault.localGuard().useKeys(from: KeySetRequest(authorities: trust))
            }
            let cosigning = try Self.cosigning(vault, seconds: cosignSeconds)
            var serving = Server.Options(origin: place.address(port: port))
            serving.pages = try Languages.pages()
            serving.witnesses = { cosigning?.standings.map(WitnessGauge.init) ?? [] }
            let server = Server(
                vault: vault.service,
                options: serving,
                clock: SystemClock(),
                random: SystemRandom()
            )
            let listener = try HTTPListener(server, options: listening)
            let terminal = options.terminal
            var notifications = NotificationSettings()
            notifications.allowsLoopback = notifiesLoopback
            notifications.authorities = trust
            let teller = server.tellSubscribers(
                notifications,
                as: { try vault.isGuardElsewhere ? vault.session() : .operator }
            )
            defer { teller.stop() }
            let heap = FreedMemory.Keeper()
            defer { heap.stop() }
            let keeper = vault.isGuardElsewhere ? nil : CheckpointKeeper(vault)
            defer { keeper?.stop() }
            let reloader = try vault.isGuardElsewhere ? nil : PolicyReloader(vault, terminal)
            defer { reloader?.stop() }
            try Self.wait {
                try await listener.run { port in
                    let address = place.address(port: port)
                    server.serve(at: address)
                    if terminal.isJSON {
                        terminal.answer([
                            "url": .string("\(address)/fhir"), "port": .int(Int64(port)),
                        ])
                    } else {
                        terminal.say("listening on \(address)/fhir")
                    }
                }
            }
            cosigning?.stop()
            if let finding = cosigning?.finding { throw finding }
        }
    }

    /// Asks the witnesses while serving; what one of them knows can end the process.
    private static func cosigning(_ vault: OpenVault, seconds: Int) throws -> PeriodicCosigning? {
        guard !vault.isGuardElsewhere else { return nil }
        let core = try vault.localGuard()
        return PeriodicCosigning(
            folder: vault.folder,
            seconds: seconds,
            core: { core.hasStopped ? nil : core },
            // The listener ends as it does when it is told to; every call is refused already.
            ended: { _ in kill(getpid(), SIGTERM) }
        )
    }

    /// Where clients reach the server.
    private struct Place {
        let origin: String?
        let host: String
        let isTLS: Bool

        func address(port: Int) -> String {
            if let origin { return origin.hasSuffix("/") ? String(origin.dropLast()) : origin }
            let name = host.contains(":") ? "[\(host)]" : host
            return "\(isTLS ? "https" : "http")://\(name):\(port)"
        }
    }

    private func listenerOptions() throws -> HTTPListener.Options {
        var listening = HTTPListener.Options()
        listening.host = host
        guard (0...65_535).contains(port) else {
            throw Complaint.usage("`--port` is not a port", hint: "0 to 65535")
        }
        listening.port = port
        switch (certificates, privateKey) {
        case (nil, nil): break
        case (let certificates?, let privateKey?):
            listening.tls = (
                certificates: try Files.readText(certificates),
                privateKey: try Files.readText(privateKey)
            )
        default:
            throw Complaint.usage(
                "`--tls-cert` and `--tls-key` belong together",
                hint: "give both or neither"
            )
        }
        return listening
    }

    /// Runs asynchronous work from the main thread, which waits for it.
    private static func wait(_ work: @escaping @Sendable () async throws -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<(any Error)?>(nil)
        Task.detached {
            do { try await work() } catch { failure.withLock { $0 = error } }
            done.signal()
        }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

/// Reads the vault's rules again on SIGHUP.
struct PolicyReloader {
    private let source: any DispatchSourceSignal

    init(_ vault: OpenVault, _ terminal: Terminal) throws {
        let core = try vault.localGuard()
        let folder = vault.folder
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { folder.reloadPolicies(into: core, saying: terminal) }
        source.resume()
        self.source = source
    }

    func stop() { source.cancel() }
}

/// Signs a checkpoint where the log grew and leaves it beside the vault, as the witness of the next start.
///
/// Every five seconds, so that one is never ten seconds old; the last comes when the vault is closed.
struct CheckpointKeeper {
    private let timer: any DispatchSourceTimer

    init(_ vault: OpenVault) {
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + 5, repeating: 5)
        timer.setEventHandler { try? vault.keepCheckpoint() }
        timer.resume()
        self.timer = timer
    }

    func stop() { timer.cancel() }
}

extension WitnessGauge {
    fileprivate init(_ standing: WitnessStanding) {
        self.init(
            name: standing.name,
            isCosigning: standing.failure == nil,
            entries: standing.cosigned ?? 0,
            time: standing.time
        )
    }
}
