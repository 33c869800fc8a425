internal import Crypto
internal import FoundationEssentials
public import VaultCore

/// Ed25519 signatures of principals and officers over canonical requests.
///
/// Source: RFC 8032; deterministic, 64-byte signatures, 32-byte public keys.
public enum Signing {
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
    /// - Throws: ``SealingError/authenticationFailed`` where the seed cannot be used.
    public static func publicKey(of privateKey: SecretKey) throws(SealingError) -> [UInt8] {
        Array(try unwrapped(privateKey).publicKey.rawRepresentation)
    }

    /// Signs a message.
    ///
    /// - Parameters:
    ///   - message: Any bytes.
    ///   - privateKey: 32 bytes of seed.
    /// - Returns: 64 bytes.
    /// - Throws: ``SealingError/authenticationFailed`` where the seed cannot be used.
    public static func sign(
        _ message: [UInt8],
        with privateKey: SecretKey
    ) throws(SealingError) -> [UInt8] {
        do { return Array(try unwrapped(privateKey).signature(for: message)) } catch {
            throw .authenticationFailed
        }
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
        guard signature.count == 64,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        else { return false }
        return key.isValidSignature(signature, for: message)
    }

    private static func unwrapped(
        _ key: SecretKey
    ) throws(SealingError) -> Curve25519.Signing.PrivateKey {
        let made = unsafe key.withBytes { bytes in
            try? unsafe Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        }
        guard let made else { throw .authenticationFailed }
        return made
    }
}
