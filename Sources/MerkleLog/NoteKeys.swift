internal import Crypto
internal import VaultCore

/// How a note is signed; the raw value is the byte in key ids and key texts.
///
/// Source: c2sp.org/signed-note, c2sp.org/tlog-cosignature.
public enum NoteAlgorithm: UInt8, Sendable, Hashable, CaseIterable {
    /// Ed25519 over the note's text.
    case ed25519 = 0x01
    /// Witness cosignature with a timestamp, Ed25519.
    case cosignatureV1 = 0x04
    /// Witness cosignature with a timestamp, ML-DSA-44: known, not verified by this build.
    case mldsa44 = 0x06

    /// Bytes of a public key.
    public var publicKeyByteCount: Int { self == .mldsa44 ? 1312 : 32 }
}

/// Checks a name that may stand in a signature line: not empty, no spaces, no plus, no controls.
func isNoteName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty
        && name.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 && $0.value != 0x7F
        }
}

/// A public note key, written `name+hash+base64`.
///
/// Source: c2sp.org/signed-note (verifier keys); hash is the key id in eight hexadecimal digits,
/// base64 covers the algorithm byte and the public key.
public struct NoteVerifierKey: Sendable, Hashable, CustomStringConvertible {
    /// The signer's name, for a log its origin.
    public let name: String
    /// How it signs.
    public let algorithm: NoteAlgorithm
    /// The public key in the algorithm's encoding.
    public let publicKey: [UInt8]
    /// First four bytes of SHA-256(name, newline, algorithm byte, public key).
    public let keyID: UInt32

    /// Makes a key.
    ///
    /// - Parameters:
    ///   - name: Not empty, without spaces and plus.
    ///   - algorithm: How it signs.
    ///   - publicKey: 32 bytes for Ed25519.
    /// - Throws: ``MerkleLogError/malformedKey``.
    public init(
        name: String,
        algorithm: NoteAlgorithm,
        publicKey: [UInt8]
    ) throws(MerkleLogError) {
        guard isNoteName(name), publicKey.count == algorithm.publicKeyByteCount else {
            throw .malformedKey
        }
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        keyID = Self.keyID(name: name, algorithm: algorithm, publicKey: publicKey)
    }

    /// Reads `name+hash+base64`.
    ///
    /// - Parameter text: Without a newline.
    /// - Throws: ``MerkleLogError/malformedKey`` also where the hash does not fit the key, or
    ///   ``MerkleLogError/unsupportedAlgorithm(_:)``.
    public init(_ text: some StringProtocol) throws(MerkleLogError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].utf8.count == 8, let hash = Hex.decode(parts[1]),
            let material = Base64.decode(parts[2]), let byte = material.first
        else { throw .malformedKey }
        guard let algorithm = NoteAlgorithm(rawValue: byte) else {
            throw .unsupportedAlgorithm(byte)
        }
        try self.init(
            name: String(parts[0]),
            algorithm: algorithm,
            publicKey: Array(material.dropFirst())
        )
        guard hash == keyIDBytes else { throw .malformedKey }
    }

    /// `name+hash+base64`.
    public var description: String {
        "\(name)+\(Hex.encode(keyIDBytes))+\(Base64.encode([algorithm.rawValue] + publicKey))"
    }

    var keyIDBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(keyID)
        return bytes
    }

    /// Whether the signature is this key's over the bytes; Ed25519 only.
    func isValid(signature: some Collection<UInt8>, message: [UInt8]) -> Bool {
        guard algorithm != .mldsa44,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        else { return false }
        return key.isValidSignature(Array(signature), for: message)
    }

    private static func keyID(
        name: String,
        algorithm: NoteAlgorithm,
        publicKey: [UInt8]
    ) -> UInt32 {
        let hash = TreeHasher.sha256(Array(name.utf8) + [0x0A, algorithm.rawValue] + publicKey)
        return hash.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }
}

/// A private note key, Ed25519; prints as `<redacted>`.
public struct NoteSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half.
    public let verifier: NoteVerifierKey
    private let key: Curve25519.Signing.PrivateKey

    /// Makes a key from its seed.
    ///
    /// - Parameters:
    ///   - name: The signer's name, for a log its origin.
    ///   - seed: 32 random bytes (RFC 8032's private key); the caller wipes its copy.
    ///   - algorithm: ``NoteAlgorithm/ed25519`` for a log, ``NoteAlgorithm/cosignatureV1`` for a witness.
    /// - Throws: ``MerkleLogError/malformedKey`` or ``MerkleLogError/unsupportedAlgorithm(_:)``.
    public init(
        name: String,
        seed: [UInt8],
        algorithm: NoteAlgorithm = .ed25519
    ) throws(MerkleLogError) {
        guard algorithm != .mldsa44 else { throw .unsupportedAlgorithm(algorithm.rawValue) }
        guard seed.count == 32,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .malformedKey }
        self.key = key
        verifier = try NoteVerifierKey(
            name: name,
            algorithm: algorithm,
            publicKey: Array(key.publicKey.rawRepresentation)
        )
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    func sign(_ message: [UInt8]) throws(MerkleLogError) -> [UInt8] {
        guard let signature = try? key.signature(for: message) else { throw .malformedKey }
        return Array(signature)
    }
}
