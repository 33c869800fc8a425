/// A small JSON value for the vault's own documents: log parts, facts, proofs, key files.
///
/// Object keys keep their order, so that a document has exactly one text. Numbers are 64-bit integers
/// only: nothing of ours needs a fraction, and a fraction has many texts. Records of patients never pass
/// through this type; they stay the bytes that were received.
public indirect enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in their order, without duplicate keys.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// Names a value.
        ///
        /// - Parameters:
        ///   - key: The key.
        ///   - value: The value.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of a member, or `nil` where this is no object or has no such member.
    ///
    /// - Parameter key: The member's key.
    /// - Complexity: O(members).
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text, where this is a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, where this is a whole number.
    public var int: Int64? {
        if case .int(let number) = self { number } else { nil }
    }

    /// The truth value, where this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, where this is a list.
    public var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The members, where this is an object.
    public var object: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// A list of texts.
    ///
    /// - Parameter texts: In order.
    /// - Returns: An array of strings.
    public static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map { .string($0) })
    }

    /// The elements that are texts, where this is a list.
    public var stringArray: [String]? { array?.compactMap(\.string) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Makes a string.
    ///
    /// - Parameter value: The text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// Makes a truth value.
    ///
    /// - Parameter value: The value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// Makes a number.
    ///
    /// - Parameter value: The number.
    public init(integerLiteral value: Int64) { self = .int(value) }

    /// Makes a list.
    ///
    /// - Parameter elements: The elements.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Makes an object whose members keep the order written.
    ///
    /// - Parameter elements: Keys and values.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONValue {
    /// The one text of this value, without white space, as UTF-8.
    ///
    /// Escapes only what RFC 8259 demands: quote, backslash and control characters.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        write(into: &out)
        return out
    }

    /// ``bytes`` as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Indented text for people, two spaces a level, with a final newline.
    public var prettyText: String {
        var out: [UInt8] = []
        writePretty(into: &out, depth: 0)
        out.append(0x0A)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends ``bytes``.
    ///
    /// - Parameter out: Gets the JSON text.
    public func write(into out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .int(let number): out += String(number).utf8
        case .string(let text): Self.writeString(text, into: &out)
        case .array(let values):
            out.append(0x5B)
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(0x2C) }
                value.write(into: &out)
            }
            out.append(0x5D)
        case .object(let members):
            out.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(0x2C) }
                Self.writeString(member.key, into: &out)
                out.append(0x3A)
                member.value.write(into: &out)
            }
            out.append(0x7D)
        }
    }

    private func writePretty(into out: inout [UInt8], depth: Int) {
        func newline(_ depth: Int) {
            out.append(0x0A)
            out += repeatElement(0x20, count: depth * 2)
        }
        switch self {
        case .array(let values) where !values.isEmpty:
            out.append(0x5B)
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(0x2C) }
                newline(depth + 1)
                value.writePretty(into: &out, depth: depth + 1)
            }
            newline(depth)
            out.append(0x5D)
        case .object(let members) where !members.isEmpty:
            out.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(0x2C) }
                newline(depth + 1)
                Self.writeString(member.key, into: &out)
                out += ": ".utf8
                member.value.writePretty(into: &out, depth: depth + 1)
            }
            newline(depth)
            out.append(0x7D)
        default: write(into: &out)
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Writes a string as JSON, quotes included, as ``bytes`` does.
    ///
    /// - Parameters:
    ///   - text: Any text.
    ///   - out: Gets the JSON text.
    public static func writeString(_ text: String, into out: inout [UInt8]) {
        out.append(0x22)
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for place in bytes.indices
            where bytes[place] < 0x20 || bytes[place] == 0x22 || bytes[place] == 0x5C {
                out.append(contentsOf: bytes[start..<place])
                writeEscape(of: bytes[place], into: &out)
                start = place + 1
            }
            out.append(contentsOf: bytes[start...])
        }
        out.append(0x22)
    }

    private static func writeEscape(of byte: UInt8, into out: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: out += [0x5C, byte]
        case 0x0A: out += "\\n".utf8
        case 0x0D: out += "\\r".utf8
        case 0x09: out += "\\t".utf8
        default:
            out += "\\u00".utf8
            out += [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
        }
    }
}
