import Guard
import GuardStore
import Testing
import VaultCore

@testable import VaultServer

/// Nonces of signed statements in the Guard's file.
struct NonceTests {
    @Test func `each signed call lets go of four that are too old, and of none that are not`()
        throws
    {
        let h = try Margaret().harness
        func storedCount() throws -> Int {
            let copy = try h.storageCopy()
            defer { try? copy.close() }
            return try copy.itemCount(.nonce)
        }
        for _ in 0..<10 { _ = try h.session("margaret") }
        var old = try storedCount()
        #expect(old >= 10)
        h.clock.move(by: .seconds(590))
        _ = try h.session("margaret")
        #expect(try storedCount() == old + 1)
        h.clock.move(by: .seconds(20))
        for new in 1...(old / 4 + 2) {
            _ = try h.session("margaret")
            old = max(0, old - 4)
            #expect(try storedCount() == old + 1 + new)
        }
        let again = try h.restarted()
        #expect(try again.audit(by: .operator).problems.isEmpty)
        try again.close()
    }
}
