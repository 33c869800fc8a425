import Guard
import GuardStore
import Testing
import VaultCore

@testable import VaultServer

/// Refresh tokens that ended by themselves and that nobody shows again.
struct RefreshSweepTests {
    private let world: AppWorld
    private let h: ServerHarness

    init() throws {
        world = try AppWorld()
        h = world.h
    }

    /// Refresh tokens of new grants of a clinician; unused, each ends after twenty minutes.
    private func grants(_ count: Int) throws -> [String] {
        try (0..<count).map { _ in
            let reply = try world.tokens(world.browser(), by: "okafor", patient: "margaret")
            return try #require(reply.json["refresh_token"]?.string)
        }
    }

    private func storedCount() throws -> Int {
        let copy = try h.storageCopy()
        defer { try? copy.close() }
        return try copy.itemCount(.refresh)
    }

    @Test func `they leave the table as others are added, and a restart brings none back`() throws {
        let old = try grants(6)
        h.clock.move(by: .seconds(1_501))
        #expect(try storedCount() == 6)
        let new = try grants(3)
        #expect(try storedCount() == 3)
        let ends = try h.registeredLog().filter { $0["action"] == "end-grant" }
        #expect(ends.map { $0["reason"] } == Array(repeating: "idle", count: 6))
        #expect(ends.allSatisfy { $0["actor"] == "guard" && $0["onBehalfOf"] == "okafor" })

        let again = try h.restarted()
        #expect(try again.audit(by: .operator).problems.isEmpty)
        func isGood(_ token: String) throws -> Bool {
            let exchange = RefreshExchange(
                token: token,
                scope: nil,
                proof: .name("acme-public"),
                context: CallContext()
            )
            if case .issued = try again.refresh(exchange) { return true }
            return false
        }
        for token in old { #expect(try !isGood(token)) }
        for token in new { #expect(try isGood(token)) }
        #expect(try again.audit(by: .operator).problems.isEmpty)
        try again.close()
    }

    @Test func `one that ended just now stays as long as an access token of its kin may live`()
        throws
    {
        _ = try grants(1)
        h.clock.move(by: .seconds(1_250))
        _ = try grants(1)
        #expect(try storedCount() == 2)
    }
}
