internal import MerkleLog
internal import VaultCore

/// Entries as stored, one after the other in one piece of memory, with the stored hashes that they complete.
struct EntryBatch: Sendable {
    private(set) var indices: [UInt64] = []
    private var ends: [Int] = []
    private var bytes: [UInt8] = []
    /// Stored subtree hashes in the order in which the entries complete them; `nil` where they are not all
    /// there.
    private(set) var hashes: [MerkleHash]?

    /// Most entries of a batch, and bytes after which no more are added.
    static let limit = (entries: 4_096, bytes: 4 << 20)

    var count: Int { indices.count }

    /// Reads on from an entry; `nil` behind the last, or where `end` is reached.
    static func read(
        from first: UInt64,
        to end: UInt64 = .max >> 1,
        of storage: any GuardStorage
    ) throws -> EntryBatch? {
        guard first < end else { return nil }
        var batch = EntryBatch()
        batch.indices.reserveCapacity(limit.entries)
        batch.ends.reserveCapacity(limit.entries)
        try storage.forEachEntry(in: first..<end) { index, bytes in
            batch.append(index, bytes)
            return batch.count < limit.entries && batch.bytes.count < limit.bytes
        }
        guard let last = batch.indices.last else { return nil }
        let places =
            HashPosition.storedCount(size: first)..<HashPosition.storedCount(size: last + 1)
        batch.hashes = try storage.hashes(in: places)
        return batch
    }

    /// Adds an entry as it is stored.
    mutating func append(_ index: UInt64, _ stored: UnsafeRawBufferPointer) {
        indices.append(index)
        bytes.append(contentsOf: stored)
        ends.append(bytes.count)
    }

    /// The batch after this one; `nil` behind the last entry.
    func next(of storage: any GuardStorage) throws -> EntryBatch? {
        guard let last = indices.last else { return nil }
        return try Self.read(from: last + 1, of: storage)
    }

    /// One of several shares of nearly the same size.
    func part(_ number: Int, of total: Int) -> Range<Int> {
        count * number / total..<count * (number + 1) / total
    }

    func withEntry<Value>(
        _ place: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows -> Value {
        try bytes.withUnsafeBytes { all in
            let start = place == 0 ? 0 : ends[place - 1]
            return try body(UnsafeRawBufferPointer(rebasing: all[start..<ends[place]]))
        }
    }
}
