internal import VaultCore

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The members of a JSON object where they lie in its text: for texts that this Guard wrote, by the million.
///
/// A value that is needed is parsed by `JSONValue`; all others are passed over.
enum TextMembers {
    /// Shows each member's key and value as written, without the key's quotes.
    ///
    /// - Parameters:
    ///   - text: An object without white space, as `JSONValue.bytes` writes it.
    ///   - body: Gets key and value.
    /// - Returns: `false` where the text is anything else; then nothing that was shown counts.
    static func forEach(
        in text: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        var offset = 1
        guard text.count >= 2, text[0] == 0x7B else { return false }
        if text[1] == 0x7D { return text.count == 2 }
        while offset < text.count, text[offset] == 0x22 {
            guard let keyEnd = endOfString(text, from: offset), keyEnd < text.count,
                text[keyEnd] == 0x3A, let end = endOfValue(text, from: keyEnd + 1),
                end < text.count
            else { return false }
            body(
                UnsafeRawBufferPointer(rebasing: text[offset + 1..<keyEnd - 1]),
                UnsafeRawBufferPointer(rebasing: text[keyEnd + 1..<end])
            )
            if text[end] == 0x7D { return end + 1 == text.count }
            guard text[end] == 0x2C else { return false }
            offset = end + 1
        }
        return false
    }

    /// Place after the closing quote: the first that an even number of backslashes stands before.
    private static func endOfString(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = start + 1
        while let quote = text.place(of: 0x22, from: place) {
            var content = quote
            while content > start + 1, text[content - 1] == 0x5C { content -= 1 }
            if (quote - content).isMultiple(of: 2) { return quote + 1 }
            place = quote + 1
        }
        return nil
    }

    private static func endOfValue(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < text.count else { return nil }
        if text[start] == 0x22 { return endOfString(text, from: start) }
        var place = start
        var depth = 0
        while place < text.count {
            switch text[place] {
            case 0x22:
                guard let end = endOfString(text, from: place) else { return nil }
                place = end
            case 0x7B, 0x5B:
                depth += 1
                place += 1
            case 0x7D, 0x5D:
                // The end of what holds this value.
                if depth == 0 { return place > start ? place : nil }
                depth -= 1
                place += 1
            case 0x2C where depth == 0: return place > start ? place : nil
            default: place += 1
            }
            if depth == 0,
                text[place - 1] == 0x22 || text[place - 1] == 0x7D
                    || text[place - 1] == 0x5D
            {
                return place
            }
        }
        return nil
    }
}

/// Which members of a kind of object a walk asks for.
protocol MemberName: CaseIterable, RawRepresentable where RawValue == Int {
    static func named(_ key: UnsafeRawBufferPointer) -> Self?
}

/// The members that are asked for, where they lie in a text; valid as long as that is.
struct PickedMembers<Name: MemberName> {
    private var values: [UnsafeRawBufferPointer]
    private static var empty: UnsafeRawBufferPointer { .init(start: nil, count: 0) }

    init() { values = Array(repeating: Self.empty, count: Name.allCases.count) }

    /// As written; empty where there is no such member.
    subscript(name: Name) -> UnsafeRawBufferPointer { values[name.rawValue] }

    /// Looks through an object's text.
    ///
    /// - Returns: `false` where it is no object.
    mutating func read(_ text: UnsafeRawBufferPointer) -> Bool {
        for place in values.indices { values[place] = Self.empty }
        return TextMembers.forEach(in: text) { key, value in
            if let name = Name.named(key) { values[name.rawValue] = value }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of a constant.
    func isText(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let start = baseAddress else { return false }
        return memcmp(start, text.utf8Start, count) == 0
    }

    /// Where a byte stands first from a place on.
    fileprivate func place(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress,
            let found = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func isEqual(to bytes: [UInt8]) -> Bool {
        guard count == bytes.count, let start = baseAddress else { return false }
        return bytes.withUnsafeBytes { other in
            other.baseAddress.map { memcmp(start, $0, count) == 0 } ?? true
        }
    }

    /// A member's value, parsed; `nil` where it is missing.
    var json: JSONValue? { isEmpty ? nil : JSONValue(parsing: self) }

    /// A whole number that fits; `nil` for anything else.
    var wholeNumber: Int64? {
        guard (1...18).contains(count) else { return json?.int }
        var value: Int64 = 0
        for byte in self {
            guard (0x30...0x39).contains(byte) else { return json?.int }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
}
