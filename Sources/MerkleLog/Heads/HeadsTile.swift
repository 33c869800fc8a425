/// What stands at a place of the map of heads.
enum HeadsNode: Sendable, Hashable {
    /// No patient.
    case empty
    /// Exactly one patient.
    case leaf(key: MerkleHash, value: MerkleHash)
    /// Two patients or more.
    case node(MerkleHash)

    var hash: MerkleHash {
        switch self {
        case .empty: HeadsHash.empty
        case .leaf(let key, let value): HeadsHash.leaf(key: key, value: value)
        case .node(let hash): hash
        }
    }

    /// The subtree over two halves: a lone patient rises, anything more is hashed.
    static func join(_ left: HeadsNode, _ right: HeadsNode) -> HeadsNode {
        switch (left, right) {
        case (.empty, .empty): .empty
        case (.leaf, .empty): left
        case (.empty, .leaf): right
        default: .node(TreeHasher.nodeHash(left.hash, right.hash))
        }
    }
}

/// Four levels of the map in one stored piece: sixteen places.
///
/// Shape: two bits for each place (UInt32, big endian, the first place highest: 0 empty, 1 leaf, 2 node),
/// then key and value (64 bytes) of each leaf and the hash (32) of each node, in order. A node's own tile
/// stands one nibble further.
struct HeadsTile {
    var slots = [HeadsNode](repeating: .empty, count: 16)

    init() {}

    /// Reads a stored tile.
    ///
    /// - Throws: ``MerkleLogError/storageFailed`` where it is none.
    init(_ bytes: [UInt8]) throws(MerkleLogError) {
        guard bytes.count >= 4 else { throw .storageFailed }
        let kinds = bytes[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var rest = bytes[4...]
        func hash() throws(MerkleLogError) -> MerkleHash {
            guard let hash = MerkleHash(rest.prefix(32)) else { throw .storageFailed }
            rest = rest.dropFirst(32)
            return hash
        }
        for place in slots.indices {
            switch kinds >> UInt32(30 - 2 * place) & 3 {
            case 0: break
            case 1: slots[place] = .leaf(key: try hash(), value: try hash())
            case 2: slots[place] = .node(try hash())
            default: throw .storageFailed
            }
        }
        guard rest.isEmpty else { throw .storageFailed }
    }

    /// The bytes to store.
    var bytes: [UInt8] {
        var kinds: UInt32 = 0
        var hashes: [UInt8] = []
        hashes.reserveCapacity(1_024)
        for slot in slots {
            kinds <<= 2
            switch slot {
            case .empty: break
            case .leaf(let key, let value):
                kinds |= 1
                hashes += key.bytes
                hashes += value.bytes
            case .node(let hash):
                kinds |= 2
                hashes += hash.bytes
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + hashes.count)
        bytes.appendBigEndian(kinds)
        return bytes + hashes
    }

    /// The four levels above the slots, the slots first and the top last.
    var levels: [[HeadsNode]] {
        var levels = [slots]
        while let below = levels.last, below.count > 1 {
            levels.append(
                stride(from: 0, to: below.count, by: 2).map {
                    HeadsNode.join(below[$0], below[$0 + 1])
                }
            )
        }
        return levels
    }

    /// What the tile is to the one above it.
    var top: HeadsNode { levels[4][0] }
}
