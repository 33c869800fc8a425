import Foundation
import VaultCore
import VaultTestSupport

/// A file of Wycheproof vectors, read where it lies.
struct Wycheproof: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable {
        let tests: [Case]
        let publicKey: PublicKey?
        let tagSize: Int?
    }

    struct PublicKey: Decodable { let pk: String }

    /// One vector; the fields are those of all the algorithms we read.
    struct Case: Decodable {
        let tcId: Int
        let flags: [String]
        let result: String
        let key: String?
        let iv: String?
        let aad: String?
        let msg: String?
        let ct: String?
        let tag: String?
        let ikm: String?
        let salt: String?
        let info: String?
        let size: Int?
        let okm: String?
        let sig: String?
        let ctx: String?
        let aeadKey: String?
        let baseNonce: String?
        let msgLength: Int?
        let msgSha512: String?

        var isValid: Bool { result == "valid" }
    }

    init(_ name: String) throws {
        let bytes = try SharedData.bytes("crypto/wycheproof/\(name)_test.json")
        self = try JSONDecoder().decode(Wycheproof.self, from: Data(bytes))
    }

    /// All vectors with their groups.
    var cases: [(group: Group, test: Case)] {
        testGroups.flatMap { group in group.tests.map { (group, $0) } }
    }
}

/// A vector lacks a field that its algorithm has.
struct MalformedVector: Error {}

/// Bytes of a hexadecimal field; a field that is missing or malformed fails the test.
func bytes(_ hex: String?) throws -> [UInt8] {
    guard let hex, let bytes = Hex.decode(hex) else { throw MalformedVector() }
    return bytes
}

/// A source whose bytes follow from its seed; every call gives the same.
struct FixedRandom: RandomSource {
    var seed: UInt64 = 7

    func bytes(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return random.bytes(count)
    }
}
