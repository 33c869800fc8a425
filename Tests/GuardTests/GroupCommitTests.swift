import Foundation
import MerkleLog
import Sealing
import Synchronization
import Testing
import VaultCore

@testable import Guard

/// One flush for callers that wait together; no answer before it, none after one that failed.
struct GroupCommitTests {
    private let disk = GatedDisk()
    private let group: GroupCommit
    private let sealer = SectionSealer(random: SystemRandom())
    private let key: SectionKey

    init() throws {
        group = GroupCommit(
            storage: disk,
            stateKey: try SecretKey.random(),
            random: SystemRandom()
        )
        key = try #require(SectionKey(SystemRandom().bytes(32)))
    }

    private func batch(_ index: UInt64) throws -> StagedBatch {
        let routing = try #require(RoutingTag(bytes: SystemRandom().bytes(16)))
        let entry = try sealer.seal(
            header: EntryHeader(kind: .system, time: Instant(microseconds: 1)),
            headerRouting: routing,
            headerKey: key,
            parts: []
        )
        return StagedBatch(
            firstIndex: index,
            entries: [entry.bytes],
            leaves: [entry.leaf]
        )
    }

    /// Starts a caller that stages one entry and waits for it; its answer comes later.
    private func caller(_ index: UInt64, _ answers: Answers) throws {
        let number = try group.stage(try batch(index))
        let group = group
        Thread.detachNewThread {
            do {
                try group.wait(for: number)
                answers.add(index, nil)
            } catch { answers.add(index, error) }
        }
    }

    /// Stages one entry and holds its answer back.
    private func held(_ index: UInt64, _ answers: Answers) throws {
        group.hold(until: try group.stage(try batch(index))) { answers.add(index, $0) }
    }

    @Test func `callers that come during a flush share the next one`() throws {
        let answers = Answers()
        try caller(0, answers)
        disk.waitUntilFlushing()
        for index in 1...15 as ClosedRange<UInt64> { try caller(index, answers) }
        #expect(answers.count == 0)
        disk.open(1)
        answers.wait(for: 1)
        disk.waitUntilFlushing()
        #expect(answers.count == 1)
        disk.open(1)
        answers.wait(for: 16)
        #expect(disk.flushes == [1, 15])
        #expect(answers.failures == 0)
        #expect(group.durable == 16)
    }

    @Test func `one caller alone flushes itself and waits for nobody`() throws {
        disk.open(3)
        for index in 0..<3 as Range<UInt64> {
            try group.wait(for: try group.stage(try batch(index)))
        }
        #expect(disk.flushes == [1, 1, 1])
    }

    @Test func `after a failed flush nobody who waited gets an answer and nothing is tried again`()
        throws
    {
        let answers = Answers()
        try caller(0, answers)
        disk.waitUntilFlushing()
        for index in 1...7 as ClosedRange<UInt64> { try caller(index, answers) }
        disk.fail()
        disk.open(1)
        answers.wait(for: 8)
        #expect(answers.failures == 8)
        #expect(disk.flushes == [1])
        #expect(group.hasFailed)
        #expect(group.durable == 0)
        #expect(throws: GuardError.sealed) { try group.stage(try batch(8)) }
        #expect(throws: (any Error).self) { try group.wait(for: 1) }
    }

    @Test func `an answer that is held back is told of when the disk has it, and no thread waits`()
        throws
    {
        let answers = Answers()
        try held(0, answers)
        disk.waitUntilFlushing()
        for index in 1...15 as ClosedRange<UInt64> { try held(index, answers) }
        #expect(answers.count == 0)
        disk.open(1)
        answers.wait(for: 1)
        disk.waitUntilFlushing()
        #expect(answers.count == 1)
        disk.open(1)
        answers.wait(for: 16)
        #expect(disk.flushes == [1, 15])
        #expect(answers.failures == 0)
        // What is durable already is told of at once.
        group.hold(until: 3) { answers.add(99, $0) }
        #expect(answers.count == 17)
    }

    @Test func `what came together shares the flush that is started afterwards`() throws {
        let answers = Answers()
        let starts = Mutex<[@Sendable () -> Void]>([])
        for index in 0...3 as ClosedRange<UInt64> {
            let number = try group.stage(try batch(index))
            group.hold(until: number, { answers.add(index, $0) }) { start in
                starts.withLock { $0.append(start) }
            }
        }
        #expect(disk.flushes.isEmpty && answers.count == 0)
        for start in starts.withLock({ $0 }) { start() }
        disk.waitUntilFlushing()
        disk.open(1)
        answers.wait(for: 4)
        #expect(disk.flushes == [4] && answers.failures == 0)
    }

