extension JSONValue {
    /// Reads a JSON document of the vault's own kind.
    ///
    /// Strict: UTF-8, no duplicate keys, no fractions, nothing after the value, at most 64 levels;
    /// `nil` where the bytes are anything else.
    ///
    /// - Parameter bytes: The whole document; white space around tokens is allowed.
    public init?(parsing bytes: some Collection<UInt8>) {
        var parser = Parser(bytes: Array(bytes))
        guard let value = parser.value(depth: 0), parser.isAtEndAfterSpace() else { return nil }
        self = value
    }

    /// Reads a JSON document of the vault's own kind, or gives `nil`.
    ///
    /// - Parameter text: The whole document.
    public init?(parsing text: String) {
        self.init(parsing: Array(text.utf8))
    }
}

/// Recursive descent with a depth limit; only ever sees documents that we wrote or that are refused.
private struct Parser {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func isAtEndAfterSpace() -> Bool {
        skipSpace()
        return offset == bytes.count
    }

    mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    mutating func word(_ word: String, _ value: JSONValue) -> JSONValue? {
        guard bytes[offset...].starts(with: word.utf8) else { return nil }
        offset += word.utf8.count
        return value
    }

    mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        guard depth < 64, offset < bytes.count else { return nil }
        switch bytes[offset] {
        case 0x22: return string().map { .string($0) }
        case 0x7B: return object(depth: depth)
        case 0x5B: return array(depth: depth)
        case 0x74: return word("true", .bool(true))
        case 0x66: return word("false", .bool(false))
        case 0x6E: return word("null", .null)
        default: return number()
        }
    }

    mutating func array(depth: Int) -> JSONValue? {
        offset += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(0x5D) { return .array([]) }
        while true {
            guard let next = value(depth: depth + 1) else { return nil }
            values.append(next)
            skipSpace()
            if take(0x5D) { return .array(values) }
            guard take(0x2C) else { return nil }
        }
    }

    mutating func object(depth: Int) -> JSONValue? {
        offset += 1
        var members: [JSONValue.Member] = []
        var seen = Set<String>(minimumCapacity: 32)
        skipSpace()
        if take(0x7D) { return .object([]) }
        while true {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == 0x22, let key = string(),
                seen.insert(key).inserted
            else { return nil }
            skipSpace()
            guard take(0x3A), let next = value(depth: depth + 1) else { return nil }
            members.append(JSONValue.Member(key, next))
            skipSpace()
            if take(0x7D) { return .object(members) }
            guard take(0x2C) else { return nil }
        }
    }

    mutating func number() -> JSONValue? {
        let start = offset
        _ = take(0x2D)
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let number = Int64(text), String(number) == text else { return nil }
        return .int(number)
    }

    mutating func string() -> String? {
        offset += 1
        let start = offset
        var seen: UInt8 = 0
        while offset < bytes.count, bytes[offset] != 0x22, bytes[offset] != 0x5C,
            bytes[offset] >= 0x20
        {
            seen |= bytes[offset]
            offset += 1
        }
        if offset < bytes.count, bytes[offset] == 0x22 {
            offset += 1
            let text = start..<(offset - 1)
            // ASCII needs no validation; the validating initializer costs several times the copy.
            guard seen < 0x80 else { return String(validating: bytes[text], as: UTF8.self) }
            return bytes.withUnsafeBufferPointer {
                String(decoding: UnsafeBufferPointer(rebasing: $0[text]), as: UTF8.self)
            }
        }
        var out = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case 0x22: return String(validating: out, as: UTF8.self)
            case 0x5C: guard escape(into: &out) else { return nil }
            case 0..<0x20: return nil
            default: out.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into out: inout [UInt8]) -> Bool {
        guard offset < bytes.count else { return false }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: out.append(byte)
        case 0x62: out.append(8)
        case 0x66: out.append(12)
        case 0x6E: out.append(10)
        case 0x72: out.append(13)
        case 0x74: out.append(9)
        case 0x75:
            guard let scalar = unicodeEscape() else { return false }
            out += String(Character(scalar)).utf8
        default: return false
        }
        return true
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let first = fourHexDigits() else { return nil }
        if (0xD800...0xDBFF).contains(first) {
            guard take(0x5C), take(0x75), let second = fourHexDigits(),
                (0xDC00...0xDFFF).contains(second)
            else { return nil }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        }
        return Unicode.Scalar(first)
    }

    private mutating func fourHexDigits() -> UInt32? {
        guard offset + 4 <= bytes.count,
            let pair = Hex.decode(String(decoding: bytes[offset..<offset + 4], as: UTF8.self))
        else { return nil }
        offset += 4
        return UInt32(pair[0]) << 8 | UInt32(pair[1])
    }
}
