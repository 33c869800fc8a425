/// Shows what a map of heads says of one patient; of all others it shows nothing but hashes.
public struct HeadProof: Sendable, Hashable {
    /// What is shown.
    public enum Claim: Sendable, Hashable {
        /// The patient has this head.
        case head(PatientHead)
        /// The patient is not in the map; at their place is nobody, or this other leaf.
        case absent(other: Leaf?)

        static func absent(beside other: (MerkleHash, MerkleHash)?) -> Claim {
            .absent(other: other.map { Leaf(key: $0.0, value: $0.1) })
        }
    }

    /// Another patient's leaf, in hashes.
    public struct Leaf: Sendable, Hashable {
        /// Their place.
        public let key: MerkleHash
        /// Commitment to their head.
        public let value: MerkleHash
    }

    /// What is shown.
    public let claim: Claim
    /// Hashes beside the path from the leaf up, at most 256.
    public let sides: [MerkleHash]

    /// The head that is shown; `nil` where the patient's absence is.
    public var head: PatientHead? {
        if case .head(let head) = claim { head } else { nil }
    }

    init(claim: Claim, sides: [MerkleHash]) {
        self.claim = claim
        self.sides = sides
    }

    /// Follows the path from the patient's place.
    ///
    /// - Parameter patient: The text that stands for the patient.
    /// - Returns: The root to compare with the `heads` entry's; `nil` where the claim cannot be about
    ///   this patient.
    public func root(for patient: String) -> MerkleHash? {
        guard sides.count <= 256 else { return nil }
        let key = HeadsHash.key(of: patient)
        var hash: MerkleHash
        switch claim {
        case .head(let head):
            hash = HeadsHash.leaf(key: key, value: HeadsHash.value(of: patient, head))
        case .absent(let other?):
            // A leaf that does not belong on this path would hide the patient's own.
            guard other.key != key, other.key.agrees(with: key, bits: sides.count) else {
                return nil
            }
            hash = HeadsHash.leaf(key: other.key, value: other.value)
        case .absent(nil): hash = HeadsHash.empty
        }
        for (height, side) in sides.enumerated() {
            hash =
                key.bit(sides.count - 1 - height)
                ? TreeHasher.nodeHash(side, hash) : TreeHasher.nodeHash(hash, side)
        }
        return hash
    }
}

extension HeadProof {
    /// Lines of a proof file after the claim: `other`, where there is one, and `side`.
    var lines: [UInt8] {
        var text: [UInt8] = []
        if case .absent(let other?) = claim {
            text += "other \(other.key.base64) \(other.value.base64)\n".utf8
        }
        for side in sides { text += "side \(side.base64)\n".utf8 }
        return text
    }

    /// Reads those lines; the claimed head comes from elsewhere in the file.
    init(_ lines: inout ProofLines, head: PatientHead?) throws(MerkleLogError) {
        var other: (MerkleHash, MerkleHash)?
        if head == nil, let value = lines.value(after: "other") {
            let parts = String(decoding: value, as: UTF8.self)
                .split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let key = MerkleHash(base64: parts[0]),
                let commitment = MerkleHash(base64: parts[1])
            else { throw lines.failure }
            other = (key, commitment)
        }
        var sides: [MerkleHash] = []
        while let value = lines.value(after: "side") {
            guard let side = MerkleHash(base64: String(decoding: value, as: UTF8.self)),
                sides.count < 256
            else { throw lines.failure }
            sides.append(side)
        }
        self.init(claim: head.map { .head($0) } ?? .absent(beside: other), sides: sides)
    }
}

/// A `heads` entry with what its map says of one patient.
public struct HeadsBlock: Sendable, Hashable {
    /// What the map says.
    public let proof: HeadProof
    /// The entry that states the map's root, its header opened.
    public let entry: EntryProof

    /// Joins the two.
    ///
    /// - Parameters:
    ///   - proof: From the map as it stood at the entry.
    ///   - entry: With its header opened and nothing else.
    public init(proof: HeadProof, entry: EntryProof) {
        self.proof = proof
        self.entry = entry
    }

    var lines: [UInt8] { proof.lines + entry.block }

    init(_ lines: inout ProofLines, head: PatientHead?) throws(MerkleLogError) {
        proof = try HeadProof(&lines, head: head)
        entry = try EntryProof(&lines)
    }
}

/// How a `heads` entry states its map: members of the header.
public enum HeadsStatement {
    /// Root of the map, base64.
    public static let rootName = "headsRoot"
    /// Number of patients in it.
    public static let countName = "headsCount"
}
