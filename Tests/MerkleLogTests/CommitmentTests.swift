import Testing
import VaultCore

@testable import MerkleLog

/// The commitment to a part is HMAC-SHA-256 and nothing else.
struct CommitmentTests {
    /// Source: RFC 4231, test cases 1, 2 and 6; the last key is longer than a block.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `it gives what the RFC gives`(key: [UInt8], text: String, code: String) {
        let found = TreeHasher.commitment(blinding: key, part: Array(text.utf8))
        #expect(found.description == code)
    }
}
