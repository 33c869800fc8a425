internal import CSodium
public import VaultCore

/// The text file that holds the root key, sealed under a passphrase.
///
/// Five lines, each ended by a line feed, in exactly this form:
/// ```
/// patientvault-keyfile/1
/// vault <32 hexadecimal digits>
/// argon2id13 passes=<n> memory=<bytes>
/// salt <16 bytes in base64>
/// key <the wrapped key, 61 bytes in base64>
/// ```
/// The first four lines are authenticated along with the key. A wrong passphrase and altered bytes give
/// the same error. A second way to wrap the root key (shares, a service credential) gets a first line
/// of its own.
///
/// Source: Argon2id, RFC 9106, by libsodium's `crypto_pwhash`.
public struct PassphraseFile: Sendable {
    /// How much work one guess costs.
    public enum Cost: Sendable, Hashable {
        /// 256 MiB and 3 passes, a third of a second: what vaults use.
        case moderate
        /// 64 MiB and 2 passes, 40 ms: for tests and demonstrations.
        case interactive
    }

    private static let firstLine = "patientvault-keyfile/1"
    private static let saltByteCount = 16
    private static let allowedPasses: ClosedRange<UInt64> = 1...16
    private static let allowedMemory: ClosedRange<UInt64> = (64 << 20)...(1 << 30)

    /// Which vault the key opens; readable without the passphrase.
    public let vault: VaultID
    internal let passes: UInt64
    internal let memory: UInt64
    internal let salt: [UInt8]
    internal let wrappedKey: [UInt8]

    /// Seals a root key under a passphrase.
    ///
    /// - Parameters:
    ///   - rootKey: The key to seal.
    ///   - passphrase: What its owner will type.
    ///   - vault: The vault whose root key it is.
    ///   - cost: How much work one guess costs.
    ///   - random: Gives salt and nonce.
    /// - Throws: ``SealingError/outOfMemory``, ``SealingError/memoryNotLocked`` or
    ///   ``SealingError/libraryUnavailable``.
    public init(
        sealing rootKey: SecretKey,
        passphrase: SecretBytes,
        vault: VaultID,
        cost: Cost = .moderate,
        random: some RandomSource
    ) throws(SealingError) {
        self.vault = vault
        (passes, memory) =
            switch cost {
            case .moderate: (3, 256 << 20)
            case .interactive: (2, 64 << 20)
            }
        salt = random.bytes(Self.saltByteCount)
        let header = Self.header(vault: vault, passes: passes, memory: memory, salt: salt)
        let stretched = try Self.stretch(passphrase, passes: passes, memory: memory, salt: salt)
        wrappedKey = try KeyWrap.wrap(
            rootKey,
            under: stretched,
            context: Array(header.utf8),
            random: random
        )
    }

    /// Reads the text of a passphrase file; costs nothing and needs no passphrase.
    ///
    /// - Parameter text: The whole file.
    /// - Throws: ``SealingError/malformedKeyFile`` for anything that is not in the one canonical form, or
    ///   ``SealingError/keyFileTooCostly`` where the parameters are out of bounds.
    public init(parsing text: String) throws(SealingError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == Self.firstLine, lines[5].isEmpty else {
            throw .malformedKeyFile
        }
        let words = lines[1...4].map { $0.split(separator: " ", omittingEmptySubsequences: false) }
        guard words.map(\.count) == [2, 3, 2, 2], words[0][0] == "vault",
            words[1][0] == "argon2id13", words[2][0] == "salt", words[3][0] == "key",
            let vault = Hex.decode(words[0][1]).flatMap({ VaultID(bytes: $0) }),
            let passes = Self.number(words[1][1], after: "passes="),
            let memory = Self.number(words[1][2], after: "memory="),
            let salt = Base64.decode(words[2][1]), salt.count == Self.saltByteCount,
            let wrappedKey = Base64.decode(words[3][1]),
            wrappedKey.count == KeyWrap.wrappedByteCount
        else { throw .malformedKeyFile }
        guard Self.allowedPasses.contains(passes), Self.allowedMemory.contains(memory) else {
            throw .keyFileTooCostly
        }
        self.vault = vault
        self.passes = passes
        self.memory = memory
        self.salt = salt
        self.wrappedKey = wrappedKey
        // One form only: no sign, leading zero or upper-case digit slips through.
        guard Array(self.text.utf8) == Array(text.utf8) else { throw .malformedKeyFile }
    }

    /// The file's contents; no secret without the passphrase.
    public var text: String { header + "key \(Base64.encode(wrappedKey))\n" }

    /// Opens the root key.
    ///
    /// - Parameters:
    ///   - passphrase: What the owner typed.
    ///   - vault: The vault that is to be opened.
    /// - Returns: The root key.
    /// - Throws: ``SealingError/otherVault``, ``SealingError/authenticationFailed`` for a wrong passphrase
    ///   or altered bytes, ``SealingError/outOfMemory`` or ``SealingError/memoryNotLocked``.
    public func open(
        passphrase: SecretBytes,
        vault: VaultID
    ) throws(SealingError) -> SecretKey {
        guard vault == self.vault else { throw .otherVault }
        let stretched = try Self.stretch(passphrase, passes: passes, memory: memory, salt: salt)
        return try open(stretched: stretched)
    }

    /// Opens the root key with the passphrase stretched already.
    internal func open(stretched: SecretKey) throws(SealingError) -> SecretKey {
        do throws(SealingError) {
            return try KeyWrap.unwrap(wrappedKey, under: stretched, context: Array(header.utf8))
        } catch .unsupportedVersion {
            // The file's first line says which form it has; another wrapping is an altered one.
            throw .authenticationFailed
        }
    }

    internal static func stretch(
        _ passphrase: SecretBytes,
        passes: UInt64,
        memory: UInt64,
        salt: [UInt8]
    ) throws(SealingError) -> SecretKey {
        guard Sodium.isReady else { throw .libraryUnavailable }
        var status: Int32 = -1
        let key = try unsafe SecretKey(filling: { key in
            unsafe passphrase.withBytes { secret in
                let start = unsafe UnsafeRawPointer(secret.bytePointer)
                status = unsafe crypto_pwhash(
                    key.start.assumingMemoryBound(to: UInt8.self),
                    UInt64(key.count),
                    start.assumingMemoryBound(to: CChar.self),
                    UInt64(secret.count),
                    salt,
                    passes,
                    Int(memory),
                    crypto_pwhash_ALG_ARGON2ID13
                )
            }
        })
        guard status == 0 else { throw .outOfMemory }
        return key
    }

    private var header: String {
        Self.header(vault: vault, passes: passes, memory: memory, salt: salt)
    }

    private static func header(
        vault: VaultID,
        passes: UInt64,
        memory: UInt64,
        salt: [UInt8]
    ) -> String {
        """
        \(firstLine)
        vault \(vault)
        argon2id13 passes=\(passes) memory=\(memory)
        salt \(Base64.encode(salt))

        """
    }

    private static func number(_ text: Substring, after prefix: String) -> UInt64? {
        text.hasPrefix(prefix) ? UInt64(text.dropFirst(prefix.count)) : nil
    }
}
