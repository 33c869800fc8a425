import Testing
import VaultTestSupport

@testable import Sealing

/// Keys and passphrases in memory.
@Suite(.serialized) struct SecretKeyTests {  // Counts slots of one process-wide slab.
    @Test func `a key holds the bytes it was given and gives its slot back zeroed`() throws {
        let bytes = [UInt8](1...32)
        var slot: UnsafeRawPointer?
        try {
            let key = try SecretKey(copying: bytes)
            key.withBytes {
                #expect(Array($0) == bytes)
                slot = $0.baseAddress
            }
        }()
        // The slab keeps its pages, so the slot can still be looked at.
        let after = try #require(slot)
        #expect(
            (0..<32).map { after.load(fromByteOffset: $0, as: UInt8.self) }
                == [UInt8](repeating: 0, count: 32)
        )
    }

    @Test func `only 32 bytes make a key`() {
        for count in [0, 1, 31, 33, 64] {
            #expect(throws: SealingError.invalidLength(byteCount: count)) {
                try SecretKey(copying: [UInt8](repeating: 1, count: count))
            }
        }
    }

    @Test func `no two of five thousand live keys share a byte of memory`() throws {
        var random = SeededRandom.forTest()
        let slab = LockedSlab(slotByteCount: 32)
        var slots: [UInt] = []
        for _ in 0..<5_000 { slots.append(UInt(bitPattern: try slab.take())) }
        #expect(slab.usedSlotCount == 5_000)
        let sorted = slots.sorted()
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 >= 32 })
        slots.shuffle(using: &random)
        for slot in slots { slab.giveBack(try #require(UnsafeMutableRawPointer(bitPattern: slot))) }
        #expect(slab.usedSlotCount == 0)
        _ = try slab.take()
        #expect(slab.usedSlotCount == 1)
    }

    @Test func `keys are equal when their bytes are`() throws {
        let one = try SecretKey(copying: [UInt8](repeating: 7, count: 32))
        #expect(try one == SecretKey(copying: [UInt8](repeating: 7, count: 32)))
        for place in 0..<32 {
            var other = [UInt8](repeating: 7, count: 32)
            other[place] = 8
            #expect(try one != SecretKey(copying: other))
        }
    }

    @Test func `random keys differ, and an injected source decides them`() throws {
        #expect(try SecretKey.random() != SecretKey.random())
        #expect(
            try SecretKey.random(from: FixedRandom(seed: 3))
                == SecretKey(copying: FixedRandom(seed: 3).bytes(32))
        )
        #expect(SystemRandom().bytes(0).isEmpty)
        #expect(SystemRandom().bytes(24) != SystemRandom().bytes(24))
    }

    @Test func `buffered bytes are the source's, each handed out once`() {
        let source = FixedRandom(seed: 9)
        let buffered = BufferedRandom(source: source)
        var drawn: [UInt8] = []
        while drawn.count + 24 <= 4096 { drawn += buffered.bytes(24) }
        #expect(drawn == Array(source.bytes(4096)[..<drawn.count]))
        // What is left of a batch is dropped rather than joined to the next.
        #expect(buffered.bytes(24) == Array(source.bytes(24)))
        #expect(buffered.bytes(0).isEmpty)
        #expect(buffered.bytes(5000).count == 5000)
        let system = BufferedRandom()
        #expect(Set((0..<1000).map { _ in system.bytes(24) }).count == 1000)
    }

    @Test func `printing and dumping show nothing`() throws {
        let key = try SecretKey(copying: Array("canary-canary-canary-canary-cana".utf8))
        let secret = try SecretBytes(copying: "canary passphrase")
        var text = "\(key) \(String(reflecting: key)) \(secret) \(String(reflecting: secret))"
        dump(key, to: &text)
        dump(secret, to: &text)
        dump((key, [secret]), to: &text)
        #expect(!text.contains("canary"))
        #expect(!text.contains("99, 97, 110"))
        #expect(text.contains("<redacted>"))
    }

    @Test func `a passphrase takes the bytes away from the array it came in`() throws {
        var typed = Array("correct horse".utf8)
        let secret = try SecretBytes(taking: &typed)
        #expect(typed.isEmpty)
        #expect(secret.withBytes { Array($0) } == Array("correct horse".utf8))
        #expect(secret.count == 13)
        #expect(try SecretBytes(copying: "").withBytes { $0.count } == 0)
        var tooLong = [UInt8](repeating: 1, count: 4097)
        #expect(throws: SealingError.invalidLength(byteCount: 4097)) {
            try SecretBytes(taking: &tooLong)
        }
        #expect(tooLong.isEmpty)
    }

    @Test func `core dumps are switched off`() {
        let verdict = ProcessHardening.disableCoreDumps()
        #expect(verdict.isProtected)
        #expect(verdict.sizeLimit == .done)
    }
}
