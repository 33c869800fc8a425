import Crypto
import Testing
import VaultCore
import VaultTestSupport

@testable import MerkleLog

/// The map of heads against its definition, and what its proofs can and cannot say.
struct HeadsTests {
    /// The map straight from docs/design/log.md: recursive, over all leaves, slow.
    private enum Oracle {
        static func key(_ patient: String) -> [UInt8] {
            hash(Array("patientvault/heads/key/v1\n\(patient)".utf8))
        }

        static func root(_ heads: [String: PatientHead]) -> [UInt8] {
            let leaves = heads.map { patient, head in
                let numbers = [head.count, head.last].flatMap { number in
                    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
                }
                let domain = Array("patientvault/heads/value/v1\n".utf8)
                return (key(patient), hash(domain + numbers + Array(patient.utf8)))
            }
            return root(leaves, depth: 0)
        }

        private static func root(_ leaves: [([UInt8], [UInt8])], depth: Int) -> [UInt8] {
            if leaves.isEmpty { return [UInt8](repeating: 0, count: 32) }
            if leaves.count == 1 { return hash([0] + leaves[0].0 + leaves[0].1) }
            func isRight(_ key: [UInt8]) -> Bool { key[depth / 8] << UInt8(depth % 8) & 0x80 != 0 }
            let left = root(leaves.filter { !isRight($0.0) }, depth: depth + 1)
            let right = root(leaves.filter { isRight($0.0) }, depth: depth + 1)
            return hash([1] + left + right)
        }

        private static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
    }

    private func heads(_ count: Int, _ random: inout SeededRandom) -> [String: PatientHead] {
        var heads: [String: PatientHead] = [:]
        for number in 0..<count {
            let count = UInt64.random(in: 1...9, using: &random)
            heads["patient-\(number)"] = PatientHead(
                count: count,
                last: UInt64.random(in: count...10_000, using: &random)
            )
        }
        return heads
    }

    @Test func `the map has the root of its definition, however it grew`() throws {
        var random = SeededRandom.forTest()
        for count in [0, 1, 2, 3, 16, 17, 200, 1_500] {
            let all = heads(count, &random)
            var map = HeadsMap(HeadsInMemory())
            var added = 0
            var rest = all.keys.sorted().shuffled(using: &random)
            while !rest.isEmpty {
                let group = rest.suffix(Int.random(in: 1...40, using: &random))
                rest.removeLast(group.count)
                // Some move more than once, and some moves are repeated.
                let stale = group.map { ($0, PatientHead(count: 1, last: 0)) }
                added += try map.set(Dictionary(uniqueKeysWithValues: stale)).added
                let fresh = group.compactMap { name in all[name].map { (name, $0) } }
                added += try map.set(Dictionary(uniqueKeysWithValues: fresh)).added
            }
            #expect(try map.root().bytes == Oracle.root(all))
            #expect(added == count)
            var again = HeadsMap(HeadsInMemory())
            _ = try again.set(all)
            #expect(again.tiles.tiles == map.tiles.tiles)
        }
    }

    @Test func `a head and an absence are proved, and nothing else is`() throws {
        var random = SeededRandom.forTest()
        for count in [1, 2, 40, 300] {
            let all = heads(count, &random)
            var map = HeadsMap(HeadsInMemory())
            let root = try map.set(all).root
            for (patient, head) in all {
                let proof = try map.proof(of: patient, head)
                #expect(proof.root(for: patient) == root)
                #expect(proof.root(for: "patient-x") != root)
                let wrong = PatientHead(count: head.count + 1, last: head.last)
                #expect(throws: MerkleLogError.storageFailed) {
                    try map.proof(of: patient, wrong)
                }
                #expect(throws: MerkleLogError.storageFailed) { try map.proof(of: patient, nil) }
            }
            for stranger in (0..<100).map({ "stranger-\($0)" }) {
                let proof = try map.proof(of: stranger, nil)
                #expect(proof.head == nil && proof.root(for: stranger) == root)
                for patient in all.keys { #expect(proof.root(for: patient) != root) }
                #expect(throws: MerkleLogError.storageFailed) {
                    try map.proof(of: stranger, PatientHead(count: 1, last: 1))
                }
            }
        }
    }

    @Test func `a move touches one tile for each level`() throws {
        var random = SeededRandom.forTest()
        var map = HeadsMap(CountingTiles())
        _ = try map.set(heads(5_000, &random))
        let before = map.tiles.kept
        _ = try map.set(["patient-77": PatientHead(count: 10, last: 99_999)])
        #expect(map.tiles.kept - before <= 6)
    }

    @Test func `a leaf off the patient's path does not show their absence`() throws {
        // A map that no honest Guard makes: somebody's leaf where anna's path leads.
        let anna = HeadsHash.key(of: "anna")
        var name = "nobody"
        while HeadsHash.key(of: name).bit(0) == anna.bit(0) { name += "x" }
        let stranger = HeadsHash.key(of: name)
        let value = HeadsHash.value(of: name, PatientHead(count: 1, last: 1))
        let proof = HeadProof(
            claim: .absent(beside: (stranger, value)),
            sides: [HeadsHash.empty]
        )
        #expect(proof.root(for: "anna") == nil)
        #expect(proof.root(for: name) == nil)
        let own = HeadProof(claim: .absent(beside: (anna, value)), sides: [HeadsHash.empty])
        #expect(own.root(for: "anna") == nil)
    }

    @Test func `a tile that is none is refused`() throws {
        for tile in [[], [0, 0, 0], [0xC0, 0, 0, 0], [0x40, 0, 0, 0, 1], [0, 0, 0, 0, 0]] {
            var tiles = HeadsInMemory()
            tiles.keep(tile.map { UInt8($0) }, at: [])
            #expect(throws: MerkleLogError.storageFailed) { try HeadsMap(tiles).root() }
        }
    }

    /// The numbers of docs/design/log.md.
    @Test func `the vectors of the page hold`() throws {
        var map = HeadsMap(HeadsInMemory())
        #expect(try map.root().description == String(repeating: "0", count: 64))
        _ = try map.set(["anna": PatientHead(count: 5, last: 13)])
        let one = try map.root().description
        _ = try map.set(["bo": PatientHead(count: 4, last: 15)])
        let two = try map.root().description
        _ = try map.set(["cid": PatientHead(count: 3, last: 10)])
        let three = try map.root().description
        #expect(one == "352f4500141fc10b0a1fda0b30637fb2bb80681c62ae66689eb876c20fbb28e6")
        #expect(two == "af9f5a14f6be916ab853b03664c7fe37e03831cb7fd7043f2827429011d224e9")
        #expect(three == "c36f758eedaf19a2f487bffa63deda5bc9c3dc4ed5f162eee0abbe28ddbb2dc9")
    }

    private struct CountingTiles: HeadsTiles {
        var inner = HeadsInMemory()
        var kept = 0
        func tile(at path: [UInt8]) -> [UInt8]? { inner.tile(at: path) }
        mutating func keep(_ tile: [UInt8], at path: [UInt8]) {
            kept += 1
            inner.keep(tile, at: path)
        }
    }
}
