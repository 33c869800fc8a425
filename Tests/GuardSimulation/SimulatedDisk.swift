import Guard
import MerkleLog
import VaultCore

/// What a disk holds.
struct DiskImage {
    var entries: [[UInt8]] = []
    var nodes: [HashPosition: MerkleHash] = [:]
    var items: [ItemKind: [[UInt8]: [UInt8]]] = [:]
    var checkpoint: String?

    var size: UInt64 { UInt64(entries.count) }

    mutating func take(_ batch: StorageBatch) {
        entries += batch.entries
        for node in batch.nodes { nodes[node.position] = node.hash }
        for item in batch.items { items[item.kind, default: [:]][item.key] = item.value }
        checkpoint = batch.checkpoint ?? checkpoint
    }

    /// Whether an entry stands where it was said to stand.
    func holds(_ receipt: Receipt) -> Bool {
        guard receipt.index < size,
            let leaf = try? EntryCodec.leafHash(ofStored: entries[Int(receipt.index)])
        else { return false }
        return leaf.bytes == receipt.leafHash
    }
}

/// How a write goes wrong.
enum DiskFault: String, CaseIterable {
    /// Nothing is written, and an error says so.
    case refused
    /// The flush fails: what was written can be read until the machine stops, and is gone then.
    case flushFailedLost
    /// The flush fails, and the batch is there all the same when the machine starts again.
    case flushFailedKept
    /// The machine stops with the batch written and not flushed; it is gone.
    case killedLost
    /// The machine stops before the flush ends; the batch is there.
    case killedKept
    /// The machine stops after the flush, before anybody hears of it.
    case killedAfter
    /// A bit of an entry is kept differently, and no error says so.
    case flipped
    /// Nothing is kept of a batch with entries, and no error says so.
    case dropped
    /// The last two entries change places, and no error says so.
    case swapped
}

/// The disk failed, or the machine stopped.
struct DiskTrouble: Failure {
    var kind: FailureKind { .inputOutput }
    var code: String { "simulation.disk" }
    var message: String { "the simulated disk failed" }
    var hint: String { "none" }
}

/// A disk that tells what is written from what is flushed, and fails where a schedule says so.
///
/// Below ``GuardStorage`` a batch is there whole or not at all: that SQLite keeps this under torn and reordered
/// sectors is shown on real files by `Scripts/power-loss`.
final class SimulatedDisk: GuardStorage, @unchecked Sendable {
    // SAFETY: a schedule and everything that belongs to it run on one thread.
    /// What is still there after the machine stopped.
    private(set) var kept: DiskImage
    /// What readers get.
    private(set) var seen: DiskImage
    /// What the next write suffers.
    var fault: DiskFault?
    var isFull = false
    /// Runs between write and flush, while no lock is held.
    var duringFlush: () -> Void = {}
    /// The machine has stopped: nothing answers until it starts again.
    private(set) var isDead = false
    /// A write has failed since the last start.
    private(set) var hasFailed = false
    /// What is kept is not what was written.
    private(set) var isDamaged = false
    /// What a caller did that no caller may do.
    private(set) var offence: String?
    private var isCommitting = false
    private var appearsAtStart: StorageBatch?

    init(_ image: DiskImage) {
        kept = image
        seen = image
    }

    /// The machine starts again: only what was flushed is there, and perhaps what a failed flush left.
    func start() {
        if let batch = appearsAtStart { kept.take(batch) }
        appearsAtStart = nil
        seen = kept
        fault = nil
        isFull = false
        isDead = false
        hasFailed = false
    }

    /// Somebody puts other contents in the place of these.
    func replace(with image: DiskImage) {
        kept = image
        seen = image
    }

    func commit(_ batch: StorageBatch) throws {
        if isCommitting { offence = "two writes at once" }
        if hasFailed, !isDead { offence = "a write after one that failed" }
        if !batch.entries.isEmpty, batch.firstIndex != seen.size { offence = "a gap in the log" }
        let fault = isFull ? .refused : self.fault
        self.fault = nil
        guard !isDead, fault != .refused else { throw failed() }
        isCommitting = true
        defer { isCommitting = false }
        switch fault {
        case .flipped where !batch.entries.isEmpty, .swapped where batch.entries.count > 1:
            keep(batch, damagedBy: fault)
            return
        case .dropped where !batch.entries.isEmpty: return
        default: break
        }
        seen.take(batch)
        duringFlush()
        switch fault {
        case .flushFailedLost: throw failed()
        case .flushFailedKept:
            appearsAtStart = batch
            throw failed()
        case .killedLost:
            isDead = true
            throw failed()
        case .killedKept:
            isDead = true
            kept.take(batch)
            throw failed()
        case .killedAfter:
            kept.take(batch)
            isDead = true
            throw failed()
        default: kept.take(batch)
        }
    }

    private func failed() -> DiskTrouble {
        hasFailed = true
        return DiskTrouble()
    }

    private func keep(_ batch: StorageBatch, damagedBy fault: DiskFault?) {
        var batch = batch
        let last = batch.entries.count - 1
        if fault == .flipped {
            batch.entries[last][batch.entries[last].count / 2] ^= 1
        } else {
            batch.entries.swapAt(last, last - 1)
        }
        seen.take(batch)
        kept.take(batch)
        isDamaged = true
    }

    func logSize() throws -> UInt64 { try live().size }
    func entry(at index: UInt64) throws -> [UInt8]? {
        let image = try live()
        return index < image.size ? image.entries[Int(index)] : nil
    }
    func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let image = try live()
        for index in range.clamped(to: 0..<image.size) {
            if try !image.entries[Int(index)].withUnsafeBytes({ try body(index, $0) }) { return }
        }
    }
    func node(at position: HashPosition) throws -> MerkleHash? { try live().nodes[position] }
    func lastCheckpoint() throws -> String? { try live().checkpoint }
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? { try live().items[kind]?[key] }
    func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        let items = try live().items[kind] ?? [:]
        for (key, value) in items.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            try body(key, value)
        }
    }
    func itemCount(_ kind: ItemKind) throws -> Int { try live().items[kind]?.count ?? 0 }
    func structuralProblems() throws -> [String] { [] }
    func forgetOldValues() throws {}
    func close() throws {}

    private func live() throws -> DiskImage {
        if isDead { throw DiskTrouble() }
        return seen
    }
}
