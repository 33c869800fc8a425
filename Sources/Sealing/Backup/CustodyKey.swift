internal import Crypto
internal import FoundationEssentials
internal import VaultCore

/// Public half of a custodian's key: parts of a backup are sealed to it.
///
/// Source: X-Wing (ML-KEM-768 with X25519), draft-connolly-cfrg-xwing-kem; 1,216 bytes.
public struct CustodyPublicKey: Sendable, Hashable {
    /// Bytes of a key.
    public static let byteCount = 1_216
    /// The key's encoding.
    public let bytes: [UInt8]

    /// Reads a key.
    ///
    /// - Parameter bytes: 1,216 of them.
    /// - Throws: ``SealingError/invalidLength(byteCount:)``, ``SealingError/authenticationFailed`` for bytes
    ///   that are no key.
    public init(_ bytes: [UInt8]) throws(SealingError) {
        guard bytes.count == Self.byteCount else {
            throw .invalidLength(byteCount: bytes.count)
        }
        guard (try? XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes)) != nil else {
            throw .authenticationFailed
        }
        self.bytes = bytes
    }

    /// First 8 bytes of SHA-256, by which people tell keys apart.
    public var id: String { Hex.encode(SHA256.hash(data: bytes).prefix(8)) }
}

/// A custodian's private key; prints as `<redacted>`.
public struct CustodyPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half.
    public let publicKey: CustodyPublicKey
    internal let seed: SecretKey

    /// Makes a key from its seed.
    ///
    /// - Parameter seed: 32 random bytes.
    /// - Throws: ``SealingError/authenticationFailed`` where the library refuses.
    public init(seed: SecretKey) throws(SealingError) {
        self.seed = seed
        guard let key = Self.libraryKey(seed) else { throw .authenticationFailed }
        publicKey = try CustodyPublicKey(Array(key.publicKey.rawRepresentation))
    }

    /// The seed in base64, for the custodian's own key file and nothing else.
    public var seedText: String { unsafe seed.withBytes { unsafe Base64.encode(Array($0)) } }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    internal static func libraryKey(_ seed: SecretKey) -> XWingMLKEM768X25519.PrivateKey? {
        // The library keeps a copy of its own for the length of the call's result.
        unsafe seed.withBytes { bytes in
            try? XWingMLKEM768X25519.PrivateKey(
                seedRepresentation: unsafe Data(bytes),
                publicKey: nil
            )
        }
    }
}
