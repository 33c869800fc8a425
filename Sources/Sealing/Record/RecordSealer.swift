public import VaultCore

/// Seals record versions under one write key.
///
/// Sealed version = format version 0x01 || Cobblestone-256 of the contents, bound to a
/// ``RecordLocation``. The contents are compressed, then padded by Padmé, so that the length tells
/// little. One sealer serves any number of records and threads; its key blocks are hashed once.
public struct RecordSealer: Sendable {
    /// First byte of a sealed version.
    public static let formatVersion: UInt8 = 1

    private let cobblestone: Cobblestone

    /// Prepares a write key.
    ///
    /// - Parameter writeKey: The key of one epoch of one segment; see ``KeyHierarchy``.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(writeKey: SecretKey) throws(SealingError) {
        cobblestone = try Cobblestone(key: writeKey)
    }

    /// Seals one version of a record.
    ///
    /// - Parameters:
    ///   - record: The record's JSON as received.
    ///   - location: The one place it belongs to; its epoch is the write key's.
    ///   - salt: 24 bytes, random and never used again under this key.
    /// - Returns: The sealed version.
    /// - Throws: ``SealingError/tooLarge(byteCount:)``, ``SealingError/invalidLength(byteCount:)`` for a
    ///   salt of another length, or ``SealingError/outOfMemory``.
    public func seal(
        _ record: UnsafeRawBufferPointer,
        at location: RecordLocation,
        salt: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        try unsafe seal(
            record,
            at: location,
            salt: salt,
            codec: RecordDictionary.codec(for: record)
        )
    }

    /// Seals one version of a record.
    ///
    /// - Parameters:
    ///   - record: The record's JSON as received.
    ///   - location: The one place it belongs to; its epoch is the write key's.
    ///   - random: Gives the salt.
    /// - Returns: The sealed version.
    /// - Throws: ``SealingError/tooLarge(byteCount:)`` or ``SealingError/outOfMemory``.
    public func seal(
        _ record: [UInt8],
        at location: RecordLocation,
        random: some RandomSource
    ) throws(SealingError) -> [UInt8] {
        let salt = random.bytes(Cobblestone.saltByteCount)
        return try unsafe Bytes.lend(record) { record throws(SealingError) in
            try unsafe seal(record, at: location, salt: salt)
        }
    }

    /// Seals with a codec of choice; old codecs are needed only for vectors.
    internal func seal(
        _ record: UnsafeRawBufferPointer,
        at location: RecordLocation,
        salt: [UInt8],
        codec: UInt8
    ) throws(SealingError) -> [UInt8] {
        guard salt.count == Cobblestone.saltByteCount else {
            throw .invalidLength(byteCount: salt.count)
        }
        return try SealingWorkspace.lend { workspace throws(SealingError) in
            let contents = unsafe try RecordContents.make(record, codec: codec, in: workspace)
            let byteCount = 1 + Cobblestone.sealedByteCount(of: contents.count)
            return try unsafe Bytes.make(byteCount) { output throws(SealingError) in
                unsafe output[0] = Self.formatVersion
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: output[1...])
                try unsafe Bytes.lend(salt) { salt throws(SealingError) in
                    try unsafe location.lendEncoded { context throws(SealingError) in
                        try unsafe cobblestone.seal(
                            contents,
                            salt: salt,
                            context: context,
                            into: target
                        )
                    }
                }
            }
        }
    }
}
