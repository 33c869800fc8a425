import Crypto
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct TreeTests {
    /// Everything a tree can say, over all sizes up to 130: roots, inclusion and consistency proofs.
    ///
    /// The value was computed by ``ReferenceTree`` and by this code alike, and is frozen.
    @Test func `one hash over all trees of up to 130 leaves stays what it was`() throws {
        let (_, hashes, leaves) = testTree(130)
        var ours = SHA256()
        var theirs = SHA256()
        for size in 0...130 {
            let range = try CompactRange(size: UInt64(size), reader: hashes)
            ours.update(data: range.root.bytes)
            theirs.update(data: ReferenceTree.root(leaves[..<size]).bytes)
            for index in 0..<size {
                let proof = try InclusionProof(
                    index: UInt64(index),
                    size: UInt64(size),
                    reader: hashes
                )
                for hash in proof.path { ours.update(data: hash.bytes) }
                for hash in ReferenceTree.path(index, leaves[..<size]) {
                    theirs.update(data: hash.bytes)
                }
            }
            for old in 0...size {
                let proof = try ConsistencyProof(
                    oldSize: UInt64(old),
                    newSize: UInt64(size),
                    reader: hashes
                )
                for hash in proof.path { ours.update(data: hash.bytes) }
                for hash in ReferenceTree.consistency(old, leaves[..<size]) {
                    theirs.update(data: hash.bytes)
                }
            }
        }
        let accumulated = Hex.encode(ours.finalize())
        #expect(accumulated == Hex.encode(theirs.finalize()))
        #expect(accumulated == "36d6ce1fce74112cd0f75804c1d8d61018bcb473d28dcb119a7c835cd850c341")
    }

    @Test func `every proof of every tree of up to 130 leaves verifies`() throws {
        let (_, hashes, leaves) = testTree(130)
        let roots = (0...130).map { ReferenceTree.root(leaves[..<$0]) }
        for size in 1...130 {
            var failed = 0
            for index in 0..<size {
                let proof = try InclusionProof(
                    index: UInt64(index),
                    size: UInt64(size),
                    reader: hashes
                )
                if !proof.isValid(leaf: leaves[index], root: roots[size]) { failed += 1 }
                let wrong = leaves[(index + 1) % 130]
                if proof.isValid(leaf: wrong, root: roots[size]) { failed += 1 }
            }
            for old in 1...size {
                let proof = try ConsistencyProof(
                    oldSize: UInt64(old),
                    newSize: UInt64(size),
                    reader: hashes
                )
                if !proof.isValid(oldRoot: roots[old], newRoot: roots[size]) { failed += 1 }
                let other = roots[old == 1 ? 2 : old - 1]
                if proof.isValid(oldRoot: other, newRoot: roots[size]) { failed += 1 }
            }
            #expect(failed == 0, "size \(size)")
        }
    }

    /// The size is not the path's to prove: a checker takes it from the signed checkpoint.
    @Test func `an inclusion proof fits no other index of its tree`() throws {
        let (tree, hashes, leaves) = testTree(21)
        var accepted = 0
        for index in 0..<21 {
            let proof = try InclusionProof(index: UInt64(index), size: 21, reader: hashes)
            for other in 0..<25 where other != index {
                let moved = InclusionProof(index: UInt64(other), size: 21, path: proof.path)
                if moved.isValid(leaf: leaves[index], root: tree.root) { accepted += 1 }
            }
        }
        #expect(accepted == 0)
    }

    @Test func `an append hands out hashes in storage order`() {
        var tree = CompactRange()
        var next: UInt64 = 0
        for n in 0..<1000 {
            for placed in tree.append(testLeaf(n)) {
                if placed.position.storageIndex != next { Issue.record("out of order at \(next)") }
                next += 1
            }
            #expect(HashPosition.storedCount(size: tree.size) == next)
        }
    }

    @Test func `a tree taken up from its hashes goes on as if it had never stopped`() throws {
        let (whole, hashes, _) = testTree(200)
        for size in [0, 1, 2, 3, 63, 64, 65, 127, 199] {
            var tree = try CompactRange(size: UInt64(size), reader: hashes)
            let copy = try #require(CompactRange(size: UInt64(size), hashes: tree.hashes))
            #expect(copy == tree)
            for n in size..<200 { tree.append(testLeaf(n)) }
            #expect(tree.root == whole.root)
        }
        #expect(CompactRange(size: 3, hashes: [testLeaf(0)]) == nil)
    }

    @Test func `what is not stored cannot be proved`() throws {
        let (_, hashes, _) = testTree(10)
        #expect(throws: MerkleLogError.outOfRange) {
            try InclusionProof(index: 10, size: 10, reader: hashes)
        }
        #expect(throws: MerkleLogError.storageFailed) {
            try InclusionProof(index: 3, size: 11, reader: hashes)
        }
        #expect(throws: MerkleLogError.outOfRange) {
            try ConsistencyProof(oldSize: 5, newSize: 4, reader: hashes)
        }
        #expect(throws: MerkleLogError.outOfRange) {
            try InclusionProof(index: 0, size: .max, reader: hashes)
        }
    }

    @Test func `no proof leads from the empty tree to another`() throws {
        let (tree, hashes, _) = testTree(5)
        let proof = try ConsistencyProof(oldSize: 0, newSize: 5, reader: hashes)
        #expect(!proof.isValid(oldRoot: TreeHasher.emptyRoot, newRoot: tree.root))
    }
}
