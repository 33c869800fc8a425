import Consent
import Sealing
import Testing
import VaultCore

@testable import Guard
@testable import VaultServer

/// What is remembered of strangers has a bound, and what goes first is what may.
struct BoundedMemoryTests {
    private let start = Instant(seconds: 1_000)

    private func after(_ seconds: Int) -> Instant { start.advanced(by: .seconds(seconds)) }

    private func facts(end: Instant) throws -> TokenFacts {
        TokenFacts(
            id: try #require(SessionID(bytes: [UInt8](repeating: 1, count: 16))),
            principal: try #require(PrincipalID("a")),
            kind: .integration,
            client: "a",
            scopes: [],
            purposes: [],
            patient: nil,
            issued: start,
            end: end
        )
    }

    @Test func `tokens that are remembered are bounded, and those that end first make room`() throws
    {
        let cache = TokenCache()
        let all = TokenCache.limit + 500
        for number in 0..<all {
            // None of them has ended: that alone must not let the table grow.
            let found = try facts(end: after(1_000 + number))
            _ = try cache.facts(of: "token-\(number)", now: start) { _ in found }
        }
        #expect(cache.count == TokenCache.limit)
        #expect(cache.known("token-499", now: start) == nil)
        #expect(cache.known("token-500", now: start) != nil)
        #expect(cache.known("token-\(all - 1)", now: start) != nil)
    }

    @Test func `an address that has to wait waits, however many others fail meanwhile`() {
        let limiter = AttemptLimiter()
        for _ in 0..<AttemptLimiter.limit { limiter.noteFailure("guesser", now: start) }
        #expect(!limiter.mayTry("guesser", now: start))
        for number in 0..<2 * AttemptLimiter.addressLimit {
            limiter.noteFailure("other-\(number)", now: after(1 + number / 1_000))
        }
        #expect(!limiter.mayTry("guesser", now: after(30)))
        #expect(limiter.mayTry("guesser", now: after(61)))
    }

    @Test func `the oldest addresses are forgotten first, the newer ones go on counting`() {
        let limiter = AttemptLimiter()
        let last = 2 * AttemptLimiter.addressLimit
        for number in 0..<last { limiter.noteFailure("other-\(number)", now: start) }
        for _ in 1..<AttemptLimiter.limit {
            limiter.noteFailure("late", now: after(1))
        }
        for number in 0..<AttemptLimiter.addressLimit / 2 {
            limiter.noteFailure("more-\(number)", now: after(2))
        }
        limiter.noteFailure("late", now: after(3))
        #expect(!limiter.mayTry("late", now: after(3)))
    }

    @Test(arguments: [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("2001:db8::1", "2001:0DB8:0:0::2", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        // A socket for both writes IPv4 addresses so: all of them are in one /64.
        ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
        ("::1", "::ffff:127.0.0.1", false),
    ])
    func `an address that has to wait waits with its /64, an IPv4 address alone`(
        guesser: String,
        other: String,
        isSame: Bool
    ) {
        let limiter = AttemptLimiter()
        for _ in 0..<AttemptLimiter.limit { limiter.noteFailure(guesser, now: start) }
        #expect(!limiter.mayTry(guesser, now: after(1)))
        #expect(limiter.mayTry(other, now: after(1)) == !isSame)
        #expect(limiter.mayTry(nil, now: after(1)))
    }

    @Test func `of the next pages of searches those that end first make room, and no others`()
        throws
    {
        let store = CursorStore(limit: 10, random: SystemRandom())
        let requester = Requester(
            token: "token",
            facts: try facts(end: after(300)),
            emergency: nil,
            context: CallContext()
        )
        let names = (0..<25).map { number in
            store.add(
                CursorStore.Page(
                    requester: requester,
                    target: .search("Condition"),
                    pairs: [],
                    offset: number,
                    end: after(900 + number)
                )
            )
        }
        for (number, name) in names.enumerated() {
            let page = store.page(name, for: requester, now: start)
            #expect(page?.offset == (number < 15 ? nil : number))
        }
    }

    @Test func `a flood of arrivals at a page keeps no browser out`() {
        let visits = VisitStore<Void>(limit: 10)
        func arrive(_ number: Int) -> BrowserVisit<Void> {
            let visit = BrowserVisit(
                id: "visit-\(number)",
                errand: (),
                cookie: "c",
                formToken: "f",
                end: after(600 + number)
            )
            visits.keep(visit)
            return visit
        }
        for number in 0..<30 {
            let visit = arrive(number)
            let found = visits.find(visit.id, cookie: "c", formToken: "f", now: after(number))
            #expect(found != nil, "\(number)")
        }
        #expect(visits.find("visit-0", cookie: "c", formToken: "f", now: after(30)) == nil)
    }
}
