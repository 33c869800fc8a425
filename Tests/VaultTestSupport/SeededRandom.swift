import Foundation
public import VaultCore

/// A repeatable generator (SplitMix64); its seed comes from `VAULT_TEST_SEED` and is printed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts from a seed.
    ///
    /// - Parameter seed: Same seed, same run.
    public init(seed: UInt64) {
        state = seed
    }

    /// Starts from `VAULT_TEST_SEED`, else from a fixed default, and prints which.
    ///
    /// - Parameter test: Named in the printed line.
    /// - Returns: The generator.
    public static func forTest(_ test: String = #function) -> SeededRandom {
        let seed = ProcessInfo.processInfo.environment["VAULT_TEST_SEED"].flatMap(UInt64.init) ?? 7
        print("VAULT_TEST_SEED=\(seed) \(test)")
        return SeededRandom(seed: seed)
    }

    /// The next 64 bits.
    ///
    /// - Returns: Uniform over all values.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Some bytes.
    ///
    /// - Parameter count: How many.
    /// - Returns: `count` bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// A clock that stands still until a test moves it.
public final class FixedTime: TimeSource {
    private let instant: Instant

    /// Stands at an instant.
    ///
    /// - Parameter instant: What ``now()`` answers.
    public init(_ instant: Instant) {
        self.instant = instant
    }

    /// The fixed instant.
    ///
    /// - Returns: Always the same.
    public func now() -> Instant { instant }
}
