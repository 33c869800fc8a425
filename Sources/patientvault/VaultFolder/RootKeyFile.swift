internal import Guard
internal import GuardStore
internal import Sealing
internal import VaultCore

/// The root key's file, and its successor while the root key is replaced.
///
/// Order: `root.key.next` is durable; the Guard wraps its ring under the new root in one commit; the next
/// file's hash stands in `files.sum`; it takes the old one's place.
///
/// CRASH: before the commit the old file opens the ring and the next one is thrown away; after it only the
/// next one does, and the next start finishes what is left.
struct RootKeyFile {
    let folder: VaultFolder

    /// The file that opens the ring, with its key; finishes or undoes what a crash left.
    func open(
        _ passphrase: PassphraseInput,
        storage: SQLiteGuardStorage
    ) throws -> (vault: VaultID, root: SecretKey) {
        try open(try passphrase.read(), storage: storage)
    }

    /// The same for a passphrase that was given already.
    func open(
        _ secret: SecretBytes,
        storage: SQLiteGuardStorage
    ) throws -> (vault: VaultID, root: SecretKey) {
        let file = try PassphraseFile(parsing: try Files.readText(folder.keyFile))
        guard Files.exists(folder.nextKeyFile) else {
            return (file.vault, try Self.key(file, secret))
        }
        if let root = try? Self.key(file, secret),
            try GuardCore.opensRing(storage, root: root, vault: file.vault)
        {
            Files.remove(folder.nextKeyFile)
            return (file.vault, root)
        }
        // The new file may have the new passphrase, the old one the old.
        let next = try PassphraseFile(parsing: try Files.readText(folder.nextKeyFile))
        let root = try Self.key(next, secret)
        guard try GuardCore.opensRing(storage, root: root, vault: next.vault) else {
            throw WrongPassphrase()
        }
        try finish()
        return (next.vault, root)
    }

    /// Writes the next file; it opens nothing yet.
    func prepare(
        _ root: SecretKey,
        passphrase: SecretBytes,
        vault: VaultID,
        cost: PassphraseFile.Cost
    )
        throws
    {
        let next = try PassphraseFile(
            sealing: root,
            passphrase: passphrase,
            vault: vault,
            cost: cost,
            random: SystemRandom()
        )
        // What does not open again must not replace what does.
        guard
            try PassphraseFile(parsing: next.text).open(passphrase: passphrase, vault: vault)
                == root
        else { throw WrongPassphrase() }
        try Files.replace(folder.nextKeyFile, Array(next.text.utf8))
    }

    /// Puts the next file in the place of the old one.
    func finish() throws {
        let next = try Files.read(folder.nextKeyFile)
        try Files.replace(folder.sums, Array(try folder.currentSums(keyFile: next).utf8))
        try Files.replace(folder.keyFile, next)
        Files.remove(folder.nextKeyFile)
        Files.syncFolder(of: folder.keyFile)
    }

    private static func key(_ file: PassphraseFile, _ passphrase: SecretBytes) throws -> SecretKey {
        do { return try file.open(passphrase: passphrase, vault: file.vault) } catch SealingError
            .authenticationFailed
        { throw WrongPassphrase() }
    }
}
