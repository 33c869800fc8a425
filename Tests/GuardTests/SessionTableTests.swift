import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// Open sessions, against a list that is looked through each time.
struct SessionTableTests {
    @Test func `a session is kept until it ends, and no longer though nobody comes back to it`()
        throws
    {
        var random = SeededRandom.forTest()
        var authenticator = Authenticator(seen: [:])
        var slow: [SessionID: Session] = [:]
        for second in Int64(0)..<3_000 {
            let now = Instant(seconds: second)
            let id = SessionID(high: 1, low: UInt64(second))
            let life = Int64.random(in: 1...300, using: &random)
            let session = Session(
                principal: try #require(PrincipalID("p\(Int.random(in: 0..<9, using: &random))")),
                lastUsed: now,
                end: now.advanced(by: .seconds(life))
            )
            authenticator.open(id, session)
            slow[id] = session
            slow = slow.filter { $0.value.end > now }
            if second % 7 == 0, let gone = slow.keys.min() {
                authenticator.close(gone)
                slow[gone] = nil
            }
            if second % 50 == 0 {
                authenticator.closeAll(of: session.principal)
                slow = slow.filter { $0.value.principal != session.principal }
            }
            #expect(Set(authenticator.sessions.keys) == Set(slow.keys))
        }
    }
}
