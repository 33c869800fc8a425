public import VaultCore

/// Something wrong with a stored log; a finding, not an error.
public enum LogProblem: Sendable, Hashable {
    /// The entry at this index cannot be read; later roots cannot match.
    case malformedEntry(index: UInt64)
    /// The entry at this index is older than the one in front of it.
    case timeRunsBackwards(index: UInt64)
    /// The tree of this size has another root than the checkpoint says.
    case rootDiffers(size: UInt64)
    /// The log ended before this checkpoint's size.
    case shorterThanCheckpoint(size: UInt64, found: UInt64)
}

/// Recomputes a log from its stored entries, one pass in order, O(log n) memory.
///
/// Checks format, time order and the root at each expected checkpoint. Needs no key; says nothing of
/// signatures, which ``Checkpoint/verified(_:key:)`` checks.
public struct LogVerifier: Sendable {
    /// The tree so far.
    public private(set) var tree: CompactRange
    /// Time of the last entry.
    public private(set) var lastTime: Instant?
    /// What was found, the first ``maximumProblemCount`` of it.
    public private(set) var problems: [LogProblem] = []
    /// All that was found.
    public private(set) var problemCount = 0
    private var expected: [(size: UInt64, root: MerkleHash)]

    /// Problems kept in detail.
    public static let maximumProblemCount = 100

    /// Starts at an empty log or takes up an earlier pass.
    ///
    /// - Parameters:
    ///   - tree: Where to go on.
    ///   - lastTime: Time of the last entry before.
    ///   - checkpoints: Checked as soon as the log reaches their sizes.
    public init(
        tree: CompactRange = CompactRange(),
        lastTime: Instant? = nil,
        checkpoints: [Checkpoint] = []
    ) {
        self.tree = tree
        self.lastTime = lastTime
        expected = checkpoints.map { ($0.size, $0.root) }.sorted { $0.size > $1.size }
        while let next = expected.last, next.size < tree.size { expected.removeLast() }
        compareRoots()
    }

    /// Takes the next stored entry.
    ///
    /// - Parameters:
    ///   - stored: The entry's stored bytes.
    ///   - store: Called with each hash that this completes, to compare with stored ones.
    /// - Returns: The leaf's hash; `nil` where the entry cannot be read and was counted as a leaf of
    ///   zero bytes.
    @discardableResult
    public mutating func add(
        _ stored: UnsafeRawBufferPointer,
        store: (PlacedHash) -> Void = { _ in }
    ) -> MerkleHash? {
        let found = EntryCodec.measured(stored)
        add(found.map { ($0.frame.time, $0.leaf) }, store: store)
        return found?.leaf
    }

    /// Takes the next entry by what was read of it elsewhere.
    ///
    /// - Parameters:
    ///   - entry: Time and leaf hash; `nil` where it cannot be read and counts as a leaf of zero bytes.
    ///   - store: Called with each hash that this completes, to compare with stored ones.
    package mutating func add(
        _ entry: (time: Instant, leaf: MerkleHash)?,
        store: (PlacedHash) -> Void
    ) {
        if let entry {
            if let lastTime, entry.time < lastTime {
                report(.timeRunsBackwards(index: tree.size))
            }
            lastTime = entry.time
        } else {
            report(.malformedEntry(index: tree.size))
        }
        tree.append(entry?.leaf ?? TreeHasher.leafHash([]), store: store)
        compareRoots()
    }

    /// Takes the next stored entry.
    ///
    /// - Parameter stored: The entry's stored bytes.
    /// - Returns: The leaf's hash; `nil` where the entry cannot be read.
    @discardableResult
    public mutating func add(_ stored: [UInt8]) -> MerkleHash? {
        stored.withUnsafeBytes { add($0) }
    }

    /// Ends the pass: reports every checkpoint beyond the log's end.
    public mutating func finish() {
        for late in expected.reversed() {
            report(.shorterThanCheckpoint(size: late.size, found: tree.size))
        }
        expected = []
    }

    private mutating func compareRoots() {
        while let next = expected.last, next.size == tree.size {
            expected.removeLast()
            if tree.root != next.root { report(.rootDiffers(size: next.size)) }
        }
    }

    private mutating func report(_ problem: LogProblem) {
        problemCount += 1
        if problems.count < Self.maximumProblemCount { problems.append(problem) }
    }
}
