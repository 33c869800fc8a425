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
        bytes.withUnsafeBytes { bytes in
            var place = 0
            while place < bytes.count - 1 {
                guard bytes[place] == 0x5C else {
                    place += 1
                    continue
                }
                let next = bytes[place + 1]
                if next == 0x75 || next == 0x2F { return true }
                place += 2
            }
            return false
        }
    }

    private static func hasMore(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        let last = bytes.count - 1
        while place < last {
            switch bytes[place] {
            case 0x5C:
                let next = bytes[place + 1]
                if next == 0x75 || next == 0x2F { return true }
                place += 2
                continue
            case 0x42: if begins("Binary/", bytes, place) { return true }
            case 0x22:
                if begins("\"contained\"", bytes, place) || begins("\"Bundle\"", bytes, place) {
                    return true
                }
                if begins("\"identifier\"", bytes, place), isObject(after: place + 12, in: bytes) {
                    return true
                }
            default: break
            }
            place += 1
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

    @inline(__always)
    private static func begins(
        _ text: StaticString,
        _ bytes: UnsafeRawBufferPointer,
        _ place: Int
    ) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] != text.utf8Start[index] { return false }
        return true
    }
}
