internal import Crypto
internal import VaultCore

/// Reads and hashes stored entries: `frame || sections`, see ``EntryFrame`` and ``StoredSection``.
///
/// Source: docs/design/log.md.
public enum EntryCodec {
    /// Takes an entry apart; every byte must be accounted for.
    ///
    /// - Parameter stored: The stored bytes.
    /// - Returns: Frame and sealed sections.
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public static func decode(_ stored: [UInt8]) throws(MerkleLogError) -> StoredEntry {
        try stored.reading { buffer throws(MerkleLogError) in
            let frame = try EntryFrame(buffer)
            var sections: [StoredSection] = []
            try walk(buffer, frame: frame) { commitment, body in
                sections.append(
                    StoredSection(
                        commitment: MerkleHash(copying: commitment),
                        routing: RoutingTag(loading: body),
                        nonce: Array(body[16..<28]),
                        sealed: Array(body[28...])
                    )
                )
            }
            return StoredEntry(frame: frame, sections: sections)
        }
    }

    /// The frame alone.
    ///
    /// - Parameter stored: The stored bytes, or at least the first 14.
    /// - Returns: Kind, time and number of sections.
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public static func frame(ofStored stored: [UInt8]) throws(MerkleLogError) -> EntryFrame {
        try stored.reading { buffer throws(MerkleLogError) in try EntryFrame(buffer) }
    }

    /// The routing tags of an entry without taking it apart, header first.
    ///
    /// - Parameters:
    ///   - stored: The stored bytes.
    ///   - body: Called with the section's number and its 16 bytes, valid during the call.
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public static func forEachRouting(
        ofStored stored: UnsafeRawBufferPointer,
        _ body: (_ section: Int, _ routing: UnsafeRawBufferPointer) -> Void
    ) throws(MerkleLogError) {
        var section = 0
        try walk(stored, frame: try EntryFrame(stored)) { _, sealed in
            body(section, UnsafeRawBufferPointer(rebasing: sealed[..<16]))
            section += 1
        }
    }

    /// Leaf hash of a stored entry, hashing in place.
    ///
    /// - Parameter stored: The stored bytes.
    /// - Returns: SHA-256(0x00 || leaf data).
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public static func leafHash(
        ofStored stored: UnsafeRawBufferPointer
    ) throws(MerkleLogError) -> MerkleHash {
        try hashed(stored).leaf
    }

    /// Leaf hash of a stored entry.
    ///
    /// - Parameter stored: The stored bytes.
    /// - Returns: SHA-256(0x00 || leaf data).
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public static func leafHash(ofStored stored: [UInt8]) throws(MerkleLogError) -> MerkleHash {
        try stored.reading { buffer throws(MerkleLogError) in try hashed(buffer).leaf }
    }

    /// Frame and leaf hash in one walk.
    static func hashed(
        _ stored: UnsafeRawBufferPointer
    ) throws(MerkleLogError) -> (frame: EntryFrame, leaf: MerkleHash) {
        let frame = try EntryFrame(stored)
        var hasher = SHA256()
        TreeHasher.update(&hasher, withByte: 0)
        hasher.update(
            bufferPointer: UnsafeRawBufferPointer(rebasing: stored[..<EntryFrame.byteCount])
        )
        try walk(stored, frame: frame) { commitment, body in
            hasher.update(bufferPointer: commitment)
            TreeHasher.sha256(body).withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        return (frame, TreeHasher.finish(hasher))
    }

    /// The bytes a leaf hash is taken of.
    static func leafData(frame: EntryFrame, digests: [SectionDigest]) -> [UInt8] {
        var data = frame.bytes
        data.reserveCapacity(data.count + 64 * digests.count)
        for digest in digests {
            digest.commitment.withUnsafeBytes { data.append(contentsOf: $0) }
            digest.sealed.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        return data
    }

    /// Calls `body` with commitment and `routing || nonce || ciphertext || tag` of each section.
    static func walk(
        _ stored: UnsafeRawBufferPointer,
        frame: EntryFrame,
        _ body: (_ commitment: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer) -> Void
    ) throws(MerkleLogError) {
        var offset = EntryFrame.byteCount
        for _ in 0..<frame.sectionCount {
            guard stored.count - offset >= StoredSection.lengthByteCount + 32 else {
                throw .malformedEntry
            }
            let length = Int(
                UInt32(bigEndian: stored.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            )
            let start = offset + StoredSection.lengthByteCount + 32
            guard length >= StoredSection.minimumLength, length <= StoredSection.maximumLength,
                stored.count - start >= length
            else { throw .malformedEntry }
            body(
                UnsafeRawBufferPointer(rebasing: stored[start - 32..<start]),
                UnsafeRawBufferPointer(rebasing: stored[start..<start + length])
            )
            offset = start + length
        }
        guard offset == stored.count else { throw .malformedEntry }
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that keeps the error's type.
    func reading<Value>(
        _ body: (UnsafeRawBufferPointer) throws(MerkleLogError) -> Value
    ) throws(MerkleLogError) -> Value {
        let result = withUnsafeBytes { buffer in
            Result { () throws(MerkleLogError) in try body(buffer) }
        }
        return try result.get()
    }
}
