import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Authentic contents that a faulty or malicious writer with the key could have laid out wrongly.
struct RecordContentsTests {
    private let key = FixedRandom(seed: 21).bytes(32)

    /// Seals contents as they are and opens them as a record.
    private func open(_ contents: [UInt8]) throws -> [UInt8] {
        let key = try SecretKey(copying: key)
        let location = try RecordTests.location()
        let body = try Cobblestone(key: key).seal(
            contents,
            salt: FixedRandom().bytes(24),
            context: location.encoded
        )
        return try RecordOpener(writeKey: key).open([1] + body, at: location)
    }

    private func contents(
        codec: UInt8,
        body: [UInt8],
        stated: Int? = nil,
        original: Int,
        padding: [UInt8]? = nil
    ) -> [UInt8] {
        func bigEndian(_ number: Int) -> [UInt8] {
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        let start =
            [codec] + bigEndian(stated ?? body.count) + bigEndian(original) + body
        let missing = Padme.paddedByteCount(of: start.count) - start.count
        return start + (padding ?? [UInt8](repeating: 0, count: missing))
    }

    @Test func `well laid out contents open`() throws {
        let body = [UInt8](1...30)
        #expect(try open(contents(codec: 0, body: body, original: 30)) == body)
    }

    @Test func `compacted bytes expand to what they were, and no cut of them to anything`() throws {
        let texts: [[UInt8]] = [
            [], [0], Array("{\"resourceType\":\"Patient\",\"id\":\"a\"}".utf8),
            [UInt8](repeating: 0x61, count: 100_000), FixedRandom(seed: 5).bytes(3_000),
        ]
        for text in texts {
            let short = try Compaction.compacted(text)
            #expect(try Compaction.expanded(short) == text)
            #expect(short.count <= text.count + text.count / 8 + 16)
            for cut in stride(from: 0, to: short.count, by: max(1, short.count / 50)) {
                #expect((try? Compaction.expanded(Array(short[..<cut]))) != text)
            }
        }
        #expect(try Compaction.compacted(texts[3]).count < 200)
    }

    @Test func `wrongly laid out contents are malformed`() throws {
        let body = [UInt8](1...30)
        let wrong: [[UInt8]] = [
            [], [0], [UInt8](repeating: 0, count: 8),
            contents(codec: 0, body: body, original: 29),
            contents(codec: 0, body: body, original: 31),
            contents(codec: 0, body: body, stated: 29, original: 29),
            contents(codec: 0, body: body, stated: 31, original: 31, padding: []),
            contents(codec: 0, body: body, stated: 0xFFFF_FFFF, original: 30),
            contents(codec: 0, body: body, original: 30, padding: [1]),
            contents(codec: 0, body: body, original: 30, padding: [0, 0]),
            contents(codec: 0, body: body + [0, 0], stated: 30, original: 30),
            contents(codec: 1, body: body, original: 30),
            contents(codec: 1, body: [], original: 0),
            contents(codec: 1, body: body, original: 31),
        ]
        for (index, contents) in wrong.enumerated() {
            #expect(throws: SealingError.malformedContents, "form \(index)") {
                try open(contents)
            }
        }
    }

    @Test func `an unknown codec is named`() throws {
        #expect(throws: SealingError.unknownDictionary(255)) {
            try open(contents(codec: 255, body: [1, 2], original: 30))
        }
    }

    @Test func `a length over the limit is refused before memory is asked for`() throws {
        let stated = Limits.maximumRecordByteCount + 1
        #expect(throws: SealingError.tooLarge(byteCount: stated)) {
            try open(contents(codec: 1, body: [1, 2], original: stated))
        }
    }

    @Test func `a bomb stops at the length it states`() throws {
        let zeros = [UInt8](repeating: 0, count: 100_000)
        let honest = try SealingWorkspace.lend { workspace throws(SealingError) in
            try Bytes.lend(zeros) { zeros throws(SealingError) in
                Array(try RecordContents.make(zeros, codec: 1, in: workspace))
            }
        }
        #expect(try open(honest) == zeros)
        for (place, byte) in [(7, UInt8(0)), (6, 0), (8, 1), (6, 2)] {
            var lying = honest
            lying[place] = byte
            #expect(throws: SealingError.malformedContents) { try open(lying) }
        }
    }
}
