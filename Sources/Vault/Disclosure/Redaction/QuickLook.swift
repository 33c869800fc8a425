internal import FHIRModel
internal import VaultCore

/// Finds by its bytes alone that a record has nothing to redact, ten times faster than parsing it.
enum QuickLook {
    /// Whether a record surely needs no parsing: no mark, no resource inside, no logical reference, no link
    /// to a Binary, no escape that could hide one of them, and every literal reference permitted.
    ///
    /// - Parameters:
    ///   - bytes: The record, well-formed JSON.
    ///   - rules: What it may tell.
    /// - Returns: False where the record must be parsed to know.
    static func isClean(_ bytes: [UInt8], _ rules: RedactionRules) -> Bool {
        guard !rules.view.isMarked else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard !hasMore(bytes) else { return false }
            var isClean = true
            ReferenceScan.forEach(in: bytes) { text in
                if isClean { isClean = rules.mayRefer(to: text, inside: []) }
            }
            return isClean
        }
    }

    /// Whether a record has escapes that could hide a reference from who looks at its bytes alone.
    ///
    /// - Parameter bytes: The record, well-formed JSON.
    /// - Returns: False where every `/` and every letter is written as itself.
    static func hasHiddenText(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { hasHiddenText($0) }
    }

    private static func hasHiddenText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while let place = ByteSearch.first(0x5C, in: bytes, from: start), place + 1 < bytes.count {
            let next = bytes[place + 1]
            if next == 0x75 || next == 0x2F { return true }
            start = place + 2
        }
        return false
    }

    private static let contained = ByteSearch("\"contained\"")
    private static let identifier = ByteSearch("\"identifier\"")

    private static func hasMore(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if hasHiddenText(bytes) || contained.first(in: bytes) != nil {
            return true
        }
        if namesBinaryOrBundle(bytes) { return true }
        var start = 0
        while let place = identifier.first(in: bytes, from: start) {
            start = place + 12
            if isObject(after: start, in: bytes) { return true }
        }
        return false
    }

    /// Whether `Binary/` or `"Bundle"` stands somewhere; few other words of a record begin with that letter.
    private static func namesBinaryOrBundle(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while let place = ByteSearch.first(0x42, in: bytes, from: start) {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[place...].prefix(7))
            if rest.elementsEqual("Binary/".utf8) { return true }
            if place > 0, bytes[place - 1] == 0x22, rest.elementsEqual("Bundle\"".utf8) {
                return true
            }
            start = place + 1
        }
        return false
    }

    private static func isObject(after end: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        var place = end
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D, 0x3A: place += 1
            case 0x7B: return true
            default: return false
            }
        }
        return false
    }
}
