/// Why a decision came out as it did, as a few numbers; ``DecisionCore`` turns them into words when somebody
/// asks.
struct Reasons: Sendable {
    /// Where a reason comes from; the upper byte of its number.
    enum Source: UInt32 {
        /// A rule of the policies.
        case rule = 0
        /// A rule of a consent, by its place in the facts.
        case provision
        /// A consent that cannot be read.
        case malformed
        /// A restriction.
        case restriction
        /// A consent that closes the default law.
        case residual
        /// The request itself.
        case refusal
        /// Nobody spoke.
        case silence
    }

    /// Four reasons without memory of their own; most decisions have one.
    private var inline: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    private var more: [UInt32] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ source: Source, _ place: Int = 0) {
        let number = source.rawValue << 24 | UInt32(place)
        switch count {
        case 0: inline.0 = number
        case 1: inline.1 = number
        case 2: inline.2 = number
        case 3: inline.3 = number
        default: more.append(number)
        }
        count += 1
    }

    /// Every reason with its place, in the order in which they were found.
    var all: [(source: Source, place: Int)] {
        let numbers = [inline.0, inline.1, inline.2, inline.3].prefix(count) + more
        return numbers.compactMap { number in
            Source(rawValue: number >> 24).map { ($0, Int(number & 0xFF_FFFF)) }
        }
    }
}
