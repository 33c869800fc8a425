/// Makes the document of a text in which a few strings were replaced, without parsing it again.
///
/// The tape of the old document is copied and its places moved; memory is reused as ``JSONParser`` does.
struct DocumentEditor {
    /// Content of a string that was replaced: where it was, and how long it is now.
    struct Edit {
        var start: Int
        var end: Int
        var newCount: Int

        var growth: Int { newCount - (end - start) }
    }

    private var document = JSONDocument()

    /// - Parameters:
    ///   - old: The document before.
    ///   - edits: In ascending order; each covers what is between the quotes of one string, without escapes now.
    ///   - idCount: Bytes of an `id` that was inserted as the first member, else `nil`.
    ///   - text: The whole new text.
    /// - Returns: The same as parsing the new text would.
    mutating func apply(
        to old: JSONDocument,
        edits: [Edit],
        insertedID idCount: Int?,
        text: [UInt8]
    ) -> JSONDocument {
        if !isKnownUniquelyReferenced(&document) { document = JSONDocument() }
        text.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { document.keepBytes(start, count: buffer.count) }
        }
        var tape = document.tape
        tape.removeAll()
        let entries = UnsafePointer(old.tape.entries)
        let head = idCount.map { $0 + Self.idOverhead } ?? 0
        var growth = 0
        var next = 0
        for index in 0..<old.tape.count {
            var entry = entries[index]
            let start = Int(entry.start)
            while next < edits.count, edits[next].end <= start {
                growth += edits[next].growth
                next += 1
            }
            let end = Int(entry.end)
            var later = next
            var inside = 0
            while later < edits.count, edits[later].end <= end {
                inside += edits[later].growth
                later += 1
            }
            if later > next, entry.kind == .string { entry.isEscaped = false }
            let shift = index == 0 ? 0 : head
            entry.start = UInt32(truncatingIfNeeded: start + growth + shift)
            entry.end = UInt32(truncatingIfNeeded: end + growth + inside + head)
            if idCount != nil, entry.kind != .key { entry.next += 2 }
            tape.append(entry)
            if index == 0, let idCount { appendID(idCount, to: &tape) }
        }
        document.tape = tape
        return document
    }

    /// Bytes of `"id":"",` beside the id itself.
    static let idOverhead = 8

    /// The tape of `"id":"…",` behind the opening brace.
    private func appendID(_ count: Int, to tape: inout JSONTape) {
        let hash = keyHash(document.bytes + 2, count: 2)
        tape.append(TapeEntry(kind: .key, start: 1, end: 5, next: Int(hash)))
        tape.append(TapeEntry(kind: .string, start: 6, end: 8 + count, next: 3))
    }
}
