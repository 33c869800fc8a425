internal import CZstd
internal import VaultCore

/// A compression dictionary, digested once for both directions.
///
/// A resource is sealed as the text it came as, so indented and compact text have a dictionary each.
@safe internal final class RecordDictionary: Sendable {
    /// The codec number of zstd without a dictionary.
    static let none: UInt8 = 1
    /// The highest codec number that this build knows.
    static let newest: UInt8 = IndentedDictionary.number
    /// zstd's level: 3 takes 1.3 times as long and gains 1 to 3 percent on records of this length.
    static let level: Int32 = 1

    // Digesting takes about a millisecond each, so the first record that needs one pays for it.
    private static let compact = RecordDictionary(CompactDictionary.base64)
    private static let indented = RecordDictionary(IndentedDictionary.base64)

    // SAFETY: never changed after digesting; zstd.h allows sharing it between threads.
    nonisolated(unsafe) let compression: OpaquePointer
    // SAFETY: as the line above.
    nonisolated(unsafe) let decompression: OpaquePointer

    private init?(_ base64: StaticString) {
        let text = unsafe String(
            decoding: UnsafeBufferPointer(
                start: base64.utf8Start,
                count: base64.utf8CodeUnitCount
            ),
            as: UTF8.self
        )
        guard let bytes = Base64.decode(text) else { return nil }
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
        let dictionary =
            switch codec {
            case CompactDictionary.number: compact
            case IndentedDictionary.number: indented
            default: throw .unknownDictionary(codec)
            }
        guard let dictionary else { throw .outOfMemory }
        return dictionary
    }

    /// The codec for a new record: a line feed near its start means indented text.
    static func codec(for record: UnsafeRawBufferPointer) -> UInt8 {
        for place in 0..<min(64, record.count) where unsafe record[place] == 0x0A {
            return IndentedDictionary.number
        }
        return CompactDictionary.number
    }

    deinit {
        unsafe ZSTD_freeCDict(compression)
        unsafe ZSTD_freeDDict(decompression)
    }
}
