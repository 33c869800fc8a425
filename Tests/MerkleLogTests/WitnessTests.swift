import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

/// The witness's rules, one by one, and what a log that lies gets.
struct WitnessTests {
    private struct Store: WitnessStore {
        struct Broken: Error {}
        var notes: [String: [UInt8]] = [:]
        var isBroken = false

        func newest(of origin: String) -> [UInt8]? { notes[origin] }
        mutating func keep(_ note: [UInt8], of origin: String) throws {
            if isBroken { throw Broken() }
            notes[origin] = note
        }
    }

    private let log: SampleLog
    private let witness: Witness
    private var store = Store()

    init() throws {
        log = try SampleLog.filled()
        witness = try Witness(key: log.witness, logs: [log.key.verifier])
    }

    private func request(from old: Int, to size: Int, of log: SampleLog? = nil) throws -> [UInt8] {
        let log = log ?? self.log
        return try AddCheckpoint(
            oldSize: UInt64(old),
            checkpoint: log.checkpoint(size: size, isCosigned: false),
            reader: log.hashes
        ).bytes
    }

    private mutating func send(_ body: [UInt8]) -> Witness.Reply {
        witness.answer(body, timestamp: 1_795_334_500, store: &store)
    }

    @Test mutating func `it cosigns each extension, and the line verifies`() throws {
        for (old, size) in [(0, 3), (3, 3), (3, 7), (7, 16)] {
            guard case .cosigned(let line) = send(try request(from: old, to: size)) else {
                Issue.record("\(old) to \(size) was not cosigned")
                return
            }
            let note = try log.checkpoint(size: size, isCosigned: false)
            let signed = try SignedNote(parsing: note.bytes + Array(line.utf8))
            let verdict = signed.verify([log.key.verifier, witness.verifier])
            #expect(verdict.verified.count == 2 && verdict.isAccepted)
        }
    }

    @Test mutating func `it tells the size that it knows, and never goes back`() throws {
        #expect(send(try request(from: 3, to: 7)) == .knows(size: 0))
        _ = send(try request(from: 0, to: 7))
        #expect(send(try request(from: 0, to: 16)) == .knows(size: 7))
        #expect(send(try request(from: 3, to: 5)) == .knows(size: 7))
        let kept = store.notes
        #expect(send(try request(from: 3, to: 3)) == .knows(size: 7))
        #expect(store.notes == kept)
    }

    @Test mutating func `a log that shows two faces gets one cosigned`() throws {
        _ = send(try request(from: 0, to: 7))
        let other = try SampleLog.filled(seed: 2)
        #expect(send(try request(from: 7, to: 7, of: other)) == .refused(.forked))
        #expect(send(try request(from: 7, to: 16, of: other)) == .refused(.notConsistent))
        let kept = try #require(store.notes[SampleLog.origin])
        #expect(kept == (try log.checkpoint(size: 7, isCosigned: false)).bytes)
    }

    @Test mutating func `strangers, unsigned notes and broken forms are refused`() throws {
        let good = String(decoding: try request(from: 0, to: 7), as: UTF8.self)
        func answer(_ text: String) -> Witness.Reply { send(Array(text.utf8)) }
        #expect(
            answer(good.replacing(SampleLog.origin, with: "other.example/log"))
                == .refused(.unknownLog)
        )
        #expect(answer(good.replacing("\n7\n", with: "\n8\n")) == .refused(.notSigned))
        #expect(answer(good.replacing("old 0", with: "old 8")) == .refused(.malformed))
        #expect(answer(good.replacing("old 0", with: "old 00")) == .refused(.malformed))
        #expect(
            answer(good.replacing("old 0", with: "old 0\n\(testLeaf(1).base64)"))
                == .refused(.malformed)
        )
        for bad in ["", "old", "old 0", "old 0\n", "old 0\n\n", "old 0\nx\n\n" + good] {
            #expect(answer(bad) == .refused(.malformed), "\(bad.prefix(20))")
        }
        let long = "old 1\n" + String(repeating: testLeaf(1).base64 + "\n", count: 64) + "\n"
        #expect(answer(long + good.dropFirst(7)) == .refused(.malformed))
        #expect(store.notes.isEmpty)
    }

    @Test mutating func `what cannot be kept is not cosigned`() throws {
        store.isBroken = true
        #expect(send(try request(from: 0, to: 7)) == .refused(.notKept))
        store.isBroken = false
        store.notes[SampleLog.origin] = [1, 2, 3]
        #expect(send(try request(from: 0, to: 7)) == .refused(.notKept))
    }

    @Test mutating func `no bytes make it fall over`() throws {
        var random = SeededRandom.forTest()
        let good = try request(from: 0, to: 7)
        for _ in 0..<2_000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let reply = send(bytes)
            if case .cosigned = reply { #expect(bytes == good) }
            store.notes = [:]
        }
    }
}
