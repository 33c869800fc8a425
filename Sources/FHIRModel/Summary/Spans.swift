/// A piece of a document's text without its quotes: where it starts, how long it is, whether it has escapes.
public struct ByteSpan: Sendable, Hashable {
    /// First byte, counted from the start of the document.
    public let start: UInt32
    private let sizeAndFlag: UInt32

    /// Bytes as written.
    public var count: Int { Int(sizeAndFlag & 0x7FFF_FFFF) }
    /// Whether escapes must be undone to get the text.
    public var isEscaped: Bool { sizeAndFlag >> 31 == 1 }
    /// Whether there is nothing: the element is absent, or an empty string.
    public var isEmpty: Bool { sizeAndFlag & 0x7FFF_FFFF == 0 }
    /// The bytes in the document.
    public var range: Range<Int> { Int(start)..<Int(start) + count }

    /// A span of nothing.
    public static let none = ByteSpan(start: 0, count: 0, isEscaped: false)

    init(start: Int, count: Int, isEscaped: Bool) {
        self.start = UInt32(truncatingIfNeeded: start)
        sizeAndFlag = UInt32(truncatingIfNeeded: count) | (isEscaped ? 1 << 31 : 0)
    }

    @inline(__always)
    init(_ entry: TapeEntry) {
        self.init(
            start: entry.contentStart,
            count: entry.contentCount,
            isEscaped: entry.isEscaped
        )
    }
}

/// Where in its resource something stands.
public struct Place: Sendable, Hashable {
    /// Member of the resource it is in or below: for `participant[0].actor` `participant`.
    public let top: ElementName
    /// Name of the element itself: for `participant[0].actor` `actor`.
    public let leaf: ElementName
    private let flags: UInt8

    static let contained: UInt8 = 1
    static let extended: UInt8 = 2
    static let meta: UInt8 = 4
    static let dateless: UInt8 = 8
    static let personal: UInt8 = 16

    /// Whether it is in a contained resource.
    public var isContained: Bool { flags & Self.contained != 0 }
    /// Whether it is in an extension.
    public var isInExtension: Bool { flags & Self.extended != 0 }
    /// Whether it is in `meta`.
    public var isInMeta: Bool { flags & Self.meta != 0 }

    init(top: ElementName, leaf: ElementName, flags: UInt8) {
        self.top = top
        self.leaf = leaf
        self.flags = flags
    }
}

/// A Coding: what a system says by a code.
public struct CodingSpan: Sendable, Hashable {
    /// URI of the code system; empty where none is given.
    public let system: ByteSpan
    /// The code; empty where none is given.
    public let code: ByteSpan
    /// The words beside it.
    public let display: ByteSpan
    /// Where; `leaf` is `coding` inside a CodeableConcept, else the element of type Coding.
    public let place: Place
    /// The element that holds the CodeableConcept: for `component[0].code.coding[0]` `code`.
    public let concept: ElementName
}

/// A Reference, literal or logical, or one that only displays a name.
public struct ReferenceSpan: Sendable, Hashable {
    /// `Reference.reference`; empty in a logical reference.
    public let reference: ByteSpan
    /// `Reference.type`, if given.
    public let type: ByteSpan
    /// `Reference.identifier.system`, if given.
    public let system: ByteSpan
    /// `Reference.identifier.value`, if given.
    public let value: ByteSpan
    /// `Reference.display`, if given.
    public let display: ByteSpan
    /// Where.
    public let place: Place
}

/// Free text that may say what no code says.
public struct TextSpan: Sendable, Hashable {
    /// The text; of a narrative its XHTML.
    public let text: ByteSpan
    /// Where; `leaf` is the string's own name, `div` for narratives.
    public let place: Place
}

/// An attachment's content inside the resource, in base64; see ``ResourceSummary/attachmentLinks`` for others.
public struct AttachmentSpan: Sendable, Hashable {
    /// Base64 as written.
    public let data: ByteSpan
    /// MIME type; empty where none is given.
    public let contentType: ByteSpan
    /// Where.
    public let place: Place
}

extension JSONDocument {
    /// The text of a span, escapes undone.
    ///
    /// - Parameter span: From a summary of this very document.
    /// - Returns: The text.
    public func string(_ span: ByteSpan) -> String {
        withText(span) { String(decoding: $0, as: UTF8.self) }
    }

    /// Lends the UTF-8 of a span, escapes undone; copies only where escapes are written.
    ///
    /// - Parameters:
    ///   - span: From a summary of this very document.
    ///   - body: Gets the bytes; must not let the pointer escape.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withText<Result, Fault: Error>(
        _ span: ByteSpan,
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        precondition(Int(span.start) + span.count <= byteCount, "span of another document")
        let written = UnsafeBufferPointer(start: bytes + Int(span.start), count: span.count)
        guard span.isEscaped else { return try body(UnsafeRawBufferPointer(written)) }
        var plain: [UInt8] = []
        appendUnescaped(written, to: &plain)
        return try plain.withUnsafeBufferPointer { buffer throws(Fault) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Compares a span with known text.
    ///
    /// - Parameters:
    ///   - span: From a summary of this very document.
    ///   - text: What to compare with.
    /// - Returns: Whether they are equal byte for byte.
    public func equals(_ span: ByteSpan, _ text: StaticString) -> Bool {
        withText(span) { bytes in
            isEqual(
                bytes,
                UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            )
        }
    }
}
