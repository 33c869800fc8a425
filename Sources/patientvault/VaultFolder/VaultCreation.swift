internal import Consent
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import GuardStore
internal import Records
internal import Sealing
internal import VaultCore

/// Makes a vault: under another name first, so that a crash never leaves half of one in its place.
struct VaultCreation {
    /// What `init` tells.
    struct Made {
        var vault: VaultID
        var checkpoint: String
        var publicKey: String
    }

    let folder: VaultFolder
    let isDemo: Bool

    /// Refuses what would overwrite something.
    func requireFree(_ keyPath: String) throws {
        if Files.exists(folder.path), !isEmptyFolder {
            throw Complaint(
                kind: .cannotCreate,
                code: "vault.exists",
                message: folder.exists
                    ? "there is a vault at `\(folder.path)` already"
                    : "`\(folder.path)` exists and is not empty",
                hint: "choose another folder"
            )
        }
        for path in [keyPath, folder.checkpointFile] where Files.exists(path) {
            throw Complaint.cannotCreate(path, code: EEXIST)
        }
    }

    private var isEmptyFolder: Bool {
        Files.isFolder(folder.path) && Files.names(in: folder.path).isEmpty
    }

    /// Makes the vault.
    ///
    /// - Parameters:
    ///   - passphrase: Wraps the root key.
    ///   - keepAdministrator: Gets the first administrator's key.
    /// - Returns: Id, first checkpoint and public key.
    /// - Throws: A ``Failure``; then there is no vault.
    ///
    /// CRASH: leaves a folder whose name ends in `.making-…`, which can be deleted, and perhaps an
    /// administrator's key that opens nothing.
    func run(
        passphrase: SecretBytes,
        keepAdministrator: (KeyFile) throws -> Void
    ) throws -> Made {
        let random = SystemRandom()
        let making = VaultFolder("\(folder.path).making-\(getpid())")
        guard let vault = VaultID(bytes: random.bytes(16)),
            let name = PrincipalID("administrator")
        else { preconditionFailure("16 bytes and a literal id") }
        try Files.makeFolder(making.path)
        do {
            let shipped = try PolicyFolder.shipped()
            let rules = try shipped.rules()
            let root = try SecretKey.random(from: random)
            let key = KeyFile(
                vault: vault,
                principal: name,
                privateKey: try Signing.newPrivateKey(random: random)
            )
            try shipped.copy(to: making.policies)
            let wrapped = try PassphraseFile(
                sealing: root,
                passphrase: passphrase,
                vault: vault,
                cost: isDemo ? .interactive : .moderate,
                random: random
            )
            try Files.create(making.keyFile, Array(wrapped.text.utf8))
            let made = try fill(making, root: root, vault: vault, administrator: key, rules: rules)
            try Files.create(making.sums, Array(try making.currentSums().utf8))
            try keepAdministrator(key)
            try Files.create(folder.checkpointFile, mode: 0o644, Array(made.checkpoint.utf8))
            guard rename(making.path, folder.path) == 0 else {
                unlink(folder.checkpointFile)
                throw Complaint.cannotCreate(folder.path, code: errno)
            }
            Files.syncFolder(of: folder.path)
            return made
        } catch {
            Files.removeFolder(making.path)
            throw error
        }
    }

    private func fill(
        _ making: VaultFolder,
        root: SecretKey,
        vault: VaultID,
        administrator: KeyFile,
        rules: PolicySet
    ) throws -> Made {
        let records = try SQLiteRecordStore(path: making.recordsFile, vault: vault, mode: .create)
        try records.close()
        let storage = try SQLiteGuardStorage(path: making.guardFile, creating: true)
        let core = try GuardCore.create(
            storage: storage,
            root: root,
            vault: vault,
            administrator: Principal(
                id: administrator.principal,
                name: "first administrator",
                requester: Requester(kind: .administrator, principal: administrator.principal),
                publicKey: try Signing.publicKey(of: administrator.privateKey)
            ),
            policies: rules,
            isDemo: isDemo,
            clock: SystemClock(),
            random: SystemRandom()
        )
        let made = Made(
            vault: vault,
            checkpoint: try core.checkpoint(),
            publicKey: core.verifierKey
        )
        try core.seal()
        return made
    }
}

extension Files {
    /// Removes a folder that this process has made, with all that is in it.
    static func removeFolder(_ path: String) {
        for name in names(in: path) {
            let inner = "\(path)/\(name)"
            var status = stat()
            guard lstat(inner, &status) == 0 else { continue }
            if (status.st_mode & S_IFMT) == S_IFDIR { removeFolder(inner) } else { unlink(inner) }
        }
        rmdir(path)
    }
}
