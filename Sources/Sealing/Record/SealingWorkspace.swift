internal import CZstd
internal import Synchronization

/// Compression contexts and a buffer, reused from record to record, one user at a time.
///
/// Plaintext in the buffer is zeroed before the workspace goes back to the pool. zstd's own tables keep
/// fragments of the last record until the next one or the end of the process; they are ordinary
/// memory, which the process never dumps.
// SAFETY: it is in the pool or with the one call that took it; the pool's Mutex hands it over.
@safe internal final class SealingWorkspace: @unchecked Sendable {
    private static let pool = Mutex<[SealingWorkspace]>([])
    private static let pooledCount = 16
    private static let keptByteCount = 1 << 20

    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer
    private var preparedCodec: UInt8?
    private var memory = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var usedByteCount = 0

    private init() throws(SealingError) {
        guard let compressor = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        guard let decompressor = unsafe ZSTD_createDCtx() else {
            unsafe ZSTD_freeCCtx(compressor)
            throw .outOfMemory
        }
        unsafe self.compressor = unsafe compressor
        unsafe self.decompressor = unsafe decompressor
    }

    /// Lends a workspace; what was written to its buffer is zeroed afterwards.
    static func lend<Result>(
        _ body: (SealingWorkspace) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        let pooled = pool.withLock { $0.popLast() }
        let workspace: SealingWorkspace
        if let pooled { workspace = pooled } else { workspace = try SealingWorkspace() }
        defer {
            workspace.wipe()
            pool.withLock { if $0.count < pooledCount { $0.append(workspace) } }
        }
        return try body(workspace)
    }

    /// The buffer, at least `byteCount` bytes long; what it held before is gone.
    func buffer(byteCount: Int) throws(SealingError) -> UnsafeMutableRawBufferPointer {
        wipe()
        if unsafe memory.count < byteCount {
            unsafe memory.deallocate()
            let room = max(byteCount, 16_384)
            unsafe memory = .allocate(byteCount: room, alignment: 16)
        }
        usedByteCount = byteCount
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
    }

    /// Compresses into a buffer.
    ///
    /// - Returns: How many bytes were written, or `nil` where they do not fit.
    func compress(
        _ plain: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        codec: UInt8
    ) throws(SealingError) -> Int? {
        try prepare(codec)
        let count = unsafe ZSTD_compress2(
            compressor,
            output.start,
            output.count,
            plain.bytePointer,
            plain.count
        )
        return ZSTD_isError(count) == 0 ? count : nil
    }

    /// Decompresses exactly as many bytes as the buffer holds.
    func decompress(
        _ compressed: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        codec: UInt8
    ) throws(SealingError) {
        let count: Int
        if codec == RecordDictionary.none {
            count = unsafe ZSTD_decompressDCtx(
                decompressor,
                output.start,
                output.count,
                compressed.bytePointer,
                compressed.count
            )
        } else {
            let dictionary = try RecordDictionary.numbered(codec)
            count = unsafe ZSTD_decompress_usingDDict(
                decompressor,
                output.start,
                output.count,
                compressed.bytePointer,
                compressed.count,
                dictionary.decompression
            )
        }
        guard count == output.count else { throw .malformedContents }
    }

    private func prepare(_ codec: UInt8) throws(SealingError) {
        if preparedCodec == codec { return }
        preparedCodec = nil
        unsafe ZSTD_CCtx_reset(compressor, ZSTD_reset_session_and_parameters)
        // Length and dictionary number stand in our own header already.
        unsafe ZSTD_CCtx_setParameter(compressor, ZSTD_c_contentSizeFlag, 0)
        unsafe ZSTD_CCtx_setParameter(compressor, ZSTD_c_dictIDFlag, 0)
        unsafe ZSTD_CCtx_setParameter(
            compressor,
            ZSTD_c_compressionLevel,
            RecordDictionary.level
        )
        if codec != RecordDictionary.none {
            let dictionary = try RecordDictionary.numbered(codec)
            unsafe ZSTD_CCtx_refCDict(compressor, dictionary.compression)
        }
        preparedCodec = codec
    }

    private func wipe() {
        unsafe Wiping.wipe(UnsafeMutableRawBufferPointer(rebasing: memory[..<usedByteCount]))
        usedByteCount = 0
        if unsafe memory.count > Self.keptByteCount {
            unsafe memory.deallocate()
            unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
    }

    deinit {
        wipe()
        unsafe memory.deallocate()
        unsafe ZSTD_freeCCtx(compressor)
        unsafe ZSTD_freeDCtx(decompressor)
    }
}
