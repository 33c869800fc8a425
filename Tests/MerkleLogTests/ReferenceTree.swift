import MerkleLog

/// The tree straight from the definitions of RFC 9162 section 2.1: slow, recursive, obvious.
enum ReferenceTree {
    /// MTH(D[n]).
    static func root(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        guard let first = leaves.first else { return TreeHasher.emptyRoot }
        if leaves.count == 1 { return first }
        let k = split(leaves)
        return TreeHasher.nodeHash(root(leaves[..<k]), root(leaves[k...]))
    }

    /// PATH(m, D[n]); `m` counts from the start of the slice.
    static func path(_ m: Int, _ leaves: ArraySlice<MerkleHash>) -> [MerkleHash] {
        if leaves.count == 1 { return [] }
        let k = split(leaves)
        let middle = k - leaves.startIndex
        return m < middle
            ? path(m, leaves[..<k]) + [root(leaves[k...])]
            : path(m - middle, leaves[k...]) + [root(leaves[..<k])]
    }

    /// PROOF(m, D[n]).
    static func consistency(_ m: Int, _ leaves: ArraySlice<MerkleHash>) -> [MerkleHash] {
        m == 0 || m == leaves.count ? [] : subproof(m, leaves, isWhole: true)
    }

    private static func subproof(
        _ m: Int,
        _ leaves: ArraySlice<MerkleHash>,
        isWhole: Bool
    ) -> [MerkleHash] {
        if m == leaves.count { return isWhole ? [] : [root(leaves)] }
        let k = split(leaves)
        let middle = k - leaves.startIndex
        return m <= middle
            ? subproof(m, leaves[..<k], isWhole: isWhole) + [root(leaves[k...])]
            : subproof(m - middle, leaves[k...], isWhole: false) + [root(leaves[..<k])]
    }

    private static func split(_ leaves: ArraySlice<MerkleHash>) -> Int {
        var k = 1
        while k * 2 < leaves.count { k *= 2 }
        return leaves.startIndex + k
    }
}
