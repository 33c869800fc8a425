internal import ArgumentParser
internal import Guard
internal import GuardStore
internal import Records
internal import Sealing
internal import Vault
internal import VaultCore

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Writes a sealed backup in three parts, while the vault is in use, and reads it back.",
        discussion: """
            records: the ciphertext. guard: log, state, policies and the root key's file. keys: the patients' \
            wrapped keys. Each is sealed (HPKE, X-Wing) to a custodian's key; the first backup makes the three \
            and leaves the private ones in the custody folder: move each to a custodian of its own.
            """
    )

    @Argument(help: "The file to write; must not exist.") var file: String
    @Option(
        help: ArgumentHelp(
            "Private keys of new custodians; default <vault>.custody.",
            valueName: "dir"
        )
    )
    var custody: String?
    @Flag(help: "The patients' keys alone: small, and due after each erasure.") var keysOnly = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            let custodians = CustodyFolder(path: custody ?? options.folder.custodyFolder)
            var custodies: [BackupPart: Custody] = [:]
            var isNew = false
            for part in BackupPart.allCases {
                if let known = try vault.localGuard().custody(
                    of: part,
                    by: .operator
                ) {
                    custodies[part] = known
                } else {
                    custodies[part] = try custodians.makeKey(part, for: vault)
                    isNew = true
                }
            }
            let head = try write(vault, custodies)
            let terminal = options.terminal
            if terminal.isJSON {
                return terminal.answer([
                    "ok": true, "file": .string(file),
                    "logSize": .int(Int64(clamping: head.logSize)),
                    "bytes": .int(Int64(try ByteStream.size(of: file))),
                    "newCustodyKeys": .bool(isNew),
                ])
            }
            terminal.say("written and read back: `\(file)`")
            if isNew {
                terminal.note(
                    "new private keys lie in `\(custodians.path)`: move each to its custodian"
                )
            }
        }
    }

    private func write(_ vault: OpenVault, _ custodies: [BackupPart: Custody]) throws -> BackupHead
    {
        // CRASH: leaves files whose names end in `.backup-…` beside the vault, which can be deleted.
        let guardCopy = "\(options.folder.path).backup-guard"
        let recordCopy = "\(options.folder.path).backup-records"
        let clean = { for path in [guardCopy, recordCopy] { Files.remove(path) } }
        clean()
        defer { clean() }
        let copied = try vault.localGuard().export(
            to: guardCopy,
            by: try vault.caller(for: ["kind": "keys", "action": "backup"]),
            context: vault.context
        ) {
            if !keysOnly { try vault.service.records.backup(to: recordCopy) }
        }
        var names = ["root.key", "files.sum"]
        names += PolicyFolder(vault.folder.policies).files.map { "policies/\($0)" }
        let state: [(String, BackupArchive.Source)] =
            [("guard.sqlite", .file(guardCopy))]
            + names.map { ($0, .file("\(vault.folder.path)/\($0)")) }
        let contents: [BackupPart: [(String, BackupArchive.Source)]] = [
            .records: [("records.sqlite", .file(recordCopy))], .guard: state,
            .keys: [("keys", .bytes(copied.keys))],
        ]
        let parts = BackupPart.allCases.filter { $0 == .keys || !keysOnly }.compactMap { part in
            custodies[part].map { custody in
                BackupFile.Part(
                    part: part,
                    custody: custody,
                    archive: BackupArchive(members: contents[part] ?? [])
                )
            }
        }
        try BackupFile.write(parts, head: copied.head, vault: vault.core.vault, to: file)
        return copied.head
    }
}
