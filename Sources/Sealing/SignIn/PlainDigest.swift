internal import Crypto

/// SHA-256 without a key, for what is random already: verifiers, codes and refresh tokens.
///
/// Source: FIPS 180-4; RFC 7636 section 4.2 for verifiers.
public enum PlainDigest {
    /// Hashes bytes.
    ///
    /// - Parameter bytes: Any.
    /// - Returns: 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
