import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// What counts once, against a list of everything that was ever accepted.
struct ReplayStoreTests {
    private static let limit = 40

    @Test func `nothing counts twice, whatever the clock does, and a full store lets nothing in`() {
        var random = SeededRandom.forTest()
        var store = ReplayStore(limit: Self.limit)
        var accepted: [(id: String, end: Instant)] = []
        var latest = Instant(microseconds: .min)
        var (full, again) = (0, 0)
        var now = Instant(seconds: 1)
        for turn in 0..<4_000 {
            // Now few come, now more than there is room for; and at times the clock is set back.
            now = now.advanced(by: .microseconds(turn / 500 % 2 == 0 ? 2_000 : 300))
            if turn % 50 == 0 { now = now.advanced(by: .milliseconds(-20)) }
            let life = Int64.random(in: 1...60, using: &random)
            var (id, end) = ("\(turn)", now.advanced(by: .milliseconds(life)))
            if turn % 3 == 0, let old = accepted.suffix(200).randomElement(using: &random),
                old.end > now
            {
                (id, end) = old
            }
            latest = max(latest, now)
            let live = accepted.count { $0.end > latest }
            let isKnown = accepted.contains { $0.id == id }
            let isFirst = store.isFirst(id, of: "client", end: end, now: now)
            #expect(isFirst == (!isKnown && live < Self.limit && end > latest))
            if isFirst { accepted.append((id, end)) }
            if isKnown { again += 1 }
            if live == Self.limit { full += 1 }
        }
        #expect(full > 100 && again > 100)
    }

    @Test func `one id of two signers is two`() {
        var store = ReplayStore()
        let (now, end) = (Instant(seconds: 1), Instant(seconds: 2))
        let answers = ["one", "other", "one"].map {
            store.isFirst("a", of: $0, end: end, now: now)
        }
        #expect(answers == [true, true, false])
    }
}
