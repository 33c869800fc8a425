public import VaultCore

/// A password as it is kept: stretched with Argon2id under a salt of its own, never to be turned back.
///
/// Cost: 64 MiB and 3 passes, a tenth of a second; the numbers stand beside the hash, so that later ones may cost
/// more. Source: Argon2id, RFC 9106, by libsodium's `crypto_pwhash`.
public struct PasswordHash: Sendable, Hashable {
    private static let passes: UInt64 = 3
    private static let memory: UInt64 = 64 << 20
    private static let allowedPasses: ClosedRange<UInt64> = 1...16
    private static let allowedMemory: ClosedRange<UInt64> = (16 << 20)...(1 << 30)
    private static let byteCount = 32

    private let passes: UInt64
    private let memory: UInt64
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Stretches a new password.
    ///
    /// - Parameters:
    ///   - password: As its owner typed it.
    ///   - random: Gives the salt.
    /// - Throws: ``SealingError/outOfMemory``, ``SealingError/memoryNotLocked`` or
    ///   ``SealingError/libraryUnavailable``.
    public init(of password: SecretBytes, random: some RandomSource) throws(SealingError) {
        (passes, memory) = (Self.passes, Self.memory)
        salt = random.bytes(16)
        hash = try Self.stretch(password, passes, memory, salt).copiedBytes
    }

    /// The hash of no password at all: comparing with it takes as long as with any other and always fails.
    ///
    /// - Parameter random: Gives salt and hash.
    public init(decoyFrom random: some RandomSource) {
        (passes, memory) = (Self.passes, Self.memory)
        salt = random.bytes(16)
        hash = random.bytes(Self.byteCount)
    }

    /// Reads a kept hash; `nil` for anything that ``json`` does not write, or that would cost too much.
    ///
    /// - Parameter json: As ``json`` gave it.
    public init?(json: JSONValue) {
        guard let passes = json["passes"]?.int.flatMap({ UInt64(exactly: $0) }),
            let memory = json["memory"]?.int.flatMap({ UInt64(exactly: $0) }),
            Self.allowedPasses.contains(passes), Self.allowedMemory.contains(memory),
            let salt = json["salt"]?.string.flatMap({ Base64.decode($0) }), salt.count == 16,
            let hash = json["hash"]?.string.flatMap({ Base64.decode($0) }),
            hash.count == Self.byteCount
        else { return nil }
        self.passes = passes
        self.memory = memory
        self.salt = salt
        self.hash = hash
    }

    /// The hash as it is kept, sealed.
    public var json: JSONValue {
        [
            "passes": .int(Int64(passes)), "memory": .int(Int64(memory)),
            "salt": .string(Base64.encode(salt)), "hash": .string(Base64.encode(hash)),
        ]
    }

    /// Whether a password is the one; takes as long either way.
    ///
    /// - Parameter password: As somebody typed it.
    /// - Returns: Whether it is.
    /// - Throws: As ``init(of:random:)``.
    public func matches(_ password: SecretBytes) throws(SealingError) -> Bool {
        try Self.stretch(password, passes, memory, salt) == SecretKey(copying: hash)
    }

    private static func stretch(
        _ password: SecretBytes,
        _ passes: UInt64,
        _ memory: UInt64,
        _ salt: [UInt8]
    ) throws(SealingError) -> SecretKey {
        try PassphraseFile.stretch(password, passes: passes, memory: memory, salt: salt)
    }
}

extension SecretKey {
    fileprivate var copiedBytes: [UInt8] { unsafe withBytes { bytes in unsafe Array(bytes) } }
}
