import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

struct TextOpenerTests {
    private func open(
        _ sealed: [UInt8],
        _ key: [UInt8],
        _ nonce: [UInt8],
        _ context: [UInt8],
        with opener: TextOpener
    ) -> [UInt8]? {
        sealed.withUnsafeBytes { sealed in
            key.withUnsafeBytes { key in
                nonce.withUnsafeBytes { nonce in
                    context.withUnsafeBytes { context in
                        opener.open(sealed, nonce: nonce, key: key, authenticating: context)
                            .map { Array($0) }
                    }
                }
            }
        }
    }

    @Test func `one opener opens texts of every length, and none that was altered`() throws {
        var random = SeededRandom.forTest()
        let opener = TextOpener()
        for length in [0, 1, 31, 900, 4_095, 4_096, 4_097, 20_000, 5] {
            let (key, nonce) = (random.bytes(32), random.bytes(12))
            let (context, text) = (random.bytes(62), random.bytes(length))
            var sealed = try AESGCMBytes.seal(text, key, nonce, context, .swiftCrypto)
            #expect(open(sealed, key, nonce, context, with: opener) == text, "\(length) bytes")
            #expect(open(sealed, key, nonce, context + [0], with: opener) == nil)
            #expect(open(sealed, key, random.bytes(12), context, with: opener) == nil)
            #expect(open(sealed, random.bytes(32), nonce, context, with: opener) == nil)
            sealed[Int.random(in: 0..<sealed.count, using: &random)] ^= 1
            #expect(open(sealed, key, nonce, context, with: opener) == nil, "\(length) bytes")
        }
        #expect(open([1, 2, 3], random.bytes(32), random.bytes(12), [], with: opener) == nil)
    }
}
