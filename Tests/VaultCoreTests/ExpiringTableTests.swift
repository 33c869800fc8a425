import Testing
import VaultCore
import VaultTestSupport

/// The table of what ends, against a dictionary that is looked through each time.
struct ExpiringTableTests {
    private struct Slow {
        var entries: [Int: (value: Int, until: Instant)] = [:]
        var limit = Int.max

        mutating func set(_ value: Int, for key: Int, until: Instant) {
            if entries[key] == nil, entries.count >= limit,
                let first = entries.min(by: { $0.value.until < $1.value.until })
            {
                entries[first.key] = nil
            }
            entries[key] = (value, until)
        }

        mutating func forgetEnded(by now: Instant) {
            entries = entries.filter { $0.value.until > now }
        }
    }

    private func play(_ table: ExpiringTable<Int, Int>, _ slow: Slow) {
        var random = SeededRandom.forTest()
        var (table, slow) = (table, slow)
        for turn in 0..<5_000 {
            let key = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                let removed = table.remove(key)
                #expect(removed == slow.entries.removeValue(forKey: key)?.value)
            case 2:
                let now = Instant(microseconds: Int64(turn) * 10_000)
                table.forgetEnded(by: now)
                slow.forgetEnded(by: now)
            default:
                // Each time once: which of two equal ones goes is not promised.
                let ahead = Int64.random(in: 0..<400, using: &random) * 10_000
                let until = Instant(microseconds: Int64(turn) * 10_000 + ahead + Int64(turn))
                table.set(turn, for: key, until: until)
                slow.set(turn, for: key, until: until)
            }
            #expect(table.count == slow.entries.count)
            #expect(table.values.sorted() == slow.entries.values.map(\.value).sorted())
            #expect(Set(table.keys) == Set(slow.entries.keys))
            for key in 0..<40 { #expect(table[key] == slow.entries[key]?.value) }
        }
    }

    @Test func `it holds what a plain dictionary would that drops the earliest`() {
        play(ExpiringTable(limit: 20), Slow(limit: 20))
    }

    @Test func `without a limit only what is over goes`() { play(ExpiringTable(), Slow()) }

    @Test func `what ends now is over`() {
        var table = ExpiringTable<Int, Int>()
        table.set(1, for: 1, until: Instant(seconds: 10))
        table.set(2, for: 2, until: Instant(seconds: 11))
        table.forgetEnded(by: Instant(seconds: 10))
        #expect(table[1] == nil && table[2] == 2)
    }
}
