internal import VaultCore

/// One section where it lies in a stored entry, still sealed; valid only as long as the entry's bytes.
///
/// For whoever opens millions of entries: nothing is copied before it is opened.
package struct SectionView {
    /// 0 for the header.
    package let number: UInt32
    /// HMAC-SHA-256(r, part), 32 bytes.
    let commitment: UnsafeRawBufferPointer
    /// `routing || nonce || ciphertext || tag`.
    let body: UnsafeRawBufferPointer

    /// By which the Guard finds the key.
    package var routing: RoutingTag { RoutingTag(loading: body) }

    /// 12 bytes.
    package var nonce: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: body[16..<28]) }

    /// Ciphertext, then the tag.
    package var sealed: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: body[28...]) }

    /// Bytes of the associated data.
    package static let boundByteCount = SectionSealer.domain.count + EntryFrame.byteCount + 20

    /// Writes the associated data that bind the section to its entry and place.
    ///
    /// - Parameters:
    ///   - bound: Gets ``boundByteCount`` bytes; those before the frame are the same for every section.
    ///   - frame: The entry's first 14 bytes.
    package func write(bound: UnsafeMutableRawBufferPointer, frame: UnsafeRawBufferPointer) {
        let place = SectionSealer.domain.count
        bound.copyBytes(from: SectionSealer.domain)
        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            UnsafeMutableRawBufferPointer(rebasing: bound[offset...]).copyMemory(from: bytes)
        }
        write(UnsafeRawBufferPointer(rebasing: frame[..<EntryFrame.byteCount]), at: place)
        let end = place + EntryFrame.byteCount
        withUnsafeBytes(of: number.bigEndian) { write($0, at: end) }
        write(UnsafeRawBufferPointer(rebasing: body[..<16]), at: end + 4)
    }

    /// Whether the leaf commits to this plaintext, so that it can be shown to others.
    ///
    /// That the text is the one that was sealed follows from the tag already.
    ///
    /// - Parameter plain: r, then the text, as opened.
    /// - Returns: Whether the commitment is that of the two.
    package func isCommitted(to plain: UnsafeRawBufferPointer) -> Bool {
        guard plain.count >= 32 else { return false }
        return TreeHasher.commitment(
            blinding: UnsafeRawBufferPointer(rebasing: plain[..<32]),
            part: UnsafeRawBufferPointer(rebasing: plain[32...])
        ) == MerkleHash(copying: commitment)
    }
}

extension EntryCodec {
    /// Shows an entry's sections one after the other, header first.
    ///
    /// - Parameters:
    ///   - stored: The stored bytes.
    ///   - body: Gets each section, valid during the call.
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    package static func forEachSection(
        ofStored stored: UnsafeRawBufferPointer,
        _ body: (SectionView) -> Void
    ) throws(MerkleLogError) {
        var number: UInt32 = 0
        try walk(stored, frame: try EntryFrame(stored)) { commitment, rest in
            body(SectionView(number: number, commitment: commitment, body: rest))
            number += 1
        }
    }

    /// Frame and leaf hash in one walk.
    ///
    /// - Parameter stored: The stored bytes.
    /// - Returns: `nil` where the entry is malformed.
    package static func measured(
        _ stored: UnsafeRawBufferPointer
    ) -> (frame: EntryFrame, leaf: MerkleHash)? {
        try? hashed(stored)
    }
}
