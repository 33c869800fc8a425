import Synchronization
import VaultCore

/// A repeatable generator (SplitMix64): same seed, same schedule.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// From 0 up to below `sides`.
    mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(sides)) }

    /// True so often in a hundred.
    mutating func happens(_ percent: Int) -> Bool { roll(100) < percent }

    mutating func pick<Item>(_ items: [Item]) -> Item? {
        items.isEmpty ? nil : items[roll(items.count)]
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// The Guard's randomness, from a seed of its own: how much of it a build draws changes no schedule.
final class SeededSource: RandomSource {
    private let dice: Mutex<Dice>

    init(seed: UInt64) { dice = Mutex(Dice(seed: seed)) }

    func bytes(_ count: Int) -> [UInt8] {
        dice.withLock { dice in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            while bytes.count < count {
                withUnsafeBytes(of: dice.next()) { bytes += $0.prefix(count - bytes.count) }
            }
            return bytes
        }
    }
}

/// A clock that a schedule sets, forwards and backwards.
final class SettableTime: TimeSource {
    private let instant: Mutex<Instant>

    init(_ instant: Instant) { self.instant = Mutex(instant) }

    func now() -> Instant { instant.withLock { $0 } }
    func set(_ next: Instant) { instant.withLock { $0 = next } }
    func move(milliseconds: Int) {
        instant.withLock { $0 = $0.advanced(by: .milliseconds(milliseconds)) }
    }
}
