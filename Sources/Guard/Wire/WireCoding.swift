internal import Consent
internal import VaultCore

/// Why bytes of the other side are no message; the connection ends.
struct WireError: Error {}

/// A value that crosses between Guard and record side.
///
/// One form for each value: fixed-width integers big-endian, a count (u32) before whatever repeats, one
/// byte 0 or 1 before what may be missing. See docs/design/guard-protocol.md.
protocol WireValue {
    func put(_ out: inout WireWriter)
    init(_ wire: inout WireReader) throws

    static func putAll(_ values: [Self], _ out: inout WireWriter)
    static func takeAll(_ count: Int, _ wire: inout WireReader) throws -> [Self]
}

extension WireValue {
    static func putAll(_ values: [Self], _ out: inout WireWriter) {
        for value in values { out.put(value) }
    }

    static func takeAll(_ count: Int, _ wire: inout WireReader) throws -> [Self] {
        var values: [Self] = []
        // An empty message of many claimed elements must not cost memory.
        values.reserveCapacity(min(count, 4_096))
        for _ in 0..<count { values.append(try wire.take()) }
        return values
    }
}

/// Collects a message.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ bytes: some Sequence<UInt8>) { self.bytes += bytes }

    mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func count(_ count: Int) { integer(UInt32(clamping: count)) }

    mutating func put(_ value: some WireValue) { value.put(&self) }

    /// Hands the message over.
    consuming func finish() -> [UInt8] { bytes }
}

/// Reads a message to its last byte; what is missing, left over or out of range is an error.
struct WireReader {
    private let bytes: [UInt8]
    private var offset = 0
    /// What this side keeps of the other, to be left out of messages.
    var known = WireKnowledge()

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func raw(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - offset else { throw WireError() }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws -> Value
    {
        try raw(Value.bitWidth / 8).reduce(into: Value(0)) { value, byte in
            value = (value << 8) | Value(truncatingIfNeeded: byte)
        }
    }

    /// A number of elements, never more than there can be in the rest of the message.
    mutating func count(elementByteCount: Int = 1) throws -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= (bytes.count - offset) / elementByteCount else { throw WireError() }
        return count
    }

    mutating func take<Value: WireValue>(_ type: Value.Type = Value.self) throws -> Value {
        try Value(&self)
    }

    func end() throws { guard offset == bytes.count else { throw WireError() } }
}

/// What a client keeps between calls, so that a Guard need not send it again.
struct WireKnowledge: Sendable {
    var directory: (index: UInt64, facts: PatientFacts)?
    var policies: PolicySet?
}

extension Bool: WireValue {
    func put(_ out: inout WireWriter) { out.raw([self ? 1 : 0]) }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = false
        case 1: self = true
        default: throw WireError()
        }
    }
}

extension FixedWidthInteger where Self: WireValue {
    func put(_ out: inout WireWriter) { out.integer(self) }
    init(_ wire: inout WireReader) throws { self = try wire.integer() }
}

extension UInt8: WireValue {
    static func putAll(_ values: [UInt8], _ out: inout WireWriter) { out.raw(values) }

    static func takeAll(_ count: Int, _ wire: inout WireReader) throws -> [UInt8] {
        Array(try wire.raw(count))
    }
}

extension UInt32: WireValue {}
extension UInt64: WireValue {}
extension Int64: WireValue {}
extension Int: WireValue {}

extension String: WireValue {
    func put(_ out: inout WireWriter) {
        out.count(utf8.count)
        out.raw(utf8)
    }

    init(_ wire: inout WireReader) throws {
        let bytes = try wire.raw(try wire.count())
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError() }
        self = text
    }
}

extension Optional: WireValue where Wrapped: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(self != nil)
        if let value = self { out.put(value) }
    }

    init(_ wire: inout WireReader) throws {
        self = try wire.take(Bool.self) ? .some(try wire.take(Wrapped.self)) : nil
    }
}

extension Array: WireValue where Element: WireValue {
    func put(_ out: inout WireWriter) {
        out.count(count)
        Element.putAll(self, &out)
    }

    init(_ wire: inout WireReader) throws {
        self = try Element.takeAll(try wire.count(), &wire)
    }
}

/// Names of things and moments.
extension Tag16 where Self: WireValue {
    func put(_ out: inout WireWriter) { out.raw(bytes) }

    init(_ wire: inout WireReader) throws {
        guard let tag = Self(bytes: try wire.raw(16)) else { throw WireError() }
        self = tag
    }
}

extension VaultID: WireValue {}
extension PatientPseudonym: WireValue {}
extension RecordTag: WireValue {}
extension SegmentTag: WireValue {}
extension Epoch: WireValue {}
extension GrantID: WireValue {}
extension SessionID: WireValue {}

/// A value that is written as one text.
protocol WireText: WireValue {
    var wireText: String { get }
    init?(wireText: String)
}

extension WireText {
    func put(_ out: inout WireWriter) { out.put(wireText) }

    init(_ wire: inout WireReader) throws {
        guard let value = Self(wireText: try wire.take()) else { throw WireError() }
        self = value
    }
}

extension WireText where Self: RawRepresentable, RawValue == String {
    var wireText: String { rawValue }
    init?(wireText: String) { self.init(rawValue: wireText) }
}

extension FHIRID: WireText {
    var wireText: String { text }
    init?(wireText: String) { self.init(wireText) }
}

extension RecordID: WireText {
    var wireText: String { description }
    init?(wireText: String) { self.init(wireText) }
}

extension PrincipalID: WireText {
    var wireText: String { text }
    init?(wireText: String) { self.init(wireText) }
}

extension Segment: WireText {
    var wireText: String { name }
    init?(wireText: String) { self.init(name: wireText) }
}

extension Manifest: WireText {
    var wireText: String { description }
    init?(wireText: String) { self.init(wireText) }
}

extension Instant: WireValue {
    func put(_ out: inout WireWriter) { out.put(microseconds) }
    init(_ wire: inout WireReader) throws { self.init(microseconds: try wire.take()) }
}

extension PartialDate: WireValue {
    private static let precisions: [Precision] = [.year, .month, .day, .instant]

    func put(_ out: inout WireWriter) {
        out.integer(UInt8(Self.precisions.firstIndex(of: precision) ?? 0))
        out.put(date.year)
        out.put(date.month)
        out.put(date.day)
        out.put(earliest)
        out.put(end)
    }

    init(_ wire: inout WireReader) throws {
        let precision = Int(try wire.integer(UInt8.self))
        let (year, month, day): (Int, Int, Int) = (
            try wire.take(), try wire.take(), try wire.take()
        )
        guard precision < Self.precisions.count, (1...9999).contains(year),
            let date = CivilDate(year: year, month: month, day: day)
        else { throw WireError() }
        self.init(
            precision: Self.precisions[precision],
            date: date,
            from: try wire.take(),
            to: try wire.take()
        )
    }
}

extension JSONValue: WireValue {
    func put(_ out: inout WireWriter) { out.put(bytes) }

    init(_ wire: inout WireReader) throws {
        guard let value = JSONValue(parsing: try wire.take([UInt8].self)) else { throw WireError() }
        self = value
    }
}
