internal import CSodium
internal import VaultCore

/// What stands inside a sealed version, before encryption.
///
/// Layout: codec (1) || compressed length (4, big-endian) || original length (4, big-endian) ||
/// compressed bytes || zero bytes up to the Padmé length of all that. Codec 0 is stored as is, 1 is
/// zstd, 2 and up are zstd with the dictionary of that number. Each contents has one form only: the
/// padding is checked to be zero and of the right length.
internal enum RecordContents {
    static let headerByteCount = 9
    static let stored: UInt8 = 0

    /// Most bytes of padded contents, whatever the codec made of the largest record.
    static let maximumByteCount = Padme.paddedByteCount(
        of: headerByteCount + Limits.maximumRecordByteCount
    )

    /// Lays a record out in the workspace's buffer; the caller wipes it.
    static func make(
        _ record: UnsafeRawBufferPointer,
        codec: UInt8,
        in workspace: SealingWorkspace
    ) throws(SealingError) -> UnsafeRawBufferPointer {
        guard record.count <= Limits.maximumRecordByteCount else {
            throw .tooLarge(byteCount: record.count)
        }
        let room = Padme.paddedByteCount(of: headerByteCount + record.count)
        let buffer = unsafe try workspace.buffer(byteCount: room)
        let body = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer[headerByteCount..<headerByteCount + record.count]
        )
        var codec = codec
        var bodyByteCount = record.count
        if codec != stored,
            let count = unsafe try workspace.compress(record, into: body, codec: codec),
            count < record.count
        {
            bodyByteCount = count
        } else {
            codec = stored
            unsafe body.copyMemory(from: record)
        }
        unsafe buffer[0] = codec
        unsafe buffer.storeBytes(
            of: UInt32(bodyByteCount).bigEndian,
            toByteOffset: 1,
            as: UInt32.self
        )
        unsafe buffer.storeBytes(
            of: UInt32(record.count).bigEndian,
            toByteOffset: 5,
            as: UInt32.self
        )
        let end = headerByteCount + bodyByteCount
        let padded = Padme.paddedByteCount(of: end)
        unsafe Wiping.wipe(UnsafeMutableRawBufferPointer(rebasing: buffer[end..<padded]))
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<padded])
    }

    /// Reads contents that are authentic already.
    static func record(
        in contents: UnsafeRawBufferPointer,
        workspace: SealingWorkspace
    ) throws(SealingError) -> [UInt8] {
        guard contents.count >= headerByteCount else { throw .malformedContents }
        let codec = unsafe contents[0]
        let bodyByteCount = unsafe Int(
            UInt32(bigEndian: contents.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
        )
        let byteCount = unsafe Int(
            UInt32(bigEndian: contents.loadUnaligned(fromByteOffset: 5, as: UInt32.self))
        )
        let end = headerByteCount + bodyByteCount
        guard byteCount <= Limits.maximumRecordByteCount else {
            throw .tooLarge(byteCount: byteCount)
        }
        guard Padme.paddedByteCount(of: end) == contents.count else { throw .malformedContents }
        let padding = unsafe UnsafeRawBufferPointer(rebasing: contents[end...])
        guard unsafe sodium_is_zero(padding.bytePointer, padding.count) == 1 else {
            throw .malformedContents
        }
        let body = unsafe UnsafeRawBufferPointer(rebasing: contents[headerByteCount..<end])
        if codec == stored {
            guard bodyByteCount == byteCount else { throw .malformedContents }
            return unsafe Array(body)
        }
        // What compression does not shorten is stored, so nothing else is laid out by us.
        guard bodyByteCount < byteCount else { throw .malformedContents }
        return try unsafe Bytes.make(byteCount) { output throws(SealingError) in
            try unsafe workspace.decompress(body, into: output, codec: codec)
        }
    }
}
