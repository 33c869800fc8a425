internal import CZstd

/// A compression dictionary, digested once for both directions.
@safe internal final class RecordDictionary: Sendable {
    /// The codec number of zstd without a dictionary.
    static let none: UInt8 = 1
    /// The codec that new records are sealed with.
    static let current: UInt8 = none
    /// zstd's level: higher ones cost time and gain little on records of this length.
    static let level: Int32 = 3

    // SAFETY: zstd's digested dictionaries are never changed after they are made, and zstd.h allows
    // sharing them between threads.
    nonisolated(unsafe) let compression: OpaquePointer
    nonisolated(unsafe) let decompression: OpaquePointer

    private init?(_ bytes: [UInt8]) {
        let pair = unsafe bytes.withUnsafeBytes { buffer in
            unsafe (
                ZSTD_createCDict(buffer.bytePointer, buffer.count, Self.level),
                ZSTD_createDDict(buffer.bytePointer, buffer.count)
            )
        }
        guard let compression = unsafe pair.0, let decompression = unsafe pair.1 else {
            unsafe ZSTD_freeCDict(pair.0)
            unsafe ZSTD_freeDDict(pair.1)
            return nil
        }
        unsafe self.compression = unsafe compression
        unsafe self.decompression = unsafe decompression
    }

    /// Finds a dictionary by its codec number; numbers are never reused, so old versions open for ever.
    static func numbered(_ codec: UInt8) throws(SealingError) -> RecordDictionary {
        throw .unknownDictionary(codec)
    }

    deinit {
        unsafe ZSTD_freeCDict(compression)
        unsafe ZSTD_freeDDict(decompression)
    }
}
