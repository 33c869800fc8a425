internal import Dispatch
internal import MerkleLog
internal import Sealing
internal import Synchronization
internal import VaultCore

/// What one use case staged, on its way to the disk.
struct StagedBatch {
    var firstIndex: UInt64
    var entries: [[UInt8]] = []
    /// Leaf hashes of ``entries``, to be found again in what the disk gives back.
    var leaves: [MerkleHash] = []
    var nodes: [PlacedHash] = []
    /// Not sealed yet; `nil` deletes.
    var items: [GuardState.ItemKey: [UInt8]?] = [:]
    /// Kept as they are, under no key of the state.
    var unsealed: [ItemChange] = []
    var checkpoint: String?
    /// The log's edge after ``entries``; its root is computed once for a flush, not for each of its entries.
    var edge: CompactRange?

    var isEmpty: Bool {
        entries.isEmpty && items.isEmpty && unsealed.isEmpty && checkpoint == nil
    }

    /// Takes what was staged after this.
    mutating func append(_ next: StagedBatch) {
        entries += next.entries
        leaves += next.leaves
        nodes += next.nodes
        items.merge(next.items) { $1 }
        unsealed += next.unsealed
        checkpoint = next.checkpoint ?? checkpoint
        edge = next.edge ?? edge
    }
}

/// Makes what concurrent callers staged durable in one flush.
///
/// Callers stage under the Guard's lock and hand over here; nobody holds that lock while the disk works.
/// The first who waits flushes everything that is there, the others wait for it; who comes meanwhile is in
/// the next flush. So one caller alone never waits for anybody, and nobody waits for more than the flush
/// under way and the next one. Who holds an answer back instead of waiting (``AnswerHold``) is told; a thread
/// of this object's own then flushes. A flush is one transaction, in the order of staging, and counts only after
/// the entries that the disk gives back have the hashes that were staged. The first that fails is the last:
/// what a failed fsync left is unknown, it is never tried again, and nobody who waited gets an answer.
final class GroupCommit: Sendable {
    private struct Queue {
        var waiting: StagedBatch?
        /// Number of the newest batch handed over.
        var staged: UInt64 = 0
        /// Number of the newest batch that is durable.
        var durable: UInt64 = 0
        var isFlushing = false
        /// Whether the own thread has work, or was given some.
        var isDriven = false
        var failure: (any Error)?
        /// Who is told instead of waiting.
        var held: [Held] = []
    }

    private struct Held {
        var number: UInt64
        var tell: @Sendable ((any Error)?) -> Void
    }

    private enum Turn {
        case done
        case flush(StagedBatch, upTo: UInt64)
    }

    private let queue = Monitor(Queue())
    private let storage: any GuardStorage
    private let stateKey: Mutex<SecretKey>
    private let random: any RandomSource
    private let driver = DispatchQueue(label: "patientvault.flush", qos: .userInitiated)

    init(storage: any GuardStorage, stateKey: SecretKey, random: any RandomSource) {
        self.storage = storage
        self.stateKey = Mutex(stateKey)
        self.random = random
    }

    /// Seals items under another key from now on; the ring that holds it is durable.
    func seal(under key: SecretKey) { stateKey.withLock { $0 = key } }

    /// Whether a flush has failed; then nothing is accepted any more.
    var hasFailed: Bool { queue.withLock { $0.failure != nil } }

    /// Number of the newest durable batch.
    var durable: UInt64 { queue.withLock { $0.durable } }

    /// Hands a batch over; call in the order of staging.
    ///
    /// - Returns: Its number, for ``wait(for:)``.
    func stage(_ batch: StagedBatch) throws -> UInt64 {
        try queue.withLock { queue in
            guard queue.failure == nil else { throw GuardError.sealed }
            if queue.waiting?.append(batch) == nil { queue.waiting = batch }
            queue.staged += 1
            return queue.staged
        }
    }

    /// Returns when a batch and all before it are durable; flushes itself where nobody else does.
    ///
    /// - Throws: What the flush threw; then nothing of it may be relied on, and the Guard has stopped.
    func wait(for number: UInt64) throws {
        while case .flush(let batch, let last) = try queue.wait(until: {
            try turn(for: number, &$0)
        }) {
            if let failure = flush(batch, upTo: last) { throw failure }
        }
    }

