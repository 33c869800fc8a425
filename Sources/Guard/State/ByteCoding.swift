/// Writes the small binary forms of the Guard's state: LEB128 integers and length-prefixed bytes.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func integer(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func fixed(_ value: [UInt8]) { bytes += value }

    mutating func bigEndian(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func blob(_ value: some Collection<UInt8>) {
        integer(UInt64(value.count))
        bytes += value
    }

    mutating func text(_ value: String) { blob(value.utf8) }
}

/// Reads what ``ByteWriter`` wrote; anything short, long or overlong fails as a whole.
struct ByteReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    /// Bytes not read yet.
    var rest: Int { bytes.count - offset }

    mutating func byte() throws(GuardError) -> UInt8 {
        guard offset < bytes.count else { throw .damagedState }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func integer() throws(GuardError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .damagedState }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
            guard shift <= 63 else { throw .damagedState }
        }
    }

    mutating func fixed(_ count: Int) throws(GuardError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - offset else { throw .damagedState }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func blob() throws(GuardError) -> [UInt8] {
        let count = try integer()
        guard count <= UInt64(bytes.count - offset) else { throw .damagedState }
        return try fixed(Int(count))
    }

    mutating func text() throws(GuardError) -> String {
        guard let text = String(validating: try blob(), as: UTF8.self) else {
            throw .damagedState
        }
        return text
    }

    /// A list of texts: how many, then each.
    mutating func texts() throws(GuardError) -> [String] {
        let count = try integer()
        guard count <= UInt64(bytes.count - offset) else { throw .damagedState }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    /// A place in a table of this many.
    mutating func place(in count: Int) throws(GuardError) -> Int {
        let value = try integer()
        guard value < UInt64(count) else { throw .damagedState }
        return Int(value)
    }

    func finish() throws(GuardError) {
        guard isAtEnd else { throw .damagedState }
    }
}
