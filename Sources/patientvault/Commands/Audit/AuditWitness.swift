internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import MerkleLog
internal import VaultCore

struct AuditWitness: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "A witness for other people's logs; best run by another organisation.",
        subcommands: [AuditWitnessServe.self, AuditWitnessAnswer.self]
    )
}

/// What every command takes that acts as a witness.
struct WitnessOptions: ParsableArguments {
    @Argument(help: "The witness's folder; made where it is missing.") var folder: String
    @Option(help: ArgumentHelp("Name of a new witness's key.", valueName: "name"))
    var name: String?
    @Option(help: ArgumentHelp("A log to trust from now on: its public key.", valueName: "pub"))
    var log: [String] = []
    @OptionGroup var output: OutputOptions

    /// Opens the folder for this process alone.
    func open() throws -> (folder: WitnessFolder, witness: Witness) {
        let folder = WitnessFolder(folder)
        try folder.makeIfMissing(name: name)
        try folder.lock()
        if !log.isEmpty { try folder.trust(log) }
        return (folder, try Witness(key: try folder.key(), logs: try folder.logs()))
    }
}

struct AuditWitnessServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answers C2SP `add-checkpoint` over HTTP until it is stopped.",
        discussion: "Plain HTTP: put a proxy with TLS in front of it for other hosts."
    )

    @OptionGroup var options: WitnessOptions
    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen = "127.0.0.1:8731"

    func run() throws {
        var (folder, witness) = try options.open()
        let parts = listen.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            let socket = Connection.open(
                host: String(parts[0]),
                port: String(parts[1]),
                isListening: true,
                { descriptor, address, length in
                    var isOn: Int32 = 1
                    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, 4)
                    return bind(descriptor, address, length) == 0
                        && Glibc.listen(descriptor, 64) == 0
                }
            )
        else {
            throw Complaint(
                kind: .cannotCreate,
                code: "witness.cannotListen",
                message: "cannot listen on `\(listen)`",
                hint: "choose another port with `--listen HOST:PORT`"
            )
        }
        let terminal = options.output.terminal
        terminal.note("witness \(witness.verifier)")
        terminal.note("listening on \(listen)")
        while true {
            let descriptor = accept(socket, nil, nil)
            guard descriptor >= 0 else { continue }
            // One at a time, five seconds each: a slow log waits, and loses nothing.
            let connection = Connection(descriptor: descriptor, seconds: 5)
            connection.write(Self.answer(connection.read(), witness, &folder))
        }
    }

    static func answer(
        _ request: HTTPMessage.Parsed?,
        _ witness: Witness,
        _ folder: inout WitnessFolder
    ) -> [UInt8] {
        guard let request else { return HTTPMessage.answer(400, type: "text/plain", "malformed\n") }
        guard request.start[1].hasSuffix("/add-checkpoint") else {
            return HTTPMessage.answer(404, type: "text/plain", "there is only add-checkpoint\n")
        }
        guard request.start[0] == "POST" else {
            return HTTPMessage.answer(405, type: "text/plain", "POST only\n")
        }
        let now = UInt64(clamping: SystemClock().now().microseconds / 1_000_000)
        switch witness.answer(request.body, timestamp: now, store: &folder) {
        case .cosigned(let line): return HTTPMessage.answer(200, type: "text/plain", line)
        case .knows(let size):
            return HTTPMessage.answer(409, type: "text/x.tlog.size", "\(size)\n")
        case .refused(let why):
            return HTTPMessage.answer(why.status, type: "text/plain", "\(why.rawValue)\n")
        }
    }
}

struct AuditWitnessAnswer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer",
        abstract: "Answers one request from a file, for a witness without a network."
    )

    @OptionGroup var options: WitnessOptions
    @Argument(help: "What `audit cosign --request` wrote; `-` is stdin.") var request: String
    @Option(
        help: ArgumentHelp("Where to write the cosignature; default stdout.", valueName: "file")
    )
    var out = "-"

    func run() throws {
        var (folder, witness) = try options.open()
        let now = UInt64(clamping: SystemClock().now().microseconds / 1_000_000)
        switch witness.answer(try Files.read(request), timestamp: now, store: &folder) {
        case .cosigned(let line): try Files.deliver(Array(line.utf8), to: out)
        case .knows(let size):
            throw Complaint(
                kind: .badInput,
                code: "witness.knowsAnotherSize",
                message: "this witness has cosigned \(size) entries of that log",
                hint: "write the request again with `audit cosign --from \(size)`"
            )
        case .refused(let why):
            let isFork = why == .forked || why == .notConsistent
            throw Complaint(
                kind: isFork ? .integrity : .badInput,
                code: "witness.\(why.rawValue)",
                message: isFork
                    ? "the log does not extend what this witness has seen of it"
                    : "the request is not accepted: \(why.rawValue)",
                hint: isFork
                    ? "keep the file: it is evidence" : "check the request and the log's key"
            )
        }
    }
}
