/// The place of a complete subtree: `index` counts the subtrees of `2^level` leaves from the left.
public struct HashPosition: Sendable, Hashable {
    /// 0 for leaves, at most 63.
    public let level: UInt8
    /// Zero-based among the subtrees of this level.
    public let index: UInt64

    /// Names a subtree.
    ///
    /// - Parameters:
    ///   - level: 0 for leaves, at most 63.
    ///   - index: Zero-based among the subtrees of this level.
    public init(level: UInt8, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// Place in the order in which a growing tree completes its subtrees; so all stored hashes can
    /// stand in one append-only row of 32-byte values.
    ///
    /// Before leaf `n` come `2n - popcount(n)` hashes; a subtree of level `l` follows the leaf that
    /// completes it by `l` places.
    public var storageIndex: UInt64 {
        let lastLeaf = ((index + 1) << UInt64(level)) - 1
        return 2 * lastLeaf - UInt64(lastLeaf.nonzeroBitCount) + UInt64(level)
    }

    /// How many hashes a stored tree has.
    ///
    /// - Parameter size: Leaves.
    /// - Returns: Leaves and complete inner nodes together.
    public static func storedCount(size: UInt64) -> UInt64 {
        2 * size - UInt64(size.nonzeroBitCount)
    }
}

/// A hash that an append has completed and that the caller stores.
public struct PlacedHash: Sendable, Hashable {
    /// Where it stands.
    public let position: HashPosition
    /// The subtree's hash.
    public let hash: MerkleHash

    /// Joins a place and a hash.
    ///
    /// - Parameters:
    ///   - position: Where it stands.
    ///   - hash: The subtree's hash.
    public init(position: HashPosition, hash: MerkleHash) {
        self.position = position
        self.hash = hash
    }
}

/// Gives back stored subtree hashes.
public protocol HashReader {
    /// Reads complete subtrees' hashes.
    ///
    /// - Parameter positions: Each of a subtree that was completed and stored.
    /// - Returns: One hash for each position, in order.
    /// - Throws: ``MerkleLogError/storageFailed`` where one is missing or reading fails.
    func hashes(at positions: [HashPosition]) throws(MerkleLogError) -> [MerkleHash]
}

/// All stored hashes of a tree in memory: 64 bytes a leaf.
public struct HashesInMemory: HashReader, Sendable {
    private var stored: [MerkleHash] = []

    /// An empty tree.
    public init() {}

    /// Keeps what an append has completed, in the order it came.
    ///
    /// - Parameter placed: From ``CompactRange/append(_:)``.
    public mutating func store(_ placed: PlacedHash) {
        precondition(placed.position.storageIndex == UInt64(stored.count))
        stored.append(placed.hash)
    }

    /// Reads hashes.
    ///
    /// - Parameter positions: Places inside the tree.
    /// - Returns: One hash for each.
    /// - Throws: ``MerkleLogError/storageFailed`` where one was never stored.
    public func hashes(at positions: [HashPosition]) throws(MerkleLogError) -> [MerkleHash] {
        var found: [MerkleHash] = []
        found.reserveCapacity(positions.count)
        for position in positions {
            let place = position.storageIndex
            guard place < UInt64(stored.count) else { throw .storageFailed }
            found.append(stored[Int(place)])
        }
        return found
    }
}
