/// Shows that a larger tree begins with all leaves of a smaller one, unchanged.
///
/// Source: RFC 9162 section 2.1.4.
public struct ConsistencyProof: Sendable, Hashable {
    /// Leaves of the smaller tree.
    public let oldSize: UInt64
    /// Leaves of the larger tree.
    public let newSize: UInt64
    /// Hashes in the order of RFC 9162 section 2.1.4.1, at most 64.
    public let path: [MerkleHash]

    /// Takes a proof as received; nothing is checked yet.
    ///
    /// - Parameters:
    ///   - oldSize: Leaves of the smaller tree.
    ///   - newSize: Leaves of the larger tree.
    ///   - path: Hashes in the order of the RFC.
    public init(oldSize: UInt64, newSize: UInt64, path: [MerkleHash]) {
        self.oldSize = oldSize
        self.newSize = newSize
        self.path = path
    }

    /// Builds the proof from stored hashes, in one read.
    ///
    /// - Parameters:
    ///   - oldSize: At most `newSize`; from 0 the proof is empty and proves nothing.
    ///   - newSize: At most what is stored.
    ///   - reader: Holds the complete subtrees of the larger tree.
    /// - Throws: ``MerkleLogError/outOfRange`` or what the reader throws.
    /// - Complexity: O(log newSize) hashes read.
    public init(
        oldSize: UInt64,
        newSize: UInt64,
        reader: some HashReader
    ) throws(MerkleLogError) {
        guard oldSize <= newSize, newSize <= UInt64(Int64.max) else { throw .outOfRange }
        guard oldSize > 0, oldSize < newSize else {
            self.init(oldSize: oldSize, newSize: newSize, path: [])
            return
        }
        var nodes: [Range<UInt64>] = []
        var range = 0..<newSize
        while range.upperBound != oldSize {
            let middle = range.lowerBound + split(range.upperBound - range.lowerBound)
            if oldSize <= middle {
                nodes.append(middle..<range.upperBound)
                range = range.lowerBound..<middle
            } else {
                nodes.append(range.lowerBound..<middle)
                range = middle..<range.upperBound
            }
        }
        // The old tree itself is a node of the new one: its root is known and not repeated.
        if range.lowerBound > 0 { nodes.append(range) }
        self.init(
            oldSize: oldSize,
            newSize: newSize,
            path: try subtreeHashes(nodes.reversed(), reader: reader)
        )
    }

    /// Whether the tree with the new root begins with the tree of the old root.
    ///
    /// - Parameters:
    ///   - oldRoot: Root at ``oldSize``.
    ///   - newRoot: Root at ``newSize``.
    /// - Returns: `false` also from size 0 to a larger size: nothing is proved by that.
    public func isValid(oldRoot: MerkleHash, newRoot: MerkleHash) -> Bool {
        if oldSize == newSize {
            return path.isEmpty && oldRoot == newRoot
                && (oldSize > 0 || oldRoot == TreeHasher.emptyRoot)
        }
        guard oldSize > 0, oldSize < newSize, !path.isEmpty else { return false }
        var rest = path[...]
        var fn = oldSize - 1
        var sn = newSize - 1
        while fn & 1 == 1 {
            fn >>= 1
            sn >>= 1
        }
        // A smaller tree that is a complete subtree begins with its own root.
        guard let seed = fn == 0 ? oldRoot : rest.popFirst() else { return false }
        var fr = seed
        var sr = seed
        for hash in rest {
            guard sn > 0 else { return false }
            if fn & 1 == 1 || fn == sn {
                fr = TreeHasher.nodeHash(hash, fr)
                sr = TreeHasher.nodeHash(hash, sr)
                while fn & 1 == 0 && fn != 0 {
                    fn >>= 1
                    sn >>= 1
                }
            } else {
                sr = TreeHasher.nodeHash(sr, hash)
            }
            fn >>= 1
            sn >>= 1
        }
        return sn == 0 && fr == oldRoot && sr == newRoot
    }
}
