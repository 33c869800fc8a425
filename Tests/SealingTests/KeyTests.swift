import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Derivation, wrapping, tags and the small AEAD.
struct KeyTests {
    private let key = FixedRandom(seed: 11).bytes(32)
    private var parent: SecretKey { get throws { try SecretKey(copying: key) } }

    @Test func `another label, context or parent gives another key`() throws {
        let base = try KeyDerivation.derive(from: parent, label: "segment", context: [1, 2])
        let same = try KeyDeriver(key: parent).derive(label: "segment", context: [1, 2])
        #expect(base == same)
        let others = try [
            KeyDerivation.derive(from: parent, label: "segmen", context: [0x74, 1, 2]),
            KeyDerivation.derive(from: parent, label: "epoch", context: [1, 2]),
            KeyDerivation.derive(from: parent, label: "segment", context: [1, 2, 0]),
            KeyDerivation.derive(from: parent, label: "segment", context: []),
            KeyDerivation.derive(from: base, label: "segment", context: [1, 2]),
        ]
        for other in others { #expect(other != base) }
    }

    @Test func `reading a segment gives its epochs, never the other way round`() throws {
        let read = try KeyHierarchy.readKey(segment: Array("labs".utf8), patientKey: parent)
        let epoch = try #require(Epoch(bytes: [UInt8](repeating: 5, count: 16)))
        let write = try KeyHierarchy.writeKey(epoch: epoch, readKey: read)
        #expect(write == (try KeyDeriver(key: read).derive(label: "epoch", context: epoch.bytes)))
        #expect(write != read)
    }

    @Test func `a wrapped key unwraps only under its key and context`() throws {
        let secret = try SecretKey.random()
        let vault = try #require(VaultID(bytes: [UInt8](repeating: 1, count: 16)))
        let context = KeyHierarchy.shardContext(vault: vault, shard: 3, generation: 1)
        let wrapped = try KeyWrap.wrap(
            secret,
            under: parent,
            context: context,
            random: FixedRandom()
        )
        #expect(wrapped.count == KeyWrap.wrappedByteCount)
        #expect(try KeyWrap.unwrap(wrapped, under: parent, context: context) == secret)
        let others = [
            KeyHierarchy.shardContext(vault: vault, shard: 4, generation: 1),
            KeyHierarchy.shardContext(vault: vault, shard: 3, generation: 2),
            [],
        ]
        for other in others {
            #expect(throws: SealingError.authenticationFailed) {
                try KeyWrap.unwrap(wrapped, under: parent, context: other)
            }
        }
        #expect(throws: SealingError.authenticationFailed) {
            try KeyWrap.unwrap(wrapped, under: secret, context: context)
        }
    }

    @Test func `every flipped byte and every cut of a wrapped key is refused`() throws {
        let wrapped = try KeyWrap.wrap(
            SecretKey.random(),
            under: parent,
            context: [9],
            random: FixedRandom()
        )
        for place in wrapped.indices {
            var altered = wrapped
            altered[place] ^= 1
            let expected: SealingError =
                place == 0 ? .unsupportedVersion(0) : .authenticationFailed
            #expect(throws: expected) {
                try KeyWrap.unwrap(altered, under: parent, context: [9])
            }
            #expect(throws: SealingError.authenticationFailed) {
                try KeyWrap.unwrap(Array(wrapped[..<place]), under: parent, context: [9])
            }
        }
        #expect(throws: SealingError.authenticationFailed) {
            try KeyWrap.unwrap(wrapped + [0], under: parent, context: [9])
        }
    }

    @Test func `lists of parts that read alike have different tags`() throws {
        let tagger = try Tagger(key: parent)
        let lists: [[[UInt8]]] = [
            [], [[]], [[], []], [[1, 2]], [[1], [2]], [[1, 2], []], [[], [1, 2]], [[0, 0, 0, 0]],
        ]
        let tags = lists.map { tagger.tag16(label: "t", parts: $0) }
        #expect(Set(tags).count == lists.count)
        #expect(tags.allSatisfy { $0.count == 16 })
        #expect(tagger.tag16(label: "u", parts: []) != tags[0])
        #expect(try Tagging.tag16(key: parent, label: "t", parts: [[1], [2]]) == tags[4])
        let typed = tagger.tag(RecordTag.self, label: "t", parts: [[1], [2]])
        #expect(typed.bytes == tags[4])
        let number = tagger.tag(RecordTag.self, label: "t", number: 0x0102)
        #expect(number.bytes == tagger.tag16(label: "t", parts: [[0, 0, 0, 0, 0, 0, 1, 2]]))
    }

    @Test func `AEAD opens what it sealed and nothing else`() throws {
        var random = SeededRandom.forTest()
        for length in [0, 1, 100, 5000] {
            let plaintext = random.bytes(length)
            let nonce = random.bytes(12)
            let sealed = try AEAD.seal(
                plaintext,
                key: parent,
                nonce: nonce,
                authenticating: [1]
            )
            #expect(sealed.count == length + 16)
            let opened = try AEAD.open(sealed, key: parent, nonce: nonce, authenticating: [1])
            #expect(opened == plaintext)
            #expect(throws: SealingError.authenticationFailed) {
                try AEAD.open(sealed, key: parent, nonce: nonce, authenticating: [2])
            }
            #expect(throws: SealingError.authenticationFailed) {
                try AEAD.open(
                    Array(sealed.dropLast()),
                    key: parent,
                    nonce: nonce,
                    authenticating: [1]
                )
            }
            #expect(throws: SealingError.invalidLength(byteCount: 11)) {
                try AEAD.open(
                    sealed,
                    key: parent,
                    nonce: Array(nonce[..<11]),
                    authenticating: [1]
                )
            }
        }
        #expect(throws: SealingError.authenticationFailed) {
            try AEAD.open([], key: parent, nonce: random.bytes(12), authenticating: [])
        }
    }

    @Test func `every error has its own code and tells no secret`() {
        let all: [SealingError] = [
            .authenticationFailed, .unsupportedVersion(9), .unknownDictionary(9),
            .tooLarge(byteCount: 9), .malformedContents, .invalidLength(byteCount: 9),
            .memoryNotLocked, .outOfMemory, .libraryUnavailable, .malformedKeyFile,
            .keyFileTooCostly, .otherVault,
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(all.allSatisfy { $0.code.hasPrefix("sealing.") && !$0.hint.isEmpty })
        #expect(SealingError.authenticationFailed.kind == .integrity)
    }
}
