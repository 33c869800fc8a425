public import VaultCore

/// Makes the stored bytes of a resource: those received, but for two allowed changes.
///
/// 1. A Reference to another entry of the same file becomes `Type/id`, its version suffix kept.
/// 2. A resource without `id` gets one, as the first member of its object.
///
/// Everything else stays byte for byte: white space, key order, numbers, escapes. Of References only the
/// `reference` string changes, wherever it stands (extensions, contained resources); not the links
/// in narratives, not `Attachment.url`.
public struct ReferenceRewriter {
    /// Appends `Type/id` of the record that a reference's text (escapes undone, without version) leads to.
    ///
    /// Returns whether it found one; if not, it must leave the array alone.
    public typealias Resolver = (UnsafeRawBufferPointer, FHIRReference, inout [UInt8]) -> Bool

    private var output: [UInt8] = []
    private var target: [UInt8] = []
    private var edits: [DocumentEditor.Edit] = []
    private var editor = DocumentEditor()

    /// Makes a rewriter, whose memory is reused from one resource to the next.
    public init() {}

    /// Rewrites one resource.
    ///
    /// The memory of the document returned before is used again if nobody holds it any more.
    ///
    /// - Parameters:
    ///   - document: The resource.
    ///   - id: The id to put in; `nil` where the resource has its own.
    ///   - resolve: Finds what a reference leads to; what it does not find stays as received.
    /// - Returns: The document of the bytes to store; `nil` where nothing is to be changed and the bytes
    ///   received are the bytes to store.
    public mutating func rewrite(
        _ document: JSONDocument,
        insertingID id: FHIRID? = nil,
        resolve: Resolver
    ) -> JSONDocument? {
        let head = document.root.entry
        guard head.kind == .object else { return nil }
        var copied = 0
        output.removeAll(keepingCapacity: true)
        edits.removeAll(keepingCapacity: true)
        if let id {
            output += "{\"id\":\"\(id.text)\",".utf8
            copied = 1
        }
        var index = 0
        while index + 1 < document.tape.count {
            let key = document.tape.entries[index]
            let value = document.tape.entries[index + 1]
            index += 1
            guard key.kind == .key, value.kind == .string, isReferenceKey(key, in: document)
            else { continue }
            let span = ByteSpan(value)
            guard document.withText(span, { isReplaced($0, by: resolve) }) else { continue }
            append(document, copied..<span.range.lowerBound)
            output += target
            copied = span.range.upperBound
            edits.append(
                DocumentEditor.Edit(
                    start: span.range.lowerBound,
                    end: copied,
                    newCount: target.count
                )
            )
        }
        guard !output.isEmpty else { return nil }
        append(document, copied..<document.byteCount)
        return editor.apply(
            to: document,
            edits: edits,
            insertedID: id?.text.utf8.count,
            text: output
        )
    }

    private mutating func append(_ document: JSONDocument, _ range: Range<Int>) {
        output += UnsafeBufferPointer(
            start: document.bytes + range.lowerBound,
            count: range.count
        )
    }

    /// Puts into ``target`` what stands instead of a reference; false where it stays or would not change.
    private mutating func isReplaced(
        _ text: UnsafeRawBufferPointer,
        by resolve: Resolver
    ) -> Bool {
        let reference = FHIRReference(text)
        let plainEnd = reference.version.isEmpty ? text.count : reference.id.upperBound
        let plain = UnsafeRawBufferPointer(rebasing: text[..<plainEnd])
        target.removeAll(keepingCapacity: true)
        guard resolve(plain, reference, &target) else { return false }
        target += UnsafeRawBufferPointer(rebasing: text[plainEnd...])
        return !target.withUnsafeBytes { isEqual($0, text) }
    }

    private func isReferenceKey(_ key: TapeEntry, in document: JSONDocument) -> Bool {
        guard key.next == Self.referenceHash else { return false }
        return ElementName.table.place(key, in: UnsafePointer(document.bytes))
            == ElementName.reference.place
    }

    private static let referenceHash: UInt32 = Array("reference".utf8).withUnsafeBufferPointer {
        $0.baseAddress.map { keyHash($0, count: 9) } ?? 0
    }
}
