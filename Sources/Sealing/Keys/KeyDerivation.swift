/// Derives one key from another: HKDF-Expand with SHA-512, labels set apart under `patientvault/v1/`.
///
/// Source: RFC 5869 section 2.3; the input key is uniform already, so no extract step is due.
public enum KeyDerivation {
    private static let prefix = Array("patientvault/v1/".utf8)

    /// Derives a key.
    ///
    /// The info string is `patientvault/v1/` || label || 0x00 || context; since a label holds no zero
    /// byte, no two pairs of label and context give the same string.
    ///
    /// - Parameters:
    ///   - key: The parent; it cannot be computed from the result.
    ///   - label: What the new key is for; ASCII without a zero byte, a constant of the program.
    ///   - context: Which one of its kind, any bytes.
    /// - Returns: 32 bytes in locked memory.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func derive(
        from key: SecretKey,
        label: StaticString,
        context: [UInt8]
    ) throws(SealingError) -> SecretKey {
        try KeyDeriver(key: key).derive(label: label, context: context)
    }

    /// HKDF-Expand of at most 64 bytes, so one HMAC block.
    internal static func expand(
        _ key: HMACSHA512Key,
        label: StaticString,
        context: [UInt8]
    ) throws(SealingError) -> SecretKey {
        let labelByteCount = label.utf8CodeUnitCount
        let infoByteCount = prefix.count + labelByteCount + 1 + context.count
        let macByteCount = HMACSHA512Key.macByteCount
        return try unsafe Bytes.withScratch(macByteCount + infoByteCount + 1) {
            scratch throws(SealingError) in
            let start = unsafe scratch.start
            let info = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[macByteCount...])
            unsafe info.copyBytes(from: prefix)
            unsafe UnsafeMutableRawBufferPointer(rebasing: info[prefix.count...]).copyMemory(
                from: UnsafeRawBufferPointer(start: label.utf8Start, count: labelByteCount)
            )
            unsafe info[prefix.count + labelByteCount] = 0
            unsafe UnsafeMutableRawBufferPointer(
                rebasing: info[(prefix.count + labelByteCount + 1)...]
            ).copyBytes(from: context)
            unsafe info[infoByteCount] = 1
            unsafe key.authenticate(UnsafeRawBufferPointer(info), into: start)
            return try unsafe SecretKey(
                copying: UnsafeRawBufferPointer(start: start, count: SecretKey.byteCount)
            )
        }
    }
}

/// Derives many keys from one parent, whose key blocks are hashed only once.
public struct KeyDeriver: Sendable {
    private let key: HMACSHA512Key

    /// Prepares the parent.
    ///
    /// - Parameter key: The parent key.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(key: SecretKey) throws(SealingError) {
        self.key = try HMACSHA512Key(key)
    }

    /// Derives a key; the same result as ``KeyDerivation/derive(from:label:context:)``.
    ///
    /// - Parameters:
    ///   - label: What the new key is for; ASCII without a zero byte, a constant of the program.
    ///   - context: Which one of its kind, any bytes.
    /// - Returns: 32 bytes in locked memory.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public func derive(
        label: StaticString,
        context: [UInt8]
    ) throws(SealingError) -> SecretKey {
        try KeyDerivation.expand(key, label: label, context: context)
    }
}
