internal import VaultCore

/// Parses strict RFC 8259 JSON and reuses its memory from one document to the next.
///
/// Refused beyond the grammar: duplicate keys in one object (escapes undone), invalid UTF-8, half surrogate
/// pairs, a byte order mark, nesting beyond `Limits.maximumJSONDepth`, more than
/// `Limits.maximumRecordByteCount` bytes. Numbers keep their text. Memory: the bytes and 16 B a value.
public struct JSONParser {
    private var document = JSONDocument()

    /// Makes a parser; one for each task that parses.
    public init() {}

    /// Parses one value with nothing but white space around it.
    ///
    /// The memory of the last document is used again if nobody holds it any more.
    ///
    /// - Parameter bytes: UTF-8 text.
    /// - Returns: The document; it holds a copy of the value's bytes.
    /// - Throws: ``FHIRModelError/json(_:byteOffset:)``.
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer
    ) throws(FHIRModelError) -> JSONDocument {
        let source = UnsafeBufferPointer<UInt8>(
            start: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            count: bytes.count
        )
        var end = try parseValue(source)
        while end < source.count, isJSONSpace(source[end]) { end += 1 }
        if end < source.count { throw .json(.trailingData, byteOffset: end) }
        return document
    }

    /// Parses one value with nothing but white space around it.
    ///
    /// - Parameter bytes: UTF-8 text.
    /// - Returns: The document; it holds a copy of the value's bytes.
    /// - Throws: ``FHIRModelError/json(_:byteOffset:)``.
    public mutating func parse(_ bytes: [UInt8]) throws(FHIRModelError) -> JSONDocument {
        try bytes.withUnsafeBufferPointer { buffer throws(FHIRModelError) in
            try parse(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Parses the value at the start of a window onto a longer text.
    ///
    /// - Parameter window: Bytes from the value (or white space before it) on.
    /// - Returns: The document and the offset after its value; ``JSONFault/truncated`` may only mean that
    ///   the window is too short.
    /// - Throws: ``FHIRModelError/json(_:byteOffset:)``.
    mutating func parsePrefix(
        _ window: UnsafeBufferPointer<UInt8>
    ) throws(FHIRModelError) -> (document: JSONDocument, end: Int) {
        let end = try parseValue(window)
        return (document, end)
    }

    private mutating func parseValue(
        _ source: UnsafeBufferPointer<UInt8>
    ) throws(FHIRModelError) -> Int {
        guard let base = source.baseAddress else { throw .json(.truncated, byteOffset: 0) }
        if !isKnownUniquelyReferenced(&document) { document = JSONDocument() }
        var start = 0
        while start < source.count, isJSONSpace(base[start]) { start += 1 }
        // Offsets on the tape are 32 bits and count from the value's first byte.
        let limit = Limits.maximumRecordByteCount
        let window = min(source.count - start, limit + 1)
        var builder = TapeBuilder(base: base + start, count: window, tape: document.tape)
        builder.run()
        document.tape = builder.tape
        if let fault = builder.fault {
            let isOver = fault == .truncated && window > limit
            throw .json(isOver ? .tooLarge : fault, byteOffset: start + builder.position)
        }
        if builder.position > limit { throw .json(.tooLarge, byteOffset: start + limit) }
        document.keepBytes(base + start, count: builder.position)
        return start + builder.position
    }
}

/// Whether a byte is white space in JSON (RFC 8259 section 2).
@inline(__always)
func isJSONSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}
