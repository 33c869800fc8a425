internal import VaultCore

/// Which records a patient has: number, newest version, segment, and short keyed tags of id and content.
///
/// The record number is the position in the list, dense from 0, so that a manifest of a whole record
/// is a few bytes. Tags are HMACs: the catalogue names nothing. 20 bytes a record.
struct Catalogue: Sendable, Hashable {
    struct Item: Sendable, Hashable {
        /// First 8 bytes of the record tag.
        var tag: UInt64
        /// Keyed digest of the newest version's plaintext, to see whether the same bytes come again.
        var content: UInt64
        /// Newest version, from 1.
        var version: UInt32
        /// Index into ``PatientState/segments``.
        var segment: UInt32
        /// Whether the newest version is a deletion.
        var isDeleted: Bool
    }

    var items: [Item] = []

    /// Record number of a tag, newest first where two should share 8 bytes.
    ///
    /// - Complexity: O(records); the Guard keeps a dictionary beside it while it writes many.
    func number(ofTag tag: UInt64) -> Int? {
        items.lastIndex { $0.tag == tag }
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.integer(UInt64(items.count))
        for item in items {
            writer.fixed(bigEndian(item.tag))
            writer.fixed(bigEndian(item.content))
            writer.integer(UInt64(item.version))
            writer.integer(UInt64(item.segment) << 1 | (item.isDeleted ? 1 : 0))
        }
        return writer.bytes
    }

    init() {}

    init(decoding bytes: [UInt8]) throws(GuardError) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw .damagedState }
        let count = try reader.integer()
        guard count <= UInt64(bytes.count / 18 + 1) else { throw .damagedState }
        items.reserveCapacity(Int(count))
        for _ in 0..<count {
            let tag = UInt64(bigEndianBytes: try reader.fixed(8))
            let content = UInt64(bigEndianBytes: try reader.fixed(8))
            let version = UInt32(truncatingIfNeeded: try reader.integer())
            let packed = try reader.integer()
            items.append(
                Item(
                    tag: tag,
                    content: content,
                    version: version,
                    segment: UInt32(truncatingIfNeeded: packed >> 1),
                    isDeleted: packed & 1 == 1
                )
            )
        }
        try reader.finish()
    }
}

func bigEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

extension UInt64 {
    /// The first eight bytes, most significant first.
    init(bigEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
