internal import CSodium
public import VaultCore

/// The operating system's generator; what a running vault hands to everything that asks for randomness.
public struct SystemRandom: RandomSource {
    /// Makes the source; it has no state.
    public init() {}

    /// Fresh random bytes.
    ///
    /// - Parameter count: How many, at least 0.
    /// - Returns: `count` bytes fit for keys and nonces.
    public func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe randombytes_buf(UnsafeMutableRawBufferPointer(buffer).start, count)
            filled = count
        }
    }
}
