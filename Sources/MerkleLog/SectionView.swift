internal import Crypto
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

    /// Opens the section in place and checks its commitment, as
    /// ``SectionSealer/open(section:of:key:)`` does.
    ///
    /// - Parameters:
    ///   - frame: The entry's first 14 bytes.
    ///   - key: The section's key.
    ///   - read: Gets the part's text, valid during the call.
    /// - Returns: What `read` gives; `nil` where the section does not open or the commitment is another's.
    package func withOpened<Value>(
        frame: UnsafeRawBufferPointer,
        key: SectionKey,
        _ read: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows -> Value? {
        let bound = SectionSealer.associatedData(frame: frame, number: number, routing: body)
        let sealed = UnsafeRawBufferPointer(rebasing: body[16...])
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let plain = try? AES.GCM.open(box, using: key.key, authenticating: bound)
        else { return nil }
        return try lend(plain) { plain in
            guard plain.count >= 32 else { return nil }
            let blinding = UnsafeRawBufferPointer(rebasing: plain[..<32])
            let part = UnsafeRawBufferPointer(rebasing: plain[32...])
            let found = TreeHasher.commitment(blinding: blinding, part: part)
            guard found == MerkleHash(copying: commitment) else { return nil }
            return try read(part)
        }
    }
}

/// Lends bytes that lie in one piece, without a word of Foundation; `nil` where they do not.
private func lend<Value>(
    _ bytes: some Collection<UInt8>,
    _ body: (UnsafeRawBufferPointer) throws -> Value?
) rethrows -> Value? {
    try bytes.withContiguousStorageIfAvailable { try body(UnsafeRawBufferPointer($0)) } ?? nil
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
