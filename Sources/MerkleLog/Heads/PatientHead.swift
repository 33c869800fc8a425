/// Where a patient's list of entries ends: how many there are, and which is the newest.
public struct PatientHead: Sendable, Hashable {
    /// Entries with a part of this patient, at least 1.
    public var count: UInt64
    /// Log index of the newest of them.
    public var last: UInt64

    /// Describes a head.
    ///
    /// - Parameters:
    ///   - count: Entries with a part of this patient.
    ///   - last: Log index of the newest of them.
    public init(count: UInt64, last: UInt64) {
        self.count = count
        self.last = last
    }
}

/// The hashes of the map of heads; docs/design/log.md has them in full.
///
/// A patient's place is `SHA-256(domain || patient)`, where `patient` is the text that stands for them in
/// their parts. It is a secret of 128 bits to everyone else, so that place and value, which a proof of
/// absence may show of a neighbour, tell nothing.
enum HeadsHash {
    /// Hash of a subtree without patients: 32 zero bytes, which nobody can find a preimage for.
    static let empty = MerkleHash(zeros: ())

    /// The place of a patient: bit by bit from the first byte's highest, 1 is right.
    static func key(of patient: String) -> MerkleHash {
        TreeHasher.sha256(Array("patientvault/heads/key/v1\n".utf8) + patient.utf8)
    }

    /// Commits to a patient's head; hides it from whoever does not know the patient's text.
    static func value(of patient: String, _ head: PatientHead) -> MerkleHash {
        var bytes = Array("patientvault/heads/value/v1\n".utf8)
        for number in [head.count, head.last] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        return TreeHasher.sha256(bytes + patient.utf8)
    }

    /// A patient's leaf; it names its whole place, so it can stand at any depth on its path.
    static func leaf(key: MerkleHash, value: MerkleHash) -> MerkleHash {
        TreeHasher.leafHash(key.bytes + value.bytes)
    }
}

extension MerkleHash {
    /// 32 zero bytes.
    fileprivate init(zeros: Void) {
        self = [UInt64](repeating: 0, count: 4).withUnsafeBytes { MerkleHash(copying: $0) }
    }

    /// One bit of a place, from the first byte's highest.
    func bit(_ number: Int) -> Bool {
        withUnsafeBytes { $0[number >> 3] >> UInt8(7 - number & 7) & 1 == 1 }
    }

    /// Four bits of a place.
    func nibble(_ number: Int) -> UInt8 {
        withUnsafeBytes { number & 1 == 0 ? $0[number >> 1] >> 4 : $0[number >> 1] & 15 }
    }

    /// Whether the first `count` bits are the same.
    func agrees(with other: MerkleHash, bits count: Int) -> Bool {
        (0..<count).allSatisfy { bit($0) == other.bit($0) }
    }
}
