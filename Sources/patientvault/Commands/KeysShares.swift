internal import ArgumentParser
internal import Guard
internal import GuardStore
internal import Sealing
internal import Vault
internal import VaultCore

struct KeysSplit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Writes shares of a new root key for custodians; nothing changes yet.",
        discussion: """
            Each file goes to one custodian and is deleted here. The new root key counts, and shares given \
            out before open nothing any more, when every share was given back to `keys combine`.
            """
    )

    @Option(help: ArgumentHelp("How many shares.", valueName: "n")) var shares = 5
    @Option(help: ArgumentHelp("How many of them open the vault.", valueName: "k"))
    var threshold = 3
    @Option(help: ArgumentHelp("A folder for the shares; made if missing.", valueName: "dir"))
    var out: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let (vault, set) = try options.withVault { open in
            _ = try open.root()
            let vault = open.core.vault
            let made = try KeyShares.split(
                try SecretKey.random(from: SystemRandom()),
                vault: vault,
                count: shares,
                threshold: threshold,
                random: SystemRandom()
            )
            return (vault, made)
        }
        if !Files.isFolder(out) { try Files.makeFolder(out) }
        let paths = set.map { "\(out)/share-\($0.number)" }
        for (share, path) in zip(set, paths) { try Files.create(path, Array(share.text.utf8)) }
        // What lies there now is what custodians get.
        _ = try ShareSet(reading: paths).root(of: vault)
        let terminal = options.terminal
        if terminal.isJSON {
            return terminal.answer([
                "shares": .strings(paths), "threshold": .int(Int64(threshold)),
            ])
        }
        for path in paths { terminal.say(path) }
        terminal.note(
            "hand out each, then collect all of them: `patientvault keys combine SHARE…` makes them count"
        )
    }
}

struct KeysCombine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "combine",
        abstract:
            "Takes shares back: makes new ones count, or sets a new passphrase by present ones.",
        discussion: """
            With all shares that `keys split` wrote: every one of them is checked, the root key is replaced \
            by theirs, and shares from before are worth nothing. With --new-passphrase-file and as many \
            present shares as open the vault: its passphrase is replaced, the lost one is not needed.
            """
    )

    @Argument(help: ArgumentHelp("Files with one share each.", valueName: "share"))
    var files: [String]
    @Option(help: ArgumentHelp("The passphrase from now on.", valueName: "file"))
    var newPassphraseFile: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard options.runningGuard == nil else { throw GuardIsElsewhere() }
        let given = try ShareSet(reading: files)
        let index = try newPassphraseFile.map { try renew(given, $0) } ?? activate(given)
        let terminal = options.terminal
        if terminal.isJSON {
            return terminal.answer([
                "ok": true, "shares": .int(Int64(given.shares.count)),
                "logIndex": .int(Int64(clamping: index)),
            ])
        }
        terminal.say(
            newPassphraseFile == nil
                ? "the new shares count; those from before open nothing any more"
                : "the new passphrase opens the vault"
        )
    }

    /// Makes the root key of new shares the vault's own.
    private func activate(_ given: ShareSet) throws -> UInt64 {
        try given.requireAll()
        return try options.withVault { vault in
            let root = try given.root(of: vault.core.vault)
            guard root != (try vault.root()) else {
                throw Complaint.badInput(
                    "these shares count already",
                    hint:
                        "`keys split` writes new ones; with --new-passphrase-file they set a passphrase"
                )
            }
            return try replaceRoot(
                with: root,
                passphrase: try vault.passphrase(),
                in: try vault.localGuard(),
                by: try vault.caller(for: ["kind": "keys", "action": "rotate-root"]),
                vault.context
            )
        }
    }

    /// Wraps the present root key by another passphrase; the shares are all the proof that there is.
    private func renew(_ given: ShareSet, _ newPassphraseFile: String) throws -> UInt64 {
        let secret = try PassphraseInput(option: newPassphraseFile).read()
        let folder = options.folder
        let vault = try PassphraseFile(parsing: try Files.readText(folder.keyFile)).vault
        let root = try given.root(of: vault)
        let storage = try SQLiteGuardStorage(path: folder.guardFile, creating: false)
        guard try GuardCore.opensRing(storage, root: root, vault: vault) else {
            throw Complaint(
                kind: .notAllowed,
                code: "shares.wrong",
                message: "these shares do not open this vault",
                hint: "shares of before the root key was last replaced are worth nothing"
            )
        }
        let policies = PolicyFolder(folder.policies)
        let core = try GuardCore.unseal(
            storage: storage,
            root: root,
            vault: vault,
            witnessed: try folder.witnessedCheckpoint(),
            policies: try policies.rules(),
            limits: try policies.limits(),
            clock: SystemClock(),
            random: SystemRandom()
        )
        let index = try replaceRoot(
            with: root,
            passphrase: secret,
            in: core,
            by: .operator,
            VaultOptions.context
        )
        let note = try core.checkpoint()
        try core.seal()
        try Files.replace(folder.checkpointFile, mode: 0o644, Array(note.utf8))
        return index
    }

    /// Puts the ring under a root and the root under a passphrase, with an entry.
    ///
    /// CRASH: as ``RootKeyFile`` says: exactly one of its two files opens the ring, or both do where the
    /// root is the same.
    private func replaceRoot(
        with root: SecretKey,
        passphrase: SecretBytes,
        in core: GuardCore,
        by caller: Caller,
        _ context: CallContext
    ) throws -> UInt64 {
        let file = RootKeyFile(folder: options.folder)
        try file.prepare(
            root,
            passphrase: passphrase,
            vault: core.vault,
            cost: core.isDemo ? .interactive : .moderate
        )
        let receipt = try core.rotateRoot(to: root, by: caller, context: context)
        try file.finish()
        return receipt.index
    }
}

/// Shares of one set, as they came back in files.
struct ShareSet {
    let shares: [KeyShare]

    init(reading paths: [String]) throws {
        var found: [KeyShare] = []
        for path in paths {
            let share = try KeyShare(parsing: try Files.readText(path))
            guard !found.contains(where: { $0.number == share.number && $0.set == share.set })
            else {
                throw Complaint.badInput(
                    "`\(path)` holds a share that was given already",
                    hint: "give every share once"
                )
            }
            found.append(share)
        }
        shares = found
    }

    /// Refuses where a share of the set is missing: one that nobody gave back may be lost already.
    func requireAll() throws {
        guard let first = shares.first, shares.count < first.count else { return }
        throw Complaint.badInput(
            "\(shares.count) of \(first.count) shares were given; all are needed to make them count",
            hint: "the vault is as it was; collect all, or make new ones with `keys split`"
        )
    }

    /// The key of the shares, the same for every run of neighbours, so that each share was used.
    func root(of vault: VaultID) throws -> SecretKey {
        let root = try KeyShares.combine(shares, vault: vault)
        let need = shares[0].threshold
        for first in shares.indices {
            let some = (0..<need).map { shares[(first + $0) % shares.count] }
            guard try KeyShares.combine(some, vault: vault) == root else {
                throw SealingError.sharesDisagree
            }
        }
        return root
    }
}
