internal import VaultCore

/// Shortens texts of the vault's own making (facts, tables of the log) before they are sealed elsewhere.
///
/// The layout is that of a record's contents: codec, lengths, zstd with a dictionary, zero bytes up to the
/// Padmé length. A dictionary that was used once is carried for ever, so old texts expand for ever.
public enum Compaction {
    /// Shortens bytes.
    ///
    /// - Parameter plain: Any bytes, at most `Limits.maximumRecordByteCount`.
    /// - Returns: What ``expanded(_:)`` reads.
    /// - Throws: ``SealingError/tooLarge(byteCount:)`` or ``SealingError/outOfMemory``.
    public static func compacted(_ plain: [UInt8]) throws(SealingError) -> [UInt8] {
        try unsafe Bytes.lend(plain) { plain throws(SealingError) in
            try SealingWorkspace.lend { workspace throws(SealingError) in
                let contents = unsafe try RecordContents.make(
                    plain,
                    codec: RecordDictionary.codec(for: plain),
                    in: workspace
                )
                return unsafe Array(contents)
            }
        }
    }

    /// Reads what ``compacted(_:)`` wrote.
    ///
    /// - Parameter bytes: Authentic already: nothing here tells who wrote them.
    /// - Returns: The bytes as they were.
    /// - Throws: ``SealingError/malformedContents``, ``SealingError/unknownDictionary(_:)``,
    ///   ``SealingError/tooLarge(byteCount:)`` or ``SealingError/outOfMemory``.
    public static func expanded(_ bytes: [UInt8]) throws(SealingError) -> [UInt8] {
        try unsafe Bytes.lend(bytes) { bytes throws(SealingError) in
            try SealingWorkspace.lend { workspace throws(SealingError) in
                try unsafe RecordContents.record(in: bytes, workspace: workspace)
            }
        }
    }
}
