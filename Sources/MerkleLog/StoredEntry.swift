internal import VaultCore

/// One section as it is stored: sealed, with its commitment and routing tag in the clear.
///
/// Shape: length of what follows the commitment (UInt32, big endian), commitment (32), routing (16),
/// nonce (12), ciphertext, tag (16).
public struct StoredSection: Sendable, Hashable {
    /// HMAC-SHA-256(r, part); part of the leaf.
    public let commitment: MerkleHash
    /// By which the Guard finds the key.
    public let routing: RoutingTag
    /// AES-GCM nonce, 12 bytes.
    public let nonce: [UInt8]
    /// Ciphertext and 16-byte tag of `r || part`.
    public let sealed: [UInt8]

    static let lengthByteCount = 4
    /// Routing, nonce, r and tag: what the length counts at the least.
    static let minimumLength = 16 + 12 + 32 + 16
    static let maximumLength = Limits.maximumRecordByteCount

    /// `SHA-256(routing || nonce || ciphertext || tag)`, the other half of what the leaf covers.
    public var digest: MerkleHash { TreeHasher.sha256(routing.bytes + nonce + sealed) }
}

/// One entry taken apart, still sealed.
public struct StoredEntry: Sendable, Hashable {
    /// The clear frame.
    public let frame: EntryFrame
    /// The header first, then one for each patient.
    public let sections: [StoredSection]

    /// Joins a frame with its sections.
    ///
    /// - Parameters:
    ///   - frame: Its section count equals `sections.count`.
    ///   - sections: The header first.
    public init(frame: EntryFrame, sections: [StoredSection]) {
        precondition(sections.count == Int(frame.sectionCount))
        self.frame = frame
        self.sections = sections
    }

    /// The bytes that are stored.
    public var bytes: [UInt8] {
        var bytes = frame.bytes
        for section in sections {
            bytes.appendBigEndian(UInt32(28 + section.sealed.count))
            bytes += section.commitment.bytes
            bytes += section.routing.bytes
            bytes += section.nonce
            bytes += section.sealed
        }
        return bytes
    }

    /// What the leaf hash is taken of: frame, then commitment and digest of each section.
    public var leafData: [UInt8] {
        EntryCodec.leafData(
            frame: frame,
            digests: sections.map { SectionDigest($0.commitment, $0.digest) }
        )
    }
}

/// All that the leaf knows of a section, 64 bytes: enough for a proof to leave it closed.
public struct SectionDigest: Sendable, Hashable {
    /// HMAC-SHA-256(r, part).
    public let commitment: MerkleHash
    /// SHA-256 of routing, nonce, ciphertext and tag.
    public let sealed: MerkleHash

    /// Joins the two.
    ///
    /// - Parameters:
    ///   - commitment: HMAC-SHA-256(r, part).
    ///   - sealed: SHA-256 of routing, nonce, ciphertext and tag.
    public init(_ commitment: MerkleHash, _ sealed: MerkleHash) {
        self.commitment = commitment
        self.sealed = sealed
    }
}
