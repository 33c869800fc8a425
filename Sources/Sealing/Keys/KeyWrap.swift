public import VaultCore

/// Seals one key under another.
///
/// Layout, 61 bytes: version 0x01 || nonce (12, random) || AES-256-GCM of the key (32) || tag (16). The
/// version byte and the context are authenticated.
public enum KeyWrap {
    /// Bytes of a wrapped key.
    public static let wrappedByteCount =
        1 + AEAD.nonceByteCount + SecretKey.byteCount
        + AEAD.tagByteCount
    private static let version: UInt8 = 1

    /// Wraps a key.
    ///
    /// - Parameters:
    ///   - key: The key to wrap.
    ///   - wrappingKey: The key that will be needed to unwrap it.
    ///   - context: What the wrapped key is bound to; see ``KeyHierarchy``.
    ///   - random: Gives the nonce.
    /// - Returns: ``wrappedByteCount`` bytes.
    /// - Throws: ``SealingError/outOfMemory``.
    public static func wrap(
        _ key: SecretKey,
        under wrappingKey: SecretKey,
        context: [UInt8],
        random: some RandomSource
    ) throws(SealingError) -> [UInt8] {
        let nonce = random.bytes(AEAD.nonceByteCount)
        var plaintext = unsafe key.withBytes { unsafe Array($0) }
        defer { Wiping.wipe(&plaintext) }
        return try [version] + nonce
            + AEAD.seal(
                plaintext,
                key: wrappingKey,
                nonce: nonce,
                authenticating: [version] + context
            )
    }

    /// Unwraps a key.
    ///
    /// - Parameters:
    ///   - wrapped: What ``wrap(_:under:context:random:)`` returned.
    ///   - wrappingKey: The key it was wrapped under.
    ///   - context: What it was bound to.
    /// - Returns: The key.
    /// - Throws: ``SealingError/authenticationFailed``, ``SealingError/unsupportedVersion(_:)`` or
    ///   ``SealingError/memoryNotLocked``.
    public static func unwrap(
        _ wrapped: [UInt8],
        under wrappingKey: SecretKey,
        context: [UInt8]
    ) throws(SealingError) -> SecretKey {
        guard let version = wrapped.first else { throw .authenticationFailed }
        guard version == self.version else { throw .unsupportedVersion(version) }
        guard wrapped.count == wrappedByteCount else { throw .authenticationFailed }
        var plaintext = try AEAD.open(
            Array(wrapped[13...]),
            key: wrappingKey,
            nonce: Array(wrapped[1..<13]),
            authenticating: [version] + context
        )
        defer { Wiping.wipe(&plaintext) }
        return try SecretKey(copying: plaintext)
    }
}
