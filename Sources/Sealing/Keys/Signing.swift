internal import CSodium
public import VaultCore

/// Ed25519 signatures of principals and officers over canonical requests.
///
/// By libsodium, whose check takes half the time of swift-crypto's; it refuses non-canonical signatures
/// and public keys of small order.
///
/// Source: RFC 8032; deterministic, 64-byte signatures, 32-byte public keys.
public enum Signing {
    /// Bytes of a public key.
    public static let publicKeyByteCount = 32
    /// Bytes of a signature.
    public static let signatureByteCount = 64

    /// Makes a fresh private key.
    ///
    /// - Parameter random: Gives the seed.
    /// - Returns: 32 bytes of seed, in locked memory.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func newPrivateKey(
        random: some RandomSource = SystemRandom()
    ) throws(SealingError) -> SecretKey {
        try SecretKey.random(from: random)
    }

    /// The public half of a private key.
    ///
    /// - Parameter privateKey: 32 bytes of seed.
    /// - Returns: 32 bytes.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func publicKey(of privateKey: SecretKey) throws(SealingError) -> [UInt8] {
        try Signer(privateKey: privateKey).publicKey
    }

    /// Signs a message; ``Signer`` does so twice as fast where one key signs often.
    ///
    /// - Parameters:
    ///   - message: Any bytes.
    ///   - privateKey: 32 bytes of seed.
    /// - Returns: 64 bytes.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func sign(
        _ message: [UInt8],
        with privateKey: SecretKey
    ) throws(SealingError) -> [UInt8] {
        try Signer(privateKey: privateKey).sign(message)
    }

    /// Checks a signature.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes.
    ///   - message: What was signed.
    ///   - publicKey: 32 bytes.
    /// - Returns: `false` for anything that does not hold, malformed input included.
    public static func isValid(
        _ signature: [UInt8],
        for message: [UInt8],
        publicKey: [UInt8]
    ) -> Bool {
        guard Sodium.isReady, signature.count == signatureByteCount,
            publicKey.count == publicKeyByteCount
        else { return false }
        return unsafe crypto_sign_verify_detached(
            signature,
            message,
            UInt64(message.count),
            publicKey
        ) == 0
    }
}

/// A private key with its public half computed already, in locked memory; for keys that sign often.
@safe public final class Signer: Sendable {
    private static let slab = LockedSlab(slotByteCount: 64)

    /// The public half, 32 bytes.
    public let publicKey: [UInt8]

    // Seed (32), then public key (32), as libsodium wants them.
    // SAFETY: written only in the initialiser; ours alone until deinit gives it back.
    private nonisolated(unsafe) let pair: UnsafeMutablePointer<UInt8>

    /// Prepares a private key.
    ///
    /// - Parameter privateKey: 32 bytes of seed.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(privateKey: SecretKey) throws(SealingError) {
        let pair = unsafe try Self.slab.take().assumingMemoryBound(to: UInt8.self)
        publicKey = unsafe [UInt8](
            unsafeUninitializedCapacity: Signing.publicKeyByteCount
        ) { buffer, count in
            let half = unsafe UnsafeMutableRawBufferPointer(buffer).start
            _ = unsafe privateKey.withBytes { seed in
                unsafe crypto_sign_seed_keypair(
                    half.assumingMemoryBound(to: UInt8.self),
                    pair,
                    seed.bytePointer
                )
            }
            count = Signing.publicKeyByteCount
        }
        unsafe self.pair = unsafe pair
    }

    /// Signs a message.
    ///
    /// - Parameter message: Any bytes.
    /// - Returns: 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        defer { withExtendedLifetime(self) {} }
        return unsafe [UInt8](
            unsafeUninitializedCapacity: Signing.signatureByteCount
        ) { buffer, count in
            let signature = unsafe UnsafeMutableRawBufferPointer(buffer).start
            unsafe crypto_sign_detached(
                signature.assumingMemoryBound(to: UInt8.self),
                nil,
                message,
                UInt64(message.count),
                pair
            )
            count = Signing.signatureByteCount
        }
    }

    deinit { unsafe Self.slab.giveBack(pair) }
}

extension Signer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