    /// Tells somebody once a batch and all before it are durable, or why they never will be.
    ///
    /// - Parameters:
    ///   - number: Of the batch.
    ///   - tell: Called once, on any thread, at once where it is durable already; gets what the flush threw.
    ///   - start: Given what starts a flush where nobody does, to be called soon.
    func hold(
        until number: UInt64,
        _ tell: @escaping @Sendable ((any Error)?) -> Void,
        starting start: (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        let outcome: (isKnown: Bool, failure: (any Error)?) = queue.withLock { queue in
            if queue.durable >= number { return (true, nil) }
            if let failure = queue.failure { return (true, failure) }
            queue.held.append(Held(number: number, tell: tell))
            return (false, nil)
        }
        if outcome.isKnown { tell(outcome.failure) } else { start { self.drive() } }
    }

    /// Has the own thread flush, where somebody holds an answer back and nobody flushes.
    private func drive() {
        let isDue = queue.withLock { queue in
            guard !queue.isDriven, !queue.isFlushing, !queue.held.isEmpty, queue.waiting != nil
            else { return false }
            queue.isDriven = true
            return true
        }
        guard isDue else { return }
        driver.async { [self] in
            while let (batch, last) = nextDriven() { _ = flush(batch, upTo: last) }
        }
    }

    /// The next batch for the own thread; `nil` where there is nothing to flush, or somebody else does.
    private func nextDriven() -> (StagedBatch, UInt64)? {
        queue.withLock { queue in
            guard !queue.isFlushing, queue.failure == nil, let batch = queue.waiting else {
                queue.isDriven = false
                return nil
            }
            queue.waiting = nil
            queue.isFlushing = true
            return (batch, queue.staged)
        }
    }

    /// Flushes a batch that was taken from the queue, and tells everybody who waits for it.
    private func flush(_ batch: StagedBatch, upTo last: UInt64) -> (any Error)? {
        let failure: (any Error)?
        do {
            try flush(batch)
            failure = nil
        } catch let error { failure = error }
        let due = queue.withLock { queue in
            queue.isFlushing = false
            if let failure { queue.failure = failure } else { queue.durable = last }
            let durable = queue.durable
            let isDue = { (held: Held) in failure != nil || held.number <= durable }
            let due = queue.held.filter(isDue)
            queue.held.removeAll(where: isDue)
            return due
        }
        queue.wakeAll()
        for held in due { held.tell(failure) }
        drive()
        return failure
    }

    /// What a waiting caller does next; `nil` to wait on.
    private func turn(for number: UInt64, _ queue: inout Queue) throws -> Turn? {
        if queue.durable >= number { return .done }
        if let failure = queue.failure { throw failure }
        guard !queue.isFlushing, let batch = queue.waiting else { return nil }
        queue.waiting = nil
        queue.isFlushing = true
        return .flush(batch, upTo: queue.staged)
    }

    private func flush(_ staged: StagedBatch) throws {
        var staged = staged
        if let edge = staged.edge { staged.items[GuardState.edgeItem] = edge.edge }
        var batch = StorageBatch(
            firstIndex: staged.firstIndex,
            entries: staged.entries,
            nodes: staged.nodes,
            items: staged.unsealed,
            checkpoint: staged.checkpoint
        )
        let key = stateKey.withLock { $0 }
        batch.items.reserveCapacity(staged.items.count + staged.unsealed.count)
        for (item, value) in staged.items {
            let sealed = try value.map {
                try SealedItem.seal(
                    $0,
                    kind: item.kind,
                    key: item.key,
                    with: key,
                    random: random
                )
            }
            batch.items.append(ItemChange(kind: item.kind, key: item.key, value: sealed))
        }
        // CRASH: before the flush inside `commit` ends nothing of this batch exists; after it all does.
        try storage.commit(batch)
        try readBack(staged)
    }

    /// Hashes what the disk gives back, not what is in memory.
    private func readBack(_ staged: StagedBatch) throws {
        guard !staged.entries.isEmpty else { return }
        var offset = 0
        let range = staged.firstIndex..<staged.firstIndex + UInt64(staged.entries.count)
        try storage.forEachEntry(in: range) { _, bytes in
            guard offset < staged.leaves.count,
                try EntryCodec.leafHash(ofStored: bytes) == staged.leaves[offset]
            else { throw GuardError.readBackMismatch }
            offset += 1
            return true
        }
        guard offset == staged.leaves.count else { throw GuardError.readBackMismatch }
    }
}
