import Sealing
import Testing
import VaultCore

/// A part of a backup opens whole, for its custodian, or not at all.
struct SealedStreamTests {
    private let key: CustodyPrivateKey
    private let other: CustodyPrivateKey
    private let chunks: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 70_000), [4]]

    init() throws {
        key = try CustodyPrivateKey(seed: try SecretKey.random())
        other = try CustodyPrivateKey(seed: try SecretKey.random())
    }

    private func sealed(_ context: [UInt8] = [7]) throws -> (head: [UInt8], chunks: [[UInt8]]) {
        var sealer = try StreamSealer(to: key.publicKey, context: context)
        let sealed = try chunks.enumerated().map {
            try sealer.seal($0.element, isLast: $0.offset == chunks.count - 1)
        }
        return (sealer.encapsulated, sealed)
    }

    private func open(
        _ head: [UInt8],
        _ sealed: [[UInt8]],
        _ key: CustodyPrivateKey,
        context: [UInt8] = [7]
    ) throws -> [[UInt8]] {
        var opener = try StreamOpener(with: key, encapsulated: head, context: context)
        return try sealed.enumerated().map {
            try opener.open($0.element, isLast: $0.offset == sealed.count - 1)
        }
    }

    @Test func `it opens for its custodian and for nobody else`() throws {
        let (head, sealed) = try sealed()
        #expect(try open(head, sealed, key) == chunks)
        #expect(throws: SealingError.authenticationFailed) { try open(head, sealed, other) }
        #expect(throws: SealingError.authenticationFailed) {
            try open(head, sealed, key, context: [8])
        }
    }

    @Test func `a chunk that is cut off, moved, repeated or altered is noticed`() throws {
        let (head, sealed) = try sealed()
        var flipped = sealed
        flipped[2][100] ^= 1
        for wrong in [
            Array(sealed.dropLast()), [sealed[1], sealed[0], sealed[2], sealed[3]],
            sealed + [sealed[3]], flipped, Array(sealed.dropFirst()),
        ] {
            #expect(throws: SealingError.authenticationFailed) { try open(head, wrong, key) }
        }
    }

    @Test func `a key comes back from its seed, and what is no key is refused`() throws {
        let seed = try SecretKey.random()
        let one = try CustodyPrivateKey(seed: seed)
        #expect(one.publicKey == (try CustodyPrivateKey(seed: seed)).publicKey)
        #expect(one.publicKey != key.publicKey && "\(one)" == "<redacted>")
        #expect(try CustodyPublicKey(one.publicKey.bytes) == one.publicKey)
        #expect(throws: SealingError.invalidLength(byteCount: 3)) {
            try CustodyPublicKey([1, 2, 3])
        }
    }
}
