import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Sealing and opening record versions.
struct RecordTests {
    /// A location whose parts are all different.
    static func location() throws -> RecordLocation {
        func tag<Tag: Tag16>(_ byte: UInt8) throws -> Tag {
            try #require(Tag(bytes: [UInt8](repeating: byte, count: 16)))
        }
        return RecordLocation(
            vault: try tag(1),
            patient: try tag(2),
            segment: try tag(3),
            epoch: try tag(4),
            record: try tag(5),
            version: 6
        )
    }

    private static func record(_ random: inout SeededRandom, _ count: Int) -> [UInt8] {
        // Half noise, half repetition, so that both ways of storing it come up.
        let noise = random.bytes(count / 2)
        return noise + (0..<(count - noise.count)).map { UInt8($0 % 7) }
    }

    @Test func `what was sealed opens, with every codec and many lengths`() throws {
        var random = SeededRandom.forTest()
        let key = try SecretKey(copying: random.bytes(32))
        let (sealer, opener) = (try RecordSealer(writeKey: key), try RecordOpener(writeKey: key))
        let location = try Self.location()
        let lengths = [0, 1, 2, 9, 100, 600, 1800, 16_300, 16_375, 16_384, 70_000, 1_100_000]
        for codec in 0...RecordDictionary.newest {
            for length in lengths {
                let record = Self.record(&random, length)
                let salt = random.bytes(24)
                let sealed = try record.withUnsafeBytes {
                    try sealer.seal($0, at: location, salt: salt, codec: codec)
                }
                let opened = try opener.open(sealed, at: location)
                #expect(opened == record, "codec \(codec), \(length) bytes")
            }
        }
    }

    @Test func `a change of any one part of the location is refused`() throws {
        let key = try SecretKey.random()
        let location = try Self.location()
        let sealed = try RecordSealer(writeKey: key).seal(
            Array("{}".utf8),
            at: location,
            random: SystemRandom()
        )
        let opener = try RecordOpener(writeKey: key)
        #expect(try opener.open(sealed, at: location) == Array("{}".utf8))
        let noise = [UInt8](repeating: 9, count: 16)
        let changes: [(inout RecordLocation) throws -> Void] = [
            { $0.vault = try #require(VaultID(bytes: noise)) },
            { $0.patient = try #require(PatientPseudonym(bytes: noise)) },
            { $0.segment = try #require(SegmentTag(bytes: noise)) },
            { $0.epoch = try #require(Epoch(bytes: noise)) },
            { $0.record = try #require(RecordTag(bytes: noise)) },
            { $0.version = 7 },
            { $0.version = 6 << 24 },
            // Two parts change places.
            {
                let patient = $0.patient.bytes
                $0.patient = try #require(PatientPseudonym(bytes: $0.segment.bytes))
                $0.segment = try #require(SegmentTag(bytes: patient))
            },
        ]
        for change in changes {
            var moved = location
            try change(&moved)
            #expect(throws: SealingError.authenticationFailed) {
                try opener.open(sealed, at: moved)
            }
        }
    }

    @Test func `the location is encoded in its fixed places`() throws {
        let encoded = try Self.location().encoded
        #expect(encoded.count == 102)
        #expect(Array(encoded[..<18]) == Array("patientvault/rec/1".utf8))
        for part in 0..<5 {
            let start = 18 + part * 16
            #expect(encoded[start..<start + 16].allSatisfy { $0 == UInt8(part + 1) })
        }
        #expect(Array(encoded[98...]) == [0, 0, 0, 6])
    }

    @Test func `the sealed length depends on the padded length only`() throws {
        let sealer = try RecordSealer(writeKey: SecretKey.random())
        let location = try Self.location()
        var random = SeededRandom.forTest()
        for length in [100, 500, 2000] {
            let sealed = try sealer.seal(
                random.bytes(length),
                at: location,
                random: SystemRandom()
            )
            let padded = Padme.paddedByteCount(of: RecordContents.headerByteCount + length)
            #expect(sealed.count == 1 + 56 + padded + 16)
        }
    }

    @Test func `a segment's read key opens all its epochs, an epoch's write key only one`() throws {
        let readKey = try SecretKey.random()
        let opener = try SegmentOpener(readKey: readKey)
        var random = SeededRandom.forTest()
        var location = try Self.location()
        for _ in 0..<200 {
            location.epoch = try #require(Epoch(bytes: random.bytes(16)))
            let writeKey = try KeyHierarchy.writeKey(epoch: location.epoch, readKey: readKey)
            let sealed = try RecordSealer(writeKey: writeKey).seal(
                [1, 2, 3],
                at: location,
                random: SystemRandom()
            )
            #expect(try opener.open(sealed, at: location) == [1, 2, 3])
            location.epoch = try #require(Epoch(bytes: random.bytes(16)))
            #expect(throws: SealingError.authenticationFailed) {
                try opener.open(sealed, at: location)
            }
        }
    }

    @Test func `a record over the limit is refused, not cut`() throws {
        let sealer = try RecordSealer(writeKey: SecretKey.random())
        let count = Limits.maximumRecordByteCount + 1
        #expect(throws: SealingError.tooLarge(byteCount: count)) {
            try sealer.seal(
                [UInt8](repeating: 0, count: count),
                at: Self.location(),
                random: SystemRandom()
            )
        }
    }

    @Test func `random bytes never open`() throws {
        var random = SeededRandom.forTest()
        let opener = try RecordOpener(writeKey: SecretKey.random())
        let location = try Self.location()
        for _ in 0..<2_000 {
            var noise = random.bytes(Int.random(in: 0..<300, using: &random))
            if !noise.isEmpty, Bool.random(using: &random) { noise[0] = 1 }
            let expected: SealingError =
                noise.isEmpty || noise[0] == 1
                ? .authenticationFailed : .unsupportedVersion(noise[0])
            #expect(throws: expected) { try opener.open(noise, at: location) }
        }
    }

    @Test func `sealing from many tasks at once gives every record back`() async throws {
        let key = try SecretKey.random()
        let (sealer, opener) = (try RecordSealer(writeKey: key), try RecordOpener(writeKey: key))
        let location = try Self.location()
        let isRight = try await withThrowingTaskGroup(of: Bool.self) { group in
            for seed in 0..<40 {
                group.addTask {
                    var random = SeededRandom(seed: UInt64(seed))
                    for length in 0..<60 {
                        let record = random.bytes(length * 31)
                        let sealed = try sealer.seal(record, at: location, random: SystemRandom())
                        if try opener.open(sealed, at: location) != record { return false }
                    }
                    return true
                }
            }
            return try await group.allSatisfy { $0 }
        }
        #expect(isRight)
    }
}
