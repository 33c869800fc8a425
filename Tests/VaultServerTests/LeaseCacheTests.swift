import Guard
import Testing
import Vault
import VaultCore
import VaultTestSupport

@testable import VaultServer

/// What an open lease holds lies in memory only as long as the lease lives.
struct LeaseCacheTests {
    @Test func `a lease that ended is let go though nobody comes back for it`() throws {
        let m = try Margaret()
        let h = m.harness
        let token = try h.token(m.doctor)
        #expect(h.call("GET", "/fhir/\(Margaret.visible)", token: token).status == 200)
        let open = h.server.leases.count
        #expect(open > 0)
        h.server.leases.forgetEnded(now: h.clock.now())
        #expect(h.server.leases.count == open)
        h.server.leases.forgetEnded(now: h.clock.now().advanced(by: .seconds(300)))
        #expect(h.server.leases.count == 0)
    }

    @Test func `the server itself looks for those`() async throws {
        let m = try Margaret()
        let h = m.harness
        let token = try h.token(m.doctor)
        #expect(h.call("GET", "/fhir/\(Margaret.visible)", token: token).status == 200)
        h.clock.move(by: .seconds(301))
        for _ in 0..<300 where h.server.leases.count > 0 {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(h.server.leases.count == 0)
    }
}
