internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import GuardStore
internal import Sealing
internal import Vault
internal import VaultCore

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a vault from a backup, and verifies all of it.",
        discussion: """
            Patients that the log names erased stay erased, whatever the keys' part still holds. With --records \
            the ciphertext comes from another, older backup; with --keys the patients' keys from a newer one. \
            The restore is an entry. Exits with 4 where the verification finds anything, and where checkpoints \
            beside the new folder, --checkpoint or the witnesses of its `.witnesses` file know a longer log: then \
            a privacy officer (--as) and a --second person go on under a new origin that names what is lost.
            """
    )

    @Argument(help: "The backup.") var file: String
    @Option(
        help: ArgumentHelp(
            "The custodians' private keys; default <vault>.custody.",
            valueName: "dir"
        )
    )
    var custody: [String] = []
    @Option(help: ArgumentHelp("Another backup to take the ciphertext from.", valueName: "file"))
    var records: String?
    @Option(
        help: ArgumentHelp("Another backup to take the patients' keys from.", valueName: "file")
    )
    var keys: String?
    @Option(help: ArgumentHelp("A checkpoint that was kept elsewhere.", valueName: "file"))
    var checkpoint: [String] = []
    @Option(
        help: ArgumentHelp("Where the log's tail is lost: the second person.", valueName: "keyfile")
    )
    var second: String?
    @Option(help: ArgumentHelp("Where the log's tail is lost: why.", valueName: "r"))
    var reason = "the newest backup is older than the log was"
    @OptionGroup var options: VaultOptions

    func run() throws {
        let folder = options.folder
        guard !Files.exists(folder.path) else {
            throw Complaint(
                kind: .cannotCreate,
                code: "vault.exists",
                message: "`\(folder.path)` exists already",
                hint: "restore into a new folder: `--vault DIR`"
            )
        }
        // CRASH: leaves a folder whose name ends in `.restoring-…`, which can be deleted.
        let making = VaultFolder("\(folder.path).restoring-\(getpid())")
        try Files.makeFolder(making.path)
        do {
            let head = try unpack(into: making.path)
            let withheld = try installKeys(making)
            let search = TailSearch(
                place: folder,
                checkpoints: checkpoint,
                passphrase: options.passphrase,
                terminal: options.terminal
            )
            let check = try search.look(at: making)
            try check.close()
            let decision = try check.lost.map { try persons(losing: $0) }
            guard rename(making.path, folder.path) == 0 else {
                throw Complaint.cannotCreate(folder.path, code: errno)
            }
            let gap = try decision.map {
                try search.goOn(try search.look(at: folder), in: folder, $0)
            }
            try report(head, withheld, gap)
        } catch {
            Files.removeFolder(making.path)
            throw error
        }
    }

    /// Who goes on without the lost entries; without two persons nothing is restored.
    private func persons(losing lost: ClosedRange<UInt64>) throws -> TailSearch.Decision {
        guard let second, case .principal(let first) = try options.acting() else {
            throw Complaint(
                kind: .integrity,
                code: "restore.tailLost",
                message:
                    "entries \(lost.lowerBound) to \(lost.upperBound) of the log are not in this backup",
                hint:
                    "find a newer backup, or give `--as` a privacy officer's key and `--second` another's"
            )
        }
        return TailSearch.Decision(
            first: first,
            second: try KeyFile(reading: second),
            reason: reason
        )
    }

    private func privateKeys() throws -> [CustodyPrivateKey] {
        let folders = custody.isEmpty ? [options.folder.custodyFolder] : custody
        return try folders.flatMap { try CustodyFolder(path: $0).keys() }
    }

    private func unpack(into path: String) throws -> BackupFile.Head {
        let secrets = try privateKeys()
        var isThere: Set<BackupPart> = []
        func take(_ file: String, _ wanted: Set<BackupPart>) throws -> BackupFile.Head {
            var unpacking: [BackupUnpacking] = []
            let head = try BackupFile.open(file, keys: secrets) { part in
                guard wanted.contains(part) else { return nil }
                isThere.insert(part)
                let sink = BackupUnpacking(into: path)
                unpacking.append(sink)
                return { try sink.take($0) }
            }
            for sink in unpacking { try sink.finish() }
            return head
        }
        var wanted = Set(BackupPart.allCases)
        if records != nil { wanted.remove(.records) }
        if keys != nil { wanted.remove(.keys) }
        let head = try take(file, wanted)
        if let records { _ = try take(records, [.records]) }
        if let keys { _ = try take(keys, [.keys]) }
        guard isThere.count == BackupPart.allCases.count else {
            throw Complaint.badInput(
                "the backup has not all three parts",
                hint: "name the others with `--records FILE` and `--keys FILE`"
            )
        }
        return head
    }

    private func installKeys(_ making: VaultFolder) throws -> Int {
        let storage = try SQLiteGuardStorage(path: making.guardFile, creating: false)
        let opened = try RootKeyFile(folder: making).open(options.passphrase, storage: storage)
        let path = making.path + "/keys"
        let withheld = try GuardCore.importKeys(
            try Files.read(path),
            into: storage,
            root: opened.root,
            vault: opened.vault
        )
        try storage.close()
        Files.remove(path)
        return withheld
    }

    private func report(
        _ head: BackupFile.Head,
        _ withheld: Int,
        _ gap: NewOriginAnswer?
    ) throws {
        try options.withVault { vault in
            try vault.localGuard().recordRestore(
                made: head.time,
                withheld: withheld,
                // The officers signed for what is lost; whoever holds the passphrase restores.
                by: gap == nil
                    ? try vault.caller(for: ["kind": "keys", "action": "restore"]) : .operator,
                context: vault.context
            )
        }
        let finding = try Verify.finding(options)
        let terminal = options.terminal
        if terminal.isJSON {
            terminal.answer([
                "ok": .bool(finding.isClean), "made": .string(head.time.description),
                "logSize": .int(Int64(clamping: head.logSize)),
                "keysWithheld": .int(Int64(withheld)), "newOrigin": gap?.json ?? .null,
                "verify": finding.json,
            ])
        } else {
            terminal.say("restored as of \(head.time.description)")
            gap?.say(on: terminal)
            Verify.show(finding, on: terminal)
        }
        if !finding.isClean { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }
}
