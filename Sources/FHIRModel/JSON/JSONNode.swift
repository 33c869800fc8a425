/// One value of a ``JSONDocument``: the document and a place on its tape; cheap to copy.
public struct JSONNode: Sendable {
    /// The document the value is part of.
    public let document: JSONDocument
    let index: Int

    /// What a value is.
    public enum Kind: Sendable, Hashable {
        /// `null`
        case null
        /// `true` or `false`
        case boolean
        /// A number; its text is kept.
        case number
        /// A string.
        case string
        /// An array.
        case array
        /// An object.
        case object
    }

    var entry: TapeEntry { document.tape.entries[index] }

    /// What the value is.
    public var kind: Kind {
        switch entry.kind {
        case .null: .null
        case .no, .yes: .boolean
        case .number: .number
        case .string, .key: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The value's bytes in the document, quotes or brackets included.
    public var byteRange: Range<Int> { Int(entry.start)..<Int(entry.end) }

    /// Bytes between the quotes of a string as written, escapes not undone; `nil` for other kinds.
    public var contentRange: Range<Int>? {
        let entry = entry
        guard entry.kind == .string || entry.kind == .key else { return nil }
        return Int(entry.start) + 1..<Int(entry.end) - 1
    }

    /// Whether a string is written with escapes.
    public var isEscaped: Bool { entry.isEscaped }

    /// The text of a string, escapes undone; `nil` for other kinds.
    public var string: String? {
        guard let range = contentRange else { return nil }
        let content = UnsafeBufferPointer(
            start: document.bytes + range.lowerBound,
            count: range.count
        )
        guard entry.isEscaped else { return String(decoding: content, as: UTF8.self) }
        var plain: [UInt8] = []
        appendUnescaped(content, to: &plain)
        return String(decoding: plain, as: UTF8.self)
    }

    /// `true` or `false`; `nil` for other kinds.
    public var boolean: Bool? {
        switch entry.kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    /// A number's text exactly as written; `nil` for other kinds.
    public var numberText: String? {
        guard entry.kind == .number else { return nil }
        return withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// A number written without fraction and exponent that fits; `nil` for everything else.
    public var integer: Int? {
        guard entry.kind == .number, entry.isInteger else { return nil }
        return numberText.flatMap { Int($0) }
    }

    /// The member of an object by name; `nil` where there is none or the value is no object.
    ///
    /// - Parameter key: The name, ASCII.
    /// - Returns: The member's value; `null` is a value too.
    public subscript(key: StaticString) -> JSONNode? {
        key.withUTF8Buffer { member($0) }
    }

    /// The member of an object by a name known only at run time.
    ///
    /// - Parameter name: The name.
    /// - Returns: The member's value, or `nil` where there is none or the value is no object.
    public func member(named name: String) -> JSONNode? {
        var name = name
        return name.withUTF8 { member($0) }
    }

    /// The element of an array; linear in its index.
    ///
    /// - Parameter position: Zero-based.
    /// - Returns: `nil` where there is none or the value is no array.
    public subscript(position: Int) -> JSONNode? {
        guard position >= 0 else { return nil }
        return elements.dropFirst(position).first { _ in true }
    }

    /// Compares a string, escapes undone, with known text; allocates only where escapes are written.
    ///
    /// - Parameter text: What to compare with.
    /// - Returns: False for other kinds.
    public func utf8Equals(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { equals($0) }
    }

    /// Lends the value's bytes as received, quotes or brackets included.
    ///
    /// - Parameter body: Gets the bytes; must not let the pointer escape.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withBytes<Result, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let entry = entry
        return try body(
            UnsafeRawBufferPointer(
                start: document.bytes + Int(entry.start),
                count: Int(entry.end - entry.start)
            )
        )
    }

    private func member(_ name: UnsafeBufferPointer<UInt8>) -> JSONNode? {
        let object = entry
        guard object.kind == .object else { return nil }
        let hash = name.baseAddress.map { keyHash($0, count: name.count) } ?? 0
        var place = index + 1
        while place < object.next {
            let key = document.tape.entries[place]
            if key.next == hash, JSONNode(document: document, index: place).equals(name) {
                return JSONNode(document: document, index: place + 1)
            }
            place = Int(document.tape.entries[place + 1].next)
        }
        return nil
    }

    private func equals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let range = contentRange else { return false }
        let content = UnsafeBufferPointer(
            start: document.bytes + range.lowerBound,
            count: range.count
        )
        guard !entry.isEscaped else {
            var plain: [UInt8] = []
            appendUnescaped(content, to: &plain)
            return plain.elementsEqual(text)
        }
        return content.count == text.count && content.elementsEqual(text)
    }
}
