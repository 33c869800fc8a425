/// Shows that a leaf stands at an index of the tree of a given size.
///
/// Source: RFC 9162 section 2.1.3. Reveals nothing of other leaves but hashes.
public struct InclusionProof: Sendable, Hashable {
    /// Zero-based place of the leaf.
    public let index: UInt64
    /// Leaves of the tree that the proof leads to.
    public let size: UInt64
    /// Sibling hashes from the leaf up to below the root, at most 63.
    public let path: [MerkleHash]

    /// Takes a proof as received; nothing is checked yet.
    ///
    /// - Parameters:
    ///   - index: Zero-based place of the leaf.
    ///   - size: Leaves of the tree.
    ///   - path: Sibling hashes from the leaf up.
    public init(index: UInt64, size: UInt64, path: [MerkleHash]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Builds the proof from stored hashes, in one read.
    ///
    /// - Parameters:
    ///   - index: Zero-based; below `size`.
    ///   - size: Leaves of the tree, at most what is stored.
    ///   - reader: Holds the complete subtrees of that size.
    /// - Throws: ``MerkleLogError/outOfRange`` or what the reader throws.
    /// - Complexity: O(log size) hashes read.
    public init(index: UInt64, size: UInt64, reader: some HashReader) throws(MerkleLogError) {
        guard index < size, size <= UInt64(Int64.max) else { throw .outOfRange }
        var siblings: [Range<UInt64>] = []
        siblings.reserveCapacity(64)
        var range = 0..<size
        while range.upperBound - range.lowerBound > 1 {
            let middle = range.lowerBound + split(range.upperBound - range.lowerBound)
            if index < middle {
                siblings.append(middle..<range.upperBound)
                range = range.lowerBound..<middle
            } else {
                siblings.append(range.lowerBound..<middle)
                range = middle..<range.upperBound
            }
        }
        self.init(
            index: index,
            size: size,
            path: try subtreeHashes(siblings.reversed(), reader: reader)
        )
    }

    /// Follows the path from a leaf.
    ///
    /// - Parameter leaf: The leaf's hash.
    /// - Returns: The root that leaf and path give; `nil` where the path's length does not fit.
    public func root(from leaf: MerkleHash) -> MerkleHash? {
        guard index < size else { return nil }
        var fn = index
        var sn = size - 1
        var hash = leaf
        for sibling in path {
            guard sn > 0 else { return nil }
            if fn & 1 == 1 || fn == sn {
                hash = TreeHasher.nodeHash(sibling, hash)
                while fn & 1 == 0 && fn != 0 {
                    fn >>= 1
                    sn >>= 1
                }
            } else {
                hash = TreeHasher.nodeHash(hash, sibling)
            }
            fn >>= 1
            sn >>= 1
        }
        return sn == 0 ? hash : nil
    }

    /// Whether the leaf is at ``index`` of the tree with this root.
    ///
    /// - Parameters:
    ///   - leaf: The leaf's hash.
    ///   - root: The root that a checked checkpoint gives for ``size``.
    /// - Returns: `true` only where the path fits in length and in every hash.
    public func isValid(leaf: MerkleHash, root: MerkleHash) -> Bool {
        self.root(from: leaf) == root
    }
}

/// Largest power of two below `count`; `count` is at least 2.
func split(_ count: UInt64) -> UInt64 {
    1 << UInt64(63 - (count - 1).leadingZeroBitCount)
}

/// Hashes of whole nodes of the tree, each put together from its complete subtrees, in one read.
func subtreeHashes(
    _ ranges: [Range<UInt64>],
    reader: some HashReader
) throws(MerkleLogError) -> [MerkleHash] {
    var positions: [HashPosition] = []
    positions.reserveCapacity(ranges.count + 32)
    var ends: [Int] = []
    ends.reserveCapacity(ranges.count)
    for range in ranges {
        CompactRange.appendPositions(of: range, to: &positions)
        ends.append(positions.count)
    }
    let found = try reader.hashes(at: positions)
    guard found.count == positions.count else { throw .storageFailed }
    var hashes: [MerkleHash] = []
    hashes.reserveCapacity(ranges.count)
    var start = 0
    for end in ends {
        if let hash = CompactRange.fold(found[start..<end]) { hashes.append(hash) }
        start = end
    }
    return hashes
}
