/// Bytes of a file of any size, read by the shell; this module does no I/O of its own.
public protocol ByteSource: Sendable {
    /// How many bytes there are; must not change while the file is read.
    var byteCount: Int { get }

    /// Reads from a place on.
    ///
    /// - Parameters:
    ///   - offset: Zero-based; at most ``byteCount``.
    ///   - buffer: Gets the bytes.
    /// - Returns: How many bytes were read; 0 only at the end.
    /// - Throws: ``FHIRModelError/unreadable(byteOffset:)`` where reading failed.
    func read(
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FHIRModelError) -> Int
}

/// A file that is in memory already.
public struct MemorySource: ByteSource {
    private let bytes: [UInt8]

    /// Wraps bytes.
    ///
    /// - Parameter bytes: The whole file.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How many bytes there are.
    public var byteCount: Int { bytes.count }

    /// Copies from a place on.
    ///
    /// - Parameters:
    ///   - offset: Zero-based.
    ///   - buffer: Gets the bytes.
    /// - Returns: How many bytes were copied; 0 only at the end.
    /// - Throws: Never.
    public func read(
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FHIRModelError) -> Int {
        let count = min(buffer.count, max(0, bytes.count - offset))
        guard count > 0 else { return 0 }
        buffer.copyBytes(from: bytes[offset..<offset + count])
        return count
    }
}
