internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// The versions that an intent announces for one patient, and the segments they go to.
///
/// In the log they are one text in base64: a whole record's import has thousands of rows, and JSON would
/// cost more time and room than the rows themselves. Names that come again and again (segments, types,
/// own labels, reasons) stand once, in tables, and rows point into them.
struct IntentRows: Sendable, Equatable {
    struct Record: Sendable, Equatable {
        var number: UInt32
        var version: UInt32
        /// Type and id; `nil` where a stored record only moves to another segment.
        var id: RecordID?
        /// Index into ``IntentRows/segments``.
        var segment: Int
        /// Keyed digest of the plaintext.
        var content: UInt64
        /// Hash of the sealed bytes.
        var sealed: MerkleHash
        var isDeletion: Bool
        var node: LabelNodes.Node
        /// Why each label was given.
        var bases: [String] = []
    }

    var segments: [Segment] = []
    var records: [Record] = []

    init() {}

    /// What the rows' text starts with; another number is another form.
    private static let form: UInt8 = 2
    private static let isDeletion: UInt8 = 1
    private static let hasID: UInt8 = 2
    private static let hasUUID: UInt8 = 4

    /// Bytes in the form of docs/decisions/0014-intents-in-columns.md.
    var encoded: [UInt8] {
        var types = NameTable()
        var owns = NameTable()
        var reasons = NameTable()
        var kinds: [NodeKind: Int] = [:]
        var rows = ByteWriter()
        for record in records {
            let kind = NodeKind(record.node)
            let own = kinds[kind] ?? owns.place(of: kind.name)
            kinds[kind] = own
            let uuid = record.id.flatMap { UUIDText.bytes($0.id.text) }
            rows.integer(UInt64(record.number))
            rows.integer(UInt64(record.version))
            rows.byte(
                (record.isDeletion ? Self.isDeletion : 0) | (record.id == nil ? 0 : Self.hasID)
                    | (uuid == nil ? 0 : Self.hasUUID)
            )
            if let id = record.id {
                rows.integer(UInt64(types.place(of: id.type)))
                if let uuid { rows.fixed(uuid) } else { rows.text(id.id.text) }
            }
            rows.integer(UInt64(record.segment))
            rows.integer(UInt64(own))
            rows.bigEndian(record.content)
            rows.fixed(record.sealed.bytes)
            rows.integer(UInt64(record.node.links.count))
            LabelNodes.write(record.node.links, to: &rows)
            rows.integer(UInt64(record.bases.count))
            for basis in record.bases { rows.integer(UInt64(reasons.place(of: basis))) }
        }
        var writer = ByteWriter()
        writer.byte(Self.form)
        for table in [segments.map(\.name), types.names, owns.names, reasons.names] {
            writer.integer(UInt64(table.count))
            for name in table { writer.text(name) }
        }
        writer.integer(UInt64(records.count))
        writer.fixed(rows.bytes)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == Self.form else { throw .damagedState }
        for name in try reader.texts() {
            guard let segment = Segment(name: name) else { throw .damagedState }
            segments.append(segment)
        }
        let types = try reader.texts()
        var kinds: [NodeKind] = []
        for name in try reader.texts() {
            guard let kind = NodeKind(name: name) else { throw .damagedState }
            kinds.append(kind)
        }
        let reasons = try reader.texts()
        let count = try reader.integer()
        guard count <= UInt64(bytes.count / 40) else { throw .damagedState }
        records.reserveCapacity(Int(count))
        for _ in 0..<count {
            records.append(try Self.record(&reader, segments.count, types, kinds, reasons))
        }
        try reader.finish()
    }

    private static func record(
        _ reader: inout ByteReader,
        _ segmentCount: Int,
        _ types: [String],
        _ kinds: [NodeKind],
        _ reasons: [String]
    ) throws(GuardError) -> Record {
        let number = try reader.integer()
        let version = try reader.integer()
        let flags = try reader.byte()
        var id: RecordID?
        if flags & hasID != 0 {
            let type = try reader.place(in: types.count)
            let text =
                flags & hasUUID != 0
                ? UUIDText.text(try reader.fixed(16)) : try reader.text()
            guard let named = RecordID("\(types[type])/\(text)") else { throw .damagedState }
            id = named
        }
        let segment = try reader.place(in: segmentCount)
        let kind = kinds[try reader.place(in: kinds.count)]
        let content = UInt64(bigEndianBytes: try reader.fixed(8))
        let sealed = MerkleHash(try reader.fixed(32))
        let links = try LabelNodes.links(try reader.integer(), &reader)
        var bases: [String] = []
        for _ in 0..<(try reader.integer()) {
            bases.append(reasons[try reader.place(in: reasons.count)])
        }
        guard let number = UInt32(exactly: number), let version = UInt32(exactly: version),
            let sealed, flags & ~(isDeletion | hasID | hasUUID) == 0
        else { throw .damagedState }
        return Record(
            number: number,
            version: version,
            id: id,
            segment: segment,
            content: content,
            sealed: sealed,
            isDeletion: flags & isDeletion != 0,
            node: kind.node(links),
            bases: bases
        )
    }
}

/// Names in the order of their first use.
private struct NameTable {
    private(set) var names: [String] = []
    private var places: [String: Int] = [:]

    mutating func place(of name: String) -> Int {
        if let known = places[name] { return known }
        places[name] = names.count
        names.append(name)
        return names.count - 1
    }
}

/// A UUID in its usual text form, lower case, as sixteen bytes: most ids of real records are one.
enum UUIDText {
    static func bytes(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 36 else { return nil }
        var text = text
        return text.withUTF8 { digits in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(16)
            var high: UInt8?
            for (place, digit) in digits.enumerated() {
                if place == 8 || place == 13 || place == 18 || place == 23 {
                    guard digit == 0x2D else { return nil }
                    continue
                }
                let value: UInt8
                switch digit {
                case 0x30...0x39: value = digit - 0x30
                case 0x61...0x66: value = digit - 0x57
                default: return nil
                }
                if let first = high {
                    bytes.append(first << 4 | value)
                    high = nil
                } else {
                    high = value
                }
            }
            return bytes
        }
    }

    static func text(_ bytes: [UInt8]) -> String {
        let hex = Array(Hex.encode(bytes).utf8)
        var text: [UInt8] = []
        for (place, digit) in hex.enumerated() {
            if place == 8 || place == 12 || place == 16 || place == 20 { text.append(0x2D) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
