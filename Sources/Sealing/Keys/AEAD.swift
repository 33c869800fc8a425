/// AES-256-GCM for small sealed parts, such as those of log entries.
///
/// Sealed = ciphertext || tag (16). The nonce is the caller's: 12 bytes that are never used twice under
/// one key. Does not commit to its key; records use ``Cobblestone``, which does.
///
/// Source: NIST SP 800-38D.
public enum AEAD {
    /// Bytes of a nonce.
    public static let nonceByteCount = 12
    /// Bytes the sealed form is longer than the plaintext.
    public static let tagByteCount = 16

    /// Seals bytes.
    ///
    /// - Parameters:
    ///   - plaintext: Any bytes.
    ///   - key: The key.
    ///   - nonce: 12 bytes, never used again under this key.
    ///   - context: Authenticated along with the plaintext, not stored.
    /// - Returns: `plaintext.count + 16` bytes.
    /// - Throws: ``SealingError/invalidLength(byteCount:)`` for a nonce of another length.
    public static func seal(
        _ plaintext: [UInt8],
        key: SecretKey,
        nonce: [UInt8],
        authenticating context: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        guard nonce.count == nonceByteCount else { throw .invalidLength(byteCount: nonce.count) }
        return try unsafe Bytes.make(plaintext.count + tagByteCount) {
            output throws(SealingError) in
            try unsafe Bytes.lend(plaintext, nonce, context) {
                plaintext,
                nonce,
                context throws(SealingError) in
                try unsafe key.withBytes { key throws(SealingError) in
                    try unsafe AESGCM.seal(
                        plaintext,
                        key: key.bytePointer,
                        nonce: nonce.bytePointer,
                        authenticating: context,
                        into: output.start,
                        engine: AESGCM.engine(forByteCount: plaintext.count)
                    )
                }
            }
        }
    }

    /// Opens bytes.
    ///
    /// - Parameters:
    ///   - sealed: Ciphertext and tag.
    ///   - key: The key.
    ///   - nonce: The 12 bytes used for sealing.
    ///   - context: What was authenticated along with the plaintext.
    /// - Returns: The plaintext.
    /// - Throws: ``SealingError/authenticationFailed``, or ``SealingError/invalidLength(byteCount:)`` for
    ///   a nonce of another length.
    public static func open(
        _ sealed: [UInt8],
        key: SecretKey,
        nonce: [UInt8],
        authenticating context: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        guard nonce.count == nonceByteCount else { throw .invalidLength(byteCount: nonce.count) }
        guard sealed.count >= tagByteCount else { throw .authenticationFailed }
        return try unsafe Bytes.make(sealed.count - tagByteCount) {
            output throws(SealingError) in
            try unsafe Bytes.lend(sealed, nonce, context) {
                sealed,
                nonce,
                context throws(SealingError) in
                let isAuthentic = unsafe key.withBytes { key in
                    unsafe AESGCM.open(
                        sealed,
                        key: key.bytePointer,
                        nonce: nonce.bytePointer,
                        authenticating: context,
                        into: output.start,
                        engine: AESGCM.engine(forByteCount: sealed.count)
                    )
                }
                guard isAuthentic else { throw .authenticationFailed }
            }
        }
    }
}
