import Foundation
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

@Suite(.enabled(if: SharedData.isExpected))
struct SharedVectorTests {
    private struct Inclusion: Decodable {
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: String?
        let leafHash: String?
        let proof: [String]?
        let wantErr: Bool
    }

    private struct Consistency: Decodable {
        let size1: UInt64
        let size2: UInt64
        let root1: String?
        let root2: String?
        let proof: [String]?
        let wantErr: Bool
    }

    /// A hash of the vectors.
    ///
    /// Some stand-ins there are short texts, for which any 32 bytes of their own will do; what is empty
    /// or has garbage attached has no value here and is refused by its type.
    private func hash(_ base64: String?) -> MerkleHash? {
        guard let bytes = Base64.decode(base64 ?? ""), !bytes.isEmpty else { return nil }
        return bytes.count < 32 ? TreeHasher.leafHash(bytes) : MerkleHash(bytes)
    }

    private func hashes(_ list: [String]?) -> [MerkleHash]? {
        let hashes = (list ?? []).map(hash)
        return hashes.contains(nil) ? nil : hashes.compactMap { $0 }
    }

    @Test func `inclusion vectors are accepted and refused as they say`() throws {
        let files = try SharedData.files(
            below: "crypto/merkle-rfc6962/inclusion",
            suffix: ".json"
        )
        #expect(files.count > 90)
        for file in files {
            let vector = try JSONDecoder().decode(Inclusion.self, from: Data(contentsOf: file))
            var isAccepted = false
            if let root = hash(vector.root), let leaf = hash(vector.leafHash),
                let path = hashes(vector.proof)
            {
                isAccepted = InclusionProof(
                    index: vector.leafIdx,
                    size: vector.treeSize,
                    path: path
                ).isValid(leaf: leaf, root: root)
            }
            #expect(isAccepted != vector.wantErr, "\(file.lastPathComponent)")
        }
    }

    @Test func `consistency vectors are accepted and refused as they say`() throws {
        let files = try SharedData.files(
            below: "crypto/merkle-rfc6962/consistency",
            suffix: ".json"
        )
        #expect(files.count > 90)
        for file in files {
            let vector = try JSONDecoder().decode(Consistency.self, from: Data(contentsOf: file))
            var isAccepted = false
            if let old = hash(vector.root1), let new = hash(vector.root2),
                let path = hashes(vector.proof)
            {
                isAccepted = ConsistencyProof(
                    oldSize: vector.size1,
                    newSize: vector.size2,
                    path: path
                ).isValid(oldRoot: old, newRoot: new)
            }
            #expect(isAccepted != vector.wantErr, "\(file.path)")
        }
    }

    @Test func `the known hashes come out`() throws {
        let known = try #require(
            JSONValue(parsing: try SharedData.bytes("crypto/merkle-rfc6962/known-hashes.json"))
        )
        func hex(_ value: JSONValue?) -> [UInt8] { Hex.decode(value?.string ?? "?") ?? [] }
        let leaves = (known["leaf_inputs"]?.array ?? []).map { hex($0) }
        #expect(leaves.count == 8)
        #expect(
            leaves.map { TreeHasher.leafHash($0).bytes }
                == (known["leaf_hashes"]?.array ?? []).map { hex($0) }
        )
        var tree = CompactRange()
        var stored = HashesInMemory()
        #expect(tree.root.bytes == hex(known["roots"]?["0"]))
        for (place, leaf) in leaves.enumerated() {
            tree.append(TreeHasher.leafHash(leaf)) { stored.store($0) }
            #expect(tree.root.bytes == hex(known["roots"]?["\(place + 1)"]))
        }
        for vector in known["inclusion"]?.array ?? [] {
            let proof = try InclusionProof(
                index: UInt64(try #require(vector["leaf"]?.int)),
                size: UInt64(try #require(vector["size"]?.int)),
                reader: stored
            )
            #expect(proof.path.map(\.bytes) == (vector["proof"]?.array ?? []).map { hex($0) })
        }
        for vector in known["consistency"]?.array ?? [] {
            let proof = try ConsistencyProof(
                oldSize: UInt64(try #require(vector["first"]?.int)),
                newSize: UInt64(try #require(vector["second"]?.int)),
                reader: stored
            )
            #expect(proof.path.map(\.bytes) == (vector["proof"]?.array ?? []).map { hex($0) })
        }
        for vector in known["hasher"]?.array ?? [] where vector["leaf"] != nil {
            #expect(TreeHasher.leafHash(hex(vector["leaf"])).bytes == hex(vector["want"]))
        }
    }

    @Test func `the tiles log is rebuilt and all its checkpoints are signed`() throws {
        let folder = "crypto/tlog-tiles-testlog"
        let key = try NoteVerifierKey(
            "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
        )
        var bundle = try SharedData.bytes("\(folder)/tile/entries/000.p/15")[...]
        let tile = try SharedData.bytes("\(folder)/tile/0/000.p/15")
        var tree = CompactRange()
        var stored = HashesInMemory()
        var roots = [tree.root]
        while !bundle.isEmpty {
            let length = Int(bundle.removeFirst()) << 8 | Int(bundle.removeFirst())
            let leaf = TreeHasher.leafHash(Array(bundle.prefix(length)))
            bundle = bundle.dropFirst(length)
            let place = Int(tree.size)
            #expect(leaf.bytes == Array(tile[place * 32..<place * 32 + 32]))
            tree.append(leaf) { stored.store($0) }
            roots.append(tree.root)
        }
        #expect(tree.size == 15)
        for size in 0...15 {
            let note = try SignedNote(
                parsing: try SharedData.bytes("\(folder)/checkpoint.\(size)")
            )
            let checkpoint = try #require(try Checkpoint.verified(note, key: key))
            #expect(checkpoint.size == UInt64(size))
            #expect(checkpoint.root == roots[size])
            #expect(checkpoint.text == note.text)
            if size > 0 {
                let proof = try ConsistencyProof(
                    oldSize: UInt64(size),
                    newSize: 15,
                    reader: stored
                )
                #expect(proof.isValid(oldRoot: checkpoint.root, newRoot: roots[15]))
            }
            let verdict = ProofCheck.check(note.bytes, key: key)
            #expect(verdict.isValid && verdict.subject == .checkpoint)
        }
    }
}
