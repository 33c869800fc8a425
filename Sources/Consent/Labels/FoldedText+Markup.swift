extension FoldWriter {
    /// Undoes a character reference (`&aring;`, `&#229;`, `&#xE5;`); returns where the text goes on.
    mutating func reference(in text: UnsafeRawBufferPointer, at index: Int) -> Int {
        let limit = min(text.count, index + 12)
        guard let end = text[(index + 1)..<limit].firstIndex(of: 0x3B) else {
            append(scalar: 0x20)
            return index + 1
        }
        let name = text[(index + 1)..<end]
        if name.first == 0x23 {
            append(scalar: number(name.dropFirst()) ?? 0x20)
        } else {
            let letters = String(decoding: name, as: UTF8.self)
            append(scalar: namedReferences[letters] ?? 0x20)
        }
        return end + 1
    }

    /// Undoes one control of rich text (`\par`, `\'e5`, `\u229?`); returns where the text goes on.
    mutating func control(in text: UnsafeRawBufferPointer, at start: Int) -> Int {
        var index = start + 1
        guard index < text.count else { return index }
        if text[index] == 0x27, index + 2 < text.count {
            let digits = UnsafeRawBufferPointer(rebasing: text[(index + 1)...(index + 2)])
            append(scalar: hexNumber(digits) ?? 0x20)
            return index + 3
        }
        let wordStart = index
        while index < text.count, (text[index] | 0x20) &- 0x61 < 26 { index += 1 }
        let isUnicode = index - wordStart == 1 && text[wordStart] == 0x75
        let numberStart = index
        if index < text.count, text[index] == 0x2D { index += 1 }
        while index < text.count, isDigit(text[index]) { index += 1 }
        if isUnicode {
            let value = Int(String(decoding: text[numberStart..<index], as: UTF8.self)) ?? 0x20
            append(scalar: UInt32(truncatingIfNeeded: value < 0 ? value + 65_536 : value))
            // One replacement character for readers without Unicode follows.
            return min(index + 1, text.count)
        }
        append(scalar: 0x20)
        if index == wordStart { index += 1 }
        return index
    }

    private func number(_ text: Slice<UnsafeRawBufferPointer>) -> UInt32? {
        guard let first = text.first else { return nil }
        if first | 0x20 == 0x78 {
            return hexNumber(UnsafeRawBufferPointer(rebasing: text.dropFirst()))
        }
        return UInt32(String(decoding: text, as: UTF8.self))
    }

    private func hexNumber(_ digits: UnsafeRawBufferPointer) -> UInt32? {
        UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

/// The named references that occur in narratives of our languages; others count as space.
private let namedReferences: [String: UInt32] = [
    "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "nbsp": 0x20, "shy": 0xAD,
    "aring": 0xE5, "Aring": 0xC5, "aelig": 0xE6, "AElig": 0xC6, "oslash": 0xF8, "Oslash": 0xD8,
    "auml": 0xE4, "Auml": 0xC4, "ouml": 0xF6, "Ouml": 0xD6, "uuml": 0xFC, "Uuml": 0xDC,
    "eacute": 0xE9, "Eacute": 0xC9, "egrave": 0xE8, "aacute": 0xE1, "agrave": 0xE0,
    "oacute": 0xF3, "ccedil": 0xE7, "ntilde": 0xF1, "szlig": 0xDF, "scaron": 0x161,
    "Scaron": 0x160, "zwnj": 0x200C, "zwj": 0x200D, "ndash": 0x2013, "mdash": 0x2014,
]
