/// Where the time comes from; injected, so that pure code never reads a clock of its own.
public protocol TimeSource: Sendable {
    /// The present instant.
    ///
    /// - Returns: UTC, microseconds.
    func now() -> Instant
}

/// Where random bytes come from; injected, so that a simulation can repeat a run by its seed.
public protocol RandomSource: Sendable {
    /// Fresh random bytes.
    ///
    /// - Parameter count: How many, at least 0.
    /// - Returns: `count` bytes fit for keys and nonces.
    func bytes(_ count: Int) -> [UInt8]
}
