internal import Sealing
internal import VaultCore

/// Finds patients by keyed tokens; a token of a field that is not unique is shared by several values.
///
/// A token keeps only so many bits that at least two rows fall on it on average and at most the square
/// root of all rows; so who holds the file cannot count how often a name occurs. True hits are told
/// from false ones by comparing the sealed fields, inside the Guard.
struct BlindIndex {
    let tagger: Tagger
    /// Bits kept of a token of a non-unique field; fixed per index generation.
    let bits: Int

    /// Bits for a number of rows: 2 <= rows / 2^bits <= sqrt(rows) wherever that is possible.
    static func bits(forRows rows: Int) -> Int {
        rows < 4 ? 0 : Int.bitWidth - 1 - rows.leadingZeroBitCount - 1
    }

    /// The key of the bucket that a row falls into: field byte, then the token's bytes.
    func bucket(of row: IndexRow) -> [UInt8] {
        let tag = tagger.tag16(
            label: "index",
            parts: [[row.field.rawValue], Array(row.value.utf8)]
        )
        if row.field.isUnique { return [row.field.rawValue] + tag }
        let token = bits == 0 ? 0 : UInt64(bigEndianBytes: tag) >> UInt64(64 - bits)
        return [row.field.rawValue] + bigEndian(token)
    }

    /// Pseudonyms in a bucket, 16 bytes each, sorted, sealed by the caller.
    static func pseudonyms(in bytes: [UInt8]) throws(GuardError) -> [PatientPseudonym] {
        guard bytes.count.isMultiple(of: 16) else { throw .damagedState }
        return stride(from: 0, to: bytes.count, by: 16).compactMap {
            PatientPseudonym(bytes: bytes[$0..<$0 + 16])
        }
    }
}
