import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Shares of a root key: enough give it back, fewer tell nothing, a wrong one is noticed.
struct ShareTests {
    private let vault: VaultID
    private let key: SecretKey

    init() throws {
        vault = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        key = try SecretKey.random()
    }

    private func split(_ count: Int, _ threshold: Int) throws -> [KeyShare] {
        try KeyShares.split(
            key,
            vault: vault,
            count: count,
            threshold: threshold,
            random: SystemRandom()
        )
    }

    /// Multiplication as the standard writes it, to hold the branch-free one against.
    private func slowProduct(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product = 0
        for bit in 0..<8 where b & (1 << bit) != 0 { product ^= Int(a) << bit }
        for bit in stride(from: 14, through: 8, by: -1) where product & (1 << bit) != 0 {
            product ^= 0x11B << (bit - 8)
        }
        return UInt8(product)
    }

    @Test func `the field multiplies and inverts as the standard says`() {
        #expect(GF256.multiply(0x57, 0x83) == 0xC1)
        for a in UInt8.min...UInt8.max {
            for b in UInt8.min...UInt8.max {
                #expect(GF256.multiply(a, b) == slowProduct(a, b))
            }
            #expect(GF256.multiply(a, GF256.inverse(a)) == (a == 0 ? 0 : 1))
        }
    }

    @Test(arguments: [(2, 2), (3, 2), (5, 3), (7, 7), (20, 4), (255, 2)])
    func `any so many shares give the key back, in any order`(count: Int, threshold: Int) throws {
        let shares = try split(count, threshold)
        #expect(shares.count == count)
        var generator = SeededRandom(seed: UInt64(count))
        for _ in 0..<20 {
            let some = Array(shares.shuffled(using: &generator).prefix(threshold))
            #expect(try KeyShares.combine(some, vault: vault) == key)
        }
    }

    @Test func `one share too few is refused and says how many it takes`() throws {
        let shares = try split(5, 3)
        #expect(throws: SealingError.tooFewShares(have: 2, need: 3)) {
            try KeyShares.combine(Array(shares.prefix(2)), vault: vault)
        }
        #expect(throws: SealingError.tooFewShares(have: 0, need: 2)) {
            try KeyShares.combine([], vault: vault)
        }
    }

    @Test func `two shares of three are as likely for every key`() throws {
        // With the third share chosen freely, every first byte of the key can come out.
        let shares = try split(3, 3)
        var seen: Set<UInt8> = []
        for byte in UInt8.min...UInt8.max {
            let known = shares.prefix(2).map { share in share.value.withBytes { $0[0] } }
            // Lagrange weights at zero of the points 1, 2, 3 in this field.
            let weights = [1, 2, 3].map { own in
                [1, 2, 3].filter { $0 != own }.reduce(UInt8(1)) {
                    GF256.multiply(
                        $0,
                        GF256.multiply(UInt8($1), GF256.inverse(UInt8($1 ^ own)))
                    )
                }
            }
            seen.insert(
                GF256.multiply(known[0], weights[0]) ^ GF256.multiply(known[1], weights[1])
                    ^ GF256.multiply(byte, weights[2])
            )
        }
        #expect(seen.count == 256)
    }

    @Test func `the same share twice, two sets and another vault are refused`() throws {
        let shares = try split(4, 2)
        let others = try split(4, 2)
        #expect(throws: SealingError.sharesDisagree) {
            try KeyShares.combine([shares[0], shares[0]], vault: vault)
        }
        #expect(throws: SealingError.sharesDisagree) {
            try KeyShares.combine([shares[0], others[1]], vault: vault)
        }
        let elsewhere = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        #expect(throws: SealingError.otherVault) {
            try KeyShares.combine(shares, vault: elsewhere)
        }
    }

    @Test func `a share reads back only letter for letter`() throws {
        let shares = try split(5, 3)
        let read = try shares.map { try KeyShare(parsing: $0.text) }
        #expect(try KeyShares.combine(Array(read.suffix(3)), vault: vault) == key)
        let text = Array(shares[0].text.utf8)
        for place in text.indices {
            for bit in [1, 0x20] as [UInt8] {
                var altered = text
                altered[place] ^= bit
                #expect(throws: SealingError.malformedShare) {
                    try KeyShare(parsing: String(decoding: altered, as: UTF8.self))
                }
            }
            #expect(throws: SealingError.malformedShare) {
                try KeyShare(parsing: String(decoding: text[..<place], as: UTF8.self))
            }
        }
    }

    @Test func `an altered value under a fresh check is noticed when the shares come together`()
        throws
    {
        let shares = try split(3, 2)
        let forged = KeyShare(
            vault: vault,
            set: shares[0].set,
            number: 1,
            count: 3,
            threshold: 2,
            value: try SecretKey.random(),
            commitment: shares[0].commitment
        )
        let read = try KeyShare(parsing: forged.text)
        #expect(throws: SealingError.sharesDisagree) {
            try KeyShares.combine([read, shares[1]], vault: vault)
        }
    }

    @Test func `numbers that make no sense are refused`() {
        for (count, threshold) in [(1, 1), (2, 1), (2, 3), (256, 2), (0, 0), (5, -1)] {
            #expect(throws: SealingError.invalidShareCount) { try split(count, threshold) }
        }
    }

    @Test func `a share prints no secret`() throws {
        let share = try split(2, 2)[0]
        #expect("\(share)" == "share 1 of 2")
        var dumped = ""
        dump(share, to: &dumped)
        #expect(!dumped.contains("value"))
    }
}
