import Testing
import VaultTestSupport

@testable import Sealing

/// Chunked encryption beyond the published vectors.
struct CobblestoneTests {
    private static let lengths = [
        0, 1, 15, 16, 17, 600, 4079, 4080, 4095, 4096, 4097, 16_367, 16_368, 16_383, 16_384,
        16_385, 32_767, 32_768, 32_769, 100_000,
    ]

    @Test func `what was sealed opens, at every length round a chunk's end`() throws {
        var random = SeededRandom.forTest()
        let cobblestone = try Cobblestone(key: SecretKey(copying: random.bytes(32)))
        for length in Self.lengths {
            let plaintext = random.bytes(length)
            let context = random.bytes(length % 7)
            let sealed = try cobblestone.seal(plaintext, salt: random.bytes(24), context: context)
            #expect(sealed.count == Cobblestone.sealedByteCount(of: length))
            #expect(Cobblestone.openedByteCount(of: sealed.count) == length)
            let opened = try cobblestone.open(sealed, context: context)
            #expect(opened == plaintext, "\(length) bytes")
        }
    }

    @Test func `lengths that no message has are refused`() {
        let possible = Set((0...40_000).map { Cobblestone.sealedByteCount(of: $0) })
        var wrong: [Int] = []
        for byteCount in 0...35_000 {
            let opened = Cobblestone.openedByteCount(of: byteCount)
            if (opened != nil) != possible.contains(byteCount) { wrong.append(byteCount) }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `any flipped bit of a message of three chunks is refused`() throws {
        var random = SeededRandom.forTest()
        let cobblestone = try Cobblestone(key: SecretKey(copying: random.bytes(32)))
        let sealed = try cobblestone.seal(
            random.bytes(33_000),
            salt: random.bytes(24),
            context: [1]
        )
        var accepted: [Int] = []
        for _ in 0..<600 {
            var altered = sealed
            let place = Int.random(in: 0..<sealed.count, using: &random)
            altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            if (try? cobblestone.open(altered, context: [1])) != nil { accepted.append(place) }
        }
        #expect(accepted.isEmpty)
    }

    @Test func `both engines write and read the same bytes`() throws {
        var random = SeededRandom.forTest()
        for length in Self.lengths {
            let key = random.bytes(32)
            let nonce = random.bytes(12)
            let context = random.bytes(length % 40)
            let plaintext = random.bytes(length)
            let sealed = try [AESGCM.Engine.sodium, .swiftCrypto].map { engine in
                try AESGCMBytes.seal(plaintext, key, nonce, context, engine)
            }
            #expect(sealed[0] == sealed[1], "\(length) bytes")
            for engine in [AESGCM.Engine.sodium, .swiftCrypto] {
                let opened = AESGCMBytes.open(sealed[0], key, nonce, context, engine)
                #expect(opened == plaintext, "\(length) bytes")
                #expect(AESGCMBytes.open(sealed[0], key, nonce, context + [0], engine) == nil)
            }
        }
    }

    @Test func `a salt of another length is refused`() throws {
        let cobblestone = try Cobblestone(key: SecretKey(copying: [UInt8](repeating: 1, count: 32)))
        for length in [0, 23, 25] {
            #expect(throws: SealingError.invalidLength(byteCount: length)) {
                try cobblestone.seal([], salt: [UInt8](repeating: 0, count: length), context: [])
            }
        }
    }
}

/// The buffer functions of `AESGCM` with arrays.
enum AESGCMBytes {
    static func seal(
        _ plaintext: [UInt8],
        _ key: [UInt8],
        _ nonce: [UInt8],
        _ context: [UInt8],
        _ engine: AESGCM.Engine
    ) throws(SealingError) -> [UInt8] {
        try Bytes.make(plaintext.count + 16) { output throws(SealingError) in
            try Bytes.lend(plaintext, context) { plaintext, context throws(SealingError) in
                try AESGCM.seal(
                    plaintext,
                    key: key,
                    nonce: nonce,
                    authenticating: context,
                    into: output.start,
                    engine: engine
                )
            }
        }
    }

    static func open(
        _ sealed: [UInt8],
        _ key: [UInt8],
        _ nonce: [UInt8],
        _ context: [UInt8],
        _ engine: AESGCM.Engine
    ) -> [UInt8]? {
        try? Bytes.make(max(0, sealed.count - 16)) { output throws(SealingError) in
            let isAuthentic = try Bytes.lend(sealed, context) { sealed, context in
                AESGCM.open(
                    sealed,
                    key: key,
                    nonce: nonce,
                    authenticating: context,
                    into: output.start,
                    engine: engine
                )
            }
            guard isAuthentic else { throw .authenticationFailed }
        }
    }
}
