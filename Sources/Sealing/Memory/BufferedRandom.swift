internal import Synchronization
public import VaultCore

/// Draws random bytes in batches, because a system call for each salt costs as much as a tenth of sealing.
///
/// For salts and nonces, which are public once used. Not for keys: bytes not yet handed out wait in
/// ordinary memory. A process that forks must not share one.
public final class BufferedRandom: RandomSource {
    private struct Buffer {
        var bytes: [UInt8] = []
        var offset = 0
    }

    private static let batchByteCount = 4096
    private let source: any RandomSource
    private let buffer = Mutex(Buffer())

    /// Draws from another source.
    ///
    /// - Parameter source: Gives the batches.
    public init(source: any RandomSource = SystemRandom()) {
        self.source = source
    }

    /// Fresh random bytes, never the same ones twice.
    ///
    /// - Parameter count: How many, at least 0.
    /// - Returns: `count` bytes fit for salts and nonces.
    public func bytes(_ count: Int) -> [UInt8] {
        if count > Self.batchByteCount { return source.bytes(count) }
        return buffer.withLock { buffer in
            if buffer.bytes.count - buffer.offset < count {
                buffer.bytes = source.bytes(Self.batchByteCount)
                buffer.offset = 0
            }
            let end = buffer.offset + count
            defer { buffer.offset = end }
            return Array(buffer.bytes[buffer.offset..<end])
        }
    }
}
