import Testing

@testable import Sealing

/// Padded lengths.
struct PadmeTests {
    /// Straight from the paper, with loops in place of logarithms.
    private static func slow(_ length: Int) -> Int {
        if length < 2 { return length }
        var exponent = 0
        while length >= 1 << (exponent + 1) { exponent += 1 }
        var kept = 1
        while exponent >= 1 << kept { kept += 1 }
        let unit = 1 << (exponent - kept)
        var padded = length
        while padded % unit != 0 { padded += 1 }
        return padded
    }

    @Test func `the padded length is the paper's for every length up to 70,000`() {
        let wrong = (0...70_000).filter { Padme.paddedByteCount(of: $0) != Self.slow($0) }
        #expect(wrong.isEmpty)
    }

    @Test func `padding never shortens, costs at most 12 percent and is idempotent`() {
        var wrong: [Int] = []
        var length = 1
        while length < 1 << 27 {
            for near in (length - 1)...(length + 1) {
                let padded = Padme.paddedByteCount(of: near)
                let isFine =
                    padded >= near && (padded - near) * 100 <= near * 12
                    && Padme.paddedByteCount(of: padded) == padded
                if !isFine { wrong.append(near) }
            }
            length = length * 17 / 16 + 1
        }
        #expect(wrong.isEmpty)
    }
}
