internal import Crypto
internal import VaultCore

/// An entry as it is stored, with the hash that the tree takes of it.
public struct SealedEntry: Sendable, Hashable {
    /// `frame || sections`, see ``EntryFrame`` and ``StoredSection``.
    public let bytes: [UInt8]
    /// SHA-256(0x00 || leaf data); what ``EntryCodec/leafHash(ofStored:)-([UInt8])`` finds in ``bytes``.
    public let leaf: MerkleHash
}

/// Writes an entry from front to back, each section sealed where it will lie.
///
/// A decision's entry stands between a clinician and the answer: every byte of it is written once, sealed
/// once and hashed once.
struct EntryWriter {
    private var bytes: [UInt8]
    private var leaf = SHA256()
    /// `r || text` of the section that is being sealed; wiped after each.
    private var plain: [UInt8] = []
    /// Associated data: what is the same for all sections, then number and routing.
    private var bound: [UInt8]
    private let fixedCount: Int
    private var number: UInt32 = 0

    init(_ frame: EntryFrame) {
        bytes = frame.bytes
        bytes.reserveCapacity(2_048)
        bound = SectionSealer.domain + frame.bytes
        fixedCount = bound.count
        TreeHasher.update(&leaf, withByte: 0)
        bytes.withUnsafeBytes { leaf.update(bufferPointer: $0) }
    }

    /// Appends the next section.
    ///
    /// - Parameters:
    ///   - routing: By which the Guard finds the key.
    ///   - key: Seals the section.
    ///   - salt: r (32 bytes), then the nonce (12).
    ///   - write: Appends the section's text.
    /// - Throws: ``MerkleLogError/tooLarge``.
    mutating func add(
        routing: RoutingTag,
        key: SectionKey,
        salt: [UInt8],
        _ write: (inout [UInt8]) -> Void
    ) throws(MerkleLogError) {
        plain.removeAll(keepingCapacity: true)
        plain.reserveCapacity(1_536)
        plain += salt[..<32]
        write(&plain)
        defer { wipe() }
        let textCount = plain.count - 32
        guard textCount <= StoredSection.maximumLength - StoredSection.minimumLength else {
            throw .tooLarge
        }
        bound.removeLast(bound.count - fixedCount)
        bound.appendBigEndian(number)
        bound += routing.bytes
        number += 1

        let commitment = plain.withUnsafeBytes {
            TreeHasher.commitment(
                blinding: UnsafeRawBufferPointer(rebasing: $0[..<32]),
                part: UnsafeRawBufferPointer(rebasing: $0[32...])
            )
        }
        bytes.appendBigEndian(UInt32(StoredSection.minimumLength + textCount))
        commitment.withUnsafeBytes { bytes.append(contentsOf: $0) }
        let start = bytes.count
        bytes += routing.bytes
        guard let nonce = try? AES.GCM.Nonce(data: salt[32...]),
            let box = try? AES.GCM.seal(plain, using: key.key, nonce: nonce, authenticating: bound),
            let sealed = box.combined
        else { throw .tooLarge }
        // Nonce, ciphertext, tag: the order in which a section has them.
        bytes.append(contentsOf: sealed)
        let digest = bytes.withUnsafeBytes {
            TreeHasher.sha256(UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        commitment.withUnsafeBytes { leaf.update(bufferPointer: $0) }
        digest.withUnsafeBytes { leaf.update(bufferPointer: $0) }
    }

    /// The entry; call once, after as many sections as the frame says.
    func finish() -> SealedEntry { SealedEntry(bytes: bytes, leaf: TreeHasher.finish(leaf)) }

    /// What a patient's part said does not stay in memory that is given back.
    private mutating func wipe() {
        plain.withUnsafeMutableBytes { buffer in
            for place in buffer.indices { buffer[place] = 0 }
        }
    }
}
