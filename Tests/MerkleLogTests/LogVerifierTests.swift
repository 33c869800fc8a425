import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct LogVerifierTests {
    private let log: SampleLog
    private let head: Checkpoint
    private let earlier: Checkpoint

    init() throws {
        log = try SampleLog.filled()
        head = try Checkpoint(text: try log.checkpoint().text)
        earlier = try Checkpoint(text: try log.checkpoint(size: 9).text)
    }

    private func problems(_ entries: [[UInt8]], _ checkpoints: [Checkpoint]) -> [LogProblem] {
        var verifier = LogVerifier(checkpoints: checkpoints)
        for entry in entries { verifier.add(entry) }
        verifier.finish()
        return verifier.problems
    }

    @Test func `an untouched log passes under all its checkpoints`() throws {
        let stored = log.entries.map(\.bytes)
        #expect(problems(stored, [head, earlier]).isEmpty)
        var first = LogVerifier(checkpoints: [earlier])
        for entry in stored[..<9] { first.add(entry) }
        var second = LogVerifier(
            tree: first.tree,
            lastTime: first.lastTime,
            checkpoints: [head, earlier]
        )
        for entry in stored[9...] { second.add(entry) }
        second.finish()
        #expect(first.problems.isEmpty && second.problems.isEmpty)
        #expect(second.tree.root == log.tree.root)
    }

    @Test func `a change, removal, repetition, exchange or cut is found`() throws {
        let stored = log.entries.map(\.bytes)
        for place in stored.indices {
            var changed = stored
            changed[place][40] ^= 1
            #expect(problems(changed, [head]) == [.rootDiffers(size: 16)])
            var removed = stored
            removed.remove(at: place)
            #expect(
                problems(removed, [head]) == [.shorterThanCheckpoint(size: 16, found: 15)]
            )
            var repeated = stored
            repeated.insert(stored[place], at: place)
            #expect(problems(repeated, [head]) == [.rootDiffers(size: 16)] || place == 15)
            if place > 0 {
                var exchanged = stored
                exchanged.swapAt(place, place - 1)
                #expect(problems(exchanged, [head]).count == 2)
            }
        }
        #expect(
            problems(Array(stored[..<12]), [head, earlier])
                == [.shorterThanCheckpoint(size: 16, found: 12)]
        )
    }

    @Test func `a time that runs backwards is found where it does`() throws {
        var changed = log.entries.map(\.bytes)
        changed[5][4] -= 1
        #expect(problems(changed, []) == [.timeRunsBackwards(index: 5)])
    }

    @Test func `a broken entry is one finding and the pass goes on`() throws {
        var changed = log.entries.map(\.bytes)
        changed[4].removeLast()
        #expect(
            problems(changed, [head]) == [.malformedEntry(index: 4), .rootDiffers(size: 16)]
        )
        var verifier = LogVerifier()
        for _ in 0..<300 { verifier.add([]) }
        #expect(verifier.problems.count == 100 && verifier.problemCount == 300)
    }

    @Test func `the hashes that were stored can be compared in the same pass`() throws {
        var verifier = LogVerifier()
        var seen: [PlacedHash] = []
        for entry in log.entries {
            _ = entry.bytes.withUnsafeBytes { bytes in
                verifier.add(bytes) { seen.append($0) }
            }
        }
        #expect(try log.hashes.hashes(at: seen.map(\.position)) == seen.map(\.hash))
        #expect(UInt64(seen.count) == HashPosition.storedCount(size: 16))
    }
}
