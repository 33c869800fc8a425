/// Where the tiles of a map of heads lie.
///
/// A tile's path is one byte of value 0 to 15 for each four bits of place above it; the first tile's is
/// empty. A map of `n` patients has about `n / 5` tiles, at most 64 deep and in practice `log16(n) + 1`.
public protocol HeadsTiles {
    /// A stored tile.
    ///
    /// - Parameter path: Nibbles from the top.
    /// - Returns: Its bytes, or `nil` where there is none yet.
    /// - Throws: Whatever the storage says.
    func tile(at path: [UInt8]) throws -> [UInt8]?

    /// Stores a tile, in place of the one that was there.
    ///
    /// - Parameters:
    ///   - tile: Its bytes.
    ///   - path: Nibbles from the top.
    /// - Throws: Whatever the storage says.
    mutating func keep(_ tile: [UInt8], at path: [UInt8]) throws
}

/// Tiles in memory, for maps that are rebuilt to look back or to check.
public struct HeadsInMemory: HeadsTiles, Sendable {
    /// By path.
    public private(set) var tiles: [[UInt8]: [UInt8]] = [:]

    /// Tiles of a map without patients.
    public init() {}

    /// A tile.
    ///
    /// - Parameter path: Nibbles from the top.
    /// - Returns: Its bytes, or `nil`.
    public func tile(at path: [UInt8]) -> [UInt8]? { tiles[path] }

    /// Keeps a tile.
    ///
    /// - Parameters:
    ///   - tile: Its bytes.
    ///   - path: Nibbles from the top.
    public mutating func keep(_ tile: [UInt8], at path: [UInt8]) { tiles[path] = tile }
}

/// A Merkle map from patient to head, whose root the `heads` entry before each checkpoint states.
///
/// A binary tree over the 256 bits of a patient's place, in which a subtree with one patient is that
/// patient's leaf. So the root depends on the contents alone, never on the order in which they came.
public struct HeadsMap<Tiles: HeadsTiles> {
    /// Where the map lies.
    public private(set) var tiles: Tiles

    /// Takes up a map.
    ///
    /// - Parameter tiles: Where it lies.
    public init(_ tiles: Tiles) { self.tiles = tiles }

    /// Sets the heads of patients.
    ///
    /// - Parameter heads: New or moved heads, by the text that stands for the patient in their parts.
    /// - Returns: The new root, and how many of them were not in the map before.
    /// - Throws: What the tiles throw, or ``MerkleLogError/storageFailed`` for a tile that is none.
    /// - Complexity: O(changes * log patients).
    public mutating func set(
        _ heads: [String: PatientHead]
    ) throws -> (root: MerkleHash, added: Int) {
        let changes = heads.map { patient, head in
            Change(
                key: HeadsHash.key(of: patient),
                value: HeadsHash.value(of: patient, head),
                isKnown: false
            )
        }
        guard !changes.isEmpty else { return (try root(), 0) }
        var added = 0
        let top = try set(changes[...], at: [], &added)
        return (top.hash, added)
    }

    /// The root over all patients.
    ///
    /// - Returns: 32 zero bytes where there are none.
    /// - Throws: What the tiles throw.
    public func root() throws -> MerkleHash {
        try tiles.tile(at: []).map { try HeadsTile($0).top.hash } ?? HeadsHash.empty
    }

    private struct Change {
        let key: MerkleHash
        let value: MerkleHash
        /// Whether the patient was in the map before, only further up.
        let isKnown: Bool
    }

    private mutating func set(
        _ changes: ArraySlice<Change>,
        at path: [UInt8],
        _ added: inout Int
    ) throws -> HeadsNode {
        var tile = try tiles.tile(at: path).map { try HeadsTile($0) } ?? HeadsTile()
        for (nibble, group) in Dictionary(grouping: changes, by: { $0.key.nibble(path.count) }) {
            let place = Int(nibble)
            switch tile.slots[place] {
            case .empty where group.count == 1:
                tile.slots[place] = .leaf(key: group[0].key, value: group[0].value)
                added += group[0].isKnown ? 0 : 1
            case .leaf(group[0].key, _) where group.count == 1:
                tile.slots[place] = .leaf(key: group[0].key, value: group[0].value)
            case .leaf(let key, let value) where !group.contains(where: { $0.key == key }):
                let moved = Change(key: key, value: value, isKnown: true)
                tile.slots[place] = try set((group + [moved])[...], at: path + [nibble], &added)
            case .leaf:
                added -= 1
                tile.slots[place] = try set(group[...], at: path + [nibble], &added)
            case .empty, .node:
                tile.slots[place] = try set(group[...], at: path + [nibble], &added)
            }
        }
        try tiles.keep(tile.bytes, at: path)
        return tile.top
    }

    /// Proves a patient's head, or that the patient is not in the map.
    ///
    /// - Parameters:
    ///   - patient: The text that stands for the patient.
    ///   - head: What the map is known to say of them; `nil` for a patient it must not know.
    /// - Returns: The proof.
    /// - Throws: What the tiles throw, or ``MerkleLogError/storageFailed`` where the map says otherwise.
    /// - Complexity: O(log patients).
    public func proof(of patient: String, _ head: PatientHead?) throws -> HeadProof {
        let key = HeadsHash.key(of: patient)
        var sides: [MerkleHash] = []
        var path: [UInt8] = []
        while true {
            let levels = try (tiles.tile(at: path).map { try HeadsTile($0) } ?? HeadsTile()).levels
            let slot = Int(key.nibble(path.count))
            for level in stride(from: 4, through: 0, by: -1) {
                switch levels[level][slot >> level] {
                case .node:
                    if level > 0 { sides.append(levels[level - 1][slot >> (level - 1) ^ 1].hash) }
                case let found:
                    return try HeadProof(found, of: patient, head, sides: sides.reversed())
                }
            }
            path.append(UInt8(slot))
        }
    }
}

extension HeadProof {
    fileprivate init(
        _ found: HeadsNode,
        of patient: String,
        _ head: PatientHead?,
        sides: [MerkleHash]
    ) throws(MerkleLogError) {
        let key = HeadsHash.key(of: patient)
        switch (found, head) {
        case (.leaf(key, let value), let head?) where value == HeadsHash.value(of: patient, head):
            self.init(claim: .head(head), sides: sides)
        case (.leaf(let other, let value), nil) where other != key:
            self.init(claim: .absent(beside: (other, value)), sides: sides)
        case (.empty, nil): self.init(claim: .absent(beside: nil), sides: sides)
        default: throw .storageFailed
        }
    }
}

extension HeadsMap: Sendable where Tiles: Sendable {}
