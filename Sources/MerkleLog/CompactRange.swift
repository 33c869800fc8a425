/// The right edge of a growing tree: one hash for each set bit of its size, O(log n) memory.
///
/// Enough to append and to give the root; proofs need the stored hashes as well.
public struct CompactRange: Sendable, Hashable {
    /// Leaves so far.
    public private(set) var size: UInt64
    /// Roots of the complete subtrees from the largest to the smallest.
    public private(set) var hashes: [MerkleHash]

    /// A tree without leaves.
    public init() {
        size = 0
        hashes = []
        hashes.reserveCapacity(64)
    }

    /// Takes up a tree where it was left.
    ///
    /// Gives `nil` where the number of hashes does not fit the size.
    ///
    /// - Parameters:
    ///   - size: Leaves.
    ///   - hashes: Roots of the complete subtrees from the largest to the smallest.
    public init?(size: UInt64, hashes: [MerkleHash]) {
        guard size <= UInt64(Int64.max), hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Takes up a tree from its stored hashes.
    ///
    /// - Parameters:
    ///   - size: Leaves.
    ///   - reader: Holds all complete subtrees of that size.
    /// - Throws: ``MerkleLogError/storageFailed``, or ``MerkleLogError/outOfRange`` for an absurd size.
    public init(size: UInt64, reader: some HashReader) throws(MerkleLogError) {
        guard size <= UInt64(Int64.max) else { throw .outOfRange }
        let found = try reader.hashes(at: Self.positions(of: 0..<size))
        guard let range = CompactRange(size: size, hashes: found) else { throw .storageFailed }
        self = range
    }

    /// Appends a leaf and hands out every hash that this completes, the leaf's own first.
    ///
    /// - Parameters:
    ///   - leaf: The leaf's hash.
    ///   - store: Called once for each completed subtree, lowest level first.
    public mutating func append(_ leaf: MerkleHash, store: (PlacedHash) -> Void) {
        precondition(size < UInt64(Int64.max))
        var hash = leaf
        var level: UInt8 = 0
        var index = size
        store(PlacedHash(position: HashPosition(level: 0, index: index), hash: hash))
        while index & 1 == 1 {
            hash = TreeHasher.nodeHash(hashes.removeLast(), hash)
            level += 1
            index >>= 1
            store(PlacedHash(position: HashPosition(level: level, index: index), hash: hash))
        }
        hashes.append(hash)
        size += 1
    }

    /// Appends a leaf.
    ///
    /// - Parameter leaf: The leaf's hash.
    /// - Returns: Every hash that this completes, the leaf's own first; the caller stores them.
    @discardableResult
    public mutating func append(_ leaf: MerkleHash) -> [PlacedHash] {
        var placed: [PlacedHash] = []
        append(leaf) { placed.append($0) }
        return placed
    }

    /// The tree's root; of no leaves ``TreeHasher/emptyRoot``.
    ///
    /// - Complexity: O(log size) hashes.
    public var root: MerkleHash { Self.fold(hashes[...]) ?? TreeHasher.emptyRoot }

    /// Joins subtree roots from the smallest (right) to the largest.
    static func fold(_ hashes: ArraySlice<MerkleHash>) -> MerkleHash? {
        guard var hash = hashes.last else { return nil }
        var place = hashes.count - 1
        while place > 0 {
            place -= 1
            hash = TreeHasher.nodeHash(hashes[hashes.startIndex + place], hash)
        }
        return hash
    }

    /// Complete subtrees that make up the leaves of `range`, left to right, where `range` starts at
    /// a multiple of the largest power of two below its length (as every node of the tree does).
    static func positions(of range: Range<UInt64>) -> [HashPosition] {
        var positions: [HashPosition] = []
        appendPositions(of: range, to: &positions)
        return positions
    }

    static func appendPositions(of range: Range<UInt64>, to positions: inout [HashPosition]) {
        var start = range.lowerBound
        while start < range.upperBound {
            let level = UInt8(63 - (range.upperBound - start).leadingZeroBitCount)
            positions.append(HashPosition(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
    }
}
