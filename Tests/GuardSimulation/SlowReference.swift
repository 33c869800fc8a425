import Crypto
import MerkleLog

/// Tree and map of heads straight from their definitions, to compare with the fast ones.
enum SlowReference {
    /// Root of a tree, RFC 9162 section 2.1.1.
    static func root(of leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        if leaves.isEmpty { return TreeHasher.emptyRoot }
        if leaves.count == 1, let leaf = leaves.first { return leaf }
        var half = 1
        while half * 2 < leaves.count { half *= 2 }
        let middle = leaves.startIndex + half
        return TreeHasher.nodeHash(
            root(of: leaves[..<middle]),
            root(of: leaves[middle...])
        )
    }

    /// Root of the map of heads, docs/design/log.md.
    static func root(of heads: [String: PatientHead]) -> MerkleHash? {
        let places = heads.compactMap { patient, head -> (place: MerkleHash, value: MerkleHash)? in
            guard
                let place = sha256(Array("patientvault/heads/key/v1\n".utf8) + patient.utf8),
                let value = sha256(
                    Array("patientvault/heads/value/v1\n".utf8) + bytes(head.count)
                        + bytes(head.last) + patient.utf8
                )
            else { return nil }
            return (place, value)
        }
        return subtree(places, depth: 0)
    }

    private static func sha256(_ bytes: [UInt8]) -> MerkleHash? {
        MerkleHash(Array(SHA256.hash(data: bytes)))
    }

    private static func subtree(
        _ places: [(place: MerkleHash, value: MerkleHash)],
        depth: Int
    ) -> MerkleHash? {
        guard let first = places.first else {
            return MerkleHash([UInt8](repeating: 0, count: 32))
        }
        if places.count == 1 {
            return TreeHasher.leafHash(first.place.bytes + first.value.bytes)
        }
        let isRight = { (place: MerkleHash) in
            place.bytes[depth / 8] >> UInt8(7 - depth % 8) & 1 == 1
        }
        guard let left = subtree(places.filter { !isRight($0.place) }, depth: depth + 1),
            let right = subtree(places.filter { isRight($0.place) }, depth: depth + 1)
        else { return nil }
        return TreeHasher.nodeHash(left, right)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