    @Test func `who waits and who holds back are served by the same flushes`() throws {
        let answers = Answers()
        try caller(0, answers)
        disk.waitUntilFlushing()
        try held(1, answers)
        try caller(2, answers)
        try held(3, answers)
        disk.open(2)
        answers.wait(for: 4)
        #expect(disk.flushes == [1, 3])
    }

    @Test func `an answer that is held back is dropped when the flush fails`() throws {
        let answers = Answers()
        try held(0, answers)
        disk.waitUntilFlushing()
        for index in 1...7 as ClosedRange<UInt64> { try held(index, answers) }
        disk.fail()
        disk.open(1)
        answers.wait(for: 8)
        #expect(answers.failures == 8)
        #expect(disk.flushes == [1])
        group.hold(until: 1) { answers.add(99, $0) }
        #expect(answers.failures == 9)
    }

    @Test func `under a hold for disclosures whoever gets keys still waits`() throws {
        let number = try group.stage(try batch(0))
        let (response, all) = (AnswerHold(.disclosures), AnswerHold(.everything))
        #expect(!response.takes(group, until: number, isDisclosure: false))
        #expect(response.takes(group, until: number, isDisclosure: true))
        #expect(all.takes(group, until: number, isDisclosure: false))
        let other = GroupCommit(
            storage: disk,
            stateKey: try SecretKey.random(),
            random: SystemRandom()
        )
        #expect(!all.takes(other, until: 1, isDisclosure: false))
        let answers = Answers()
        all.end { answers.add(0, $0) }
        response.end { answers.add(1, $0) }
        disk.waitUntilFlushing()
        #expect(answers.count == 0)
        disk.open(1)
        answers.wait(for: 2)
        #expect(answers.failures == 0)
    }

    @Test func `what the disk gives back differently is not acknowledged`() throws {
        disk.open(1)
        disk.flip()
        let number = try group.stage(try batch(0))
        #expect(throws: GuardError.readBackMismatch) { try group.wait(for: number) }
        #expect(group.hasFailed)
    }

    @Test func `of two values for one item the one staged last is kept`() throws {
        var first = try batch(0)
        let place = GuardState.ItemKey(kind: .meta, key: [1])
        first.items[place] = [1]
        var second = try batch(1)
        second.items[place] = .some(nil)
        first.append(second)
        #expect(first.entries.count == 2 && first.leaves.count == 2)
        #expect(first.items[place] == .some(nil))
    }
}

/// Answers of callers, as they come.
private final class Answers: Sendable {
    private let found = Mutex<[UInt64: Bool]>([:])
    private let more = DispatchSemaphore(value: 0)

    func add(_ index: UInt64, _ error: (any Error)?) {
        found.withLock { $0[index] = error != nil }
        more.signal()
    }

    var count: Int { found.withLock { $0.count } }
    var failures: Int { found.withLock { $0.values.count { $0 } } }

    func wait(for count: Int) { while self.count < count { more.wait() } }
}

/// A disk whose flushes wait until a test lets them end.
private final class GatedDisk: GuardStorage {
    private struct Kept {
        var entries: [[UInt8]] = []
        var flushes: [Int] = []
        var fails = false
        var flips = false
    }

    private let kept = Mutex(Kept())
    private let begun = DispatchSemaphore(value: 0)
    private let gate = DispatchSemaphore(value: 0)

    var flushes: [Int] { kept.withLock { $0.flushes } }

    func waitUntilFlushing() { begun.wait() }
    func open(_ count: Int) { for _ in 0..<count { gate.signal() } }
    func fail() { kept.withLock { $0.fails = true } }
    func flip() { kept.withLock { $0.flips = true } }

    func commit(_ batch: StorageBatch) throws {
        begun.signal()
        gate.wait()
        try kept.withLock { kept in
            kept.flushes.append(batch.entries.count)
            if kept.fails { throw GuardError.readBackMismatch }
            kept.entries += batch.entries
            if kept.flips, let last = kept.entries.last {
                kept.entries[kept.entries.count - 1][last.count - 1] ^= 1
            }
        }
    }

    func logSize() throws -> UInt64 { kept.withLock { UInt64($0.entries.count) } }
    func entry(at index: UInt64) throws -> [UInt8]? { kept.withLock { $0.entries[Int(index)] } }
    func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let entries = kept.withLock { $0.entries }
        for index in range where index < entries.count {
            if try !entries[Int(index)].withUnsafeBytes({ try body(index, $0) }) { return }
        }
    }
    func node(at position: HashPosition) throws -> MerkleHash? { nil }
    func lastCheckpoint() throws -> String? { nil }
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? { nil }
    func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {}
    func itemCount(_ kind: ItemKind) throws -> Int { 0 }
    func structuralProblems() throws -> [String] { [] }
    func forgetOldValues() throws {}
    func close() throws {}
}
