/// Text made ready for the word lists: lower case, one space between words, one space at either end.
///
/// Everything but letters and digits counts as space. Letters written as base and mark are joined, Hangul
/// written in parts too; markup and character references are undone. Written in UTF-8; the memory is used
/// again from one text to the next.
struct FoldedText {
    /// The folded text, one space first and one last.
    private(set) var bytes: [UInt8] = []

    /// How the text is written.
    enum Form {
        /// Plain UTF-8.
        case plain
        /// HTML or XML: tags count as space, character references are undone.
        case markup
        /// Rich text: control words count as space, `\'hh` and `\uN` are undone.
        case rich
    }

    /// Folds a text, replacing the one before.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - form: How it is written.
    mutating func fold(_ text: UnsafeRawBufferPointer, form: Form) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(text.count + 16)
        bytes.append(0x20)
        switch form {
        case .plain: foldPlain(text)
        case .markup: foldMarkup(text)
        case .rich: foldRich(text)
        }
        if bytes[bytes.count - 1] != 0x20 { bytes.append(0x20) }
    }

    @inline(__always)
    private mutating func foldPlain(_ text: UnsafeRawBufferPointer) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                append(ascii: byte)
                index &+= 1
            } else {
                index = scalar(in: text, at: index)
            }
        }
    }

    private mutating func foldMarkup(_ text: UnsafeRawBufferPointer) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == 0x3C {
                while index < text.count, text[index] != 0x3E { index &+= 1 }
                append(ascii: 0x20)
                index &+= 1
            } else if byte == 0x26 {
                index = reference(in: text, at: index)
            } else if byte < 0x80 {
                append(ascii: byte)
                index &+= 1
            } else {
                index = self.scalar(in: text, at: index)
            }
        }
    }

    private mutating func foldRich(_ text: UnsafeRawBufferPointer) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == 0x5C {
                index = control(in: text, at: index)
            } else if byte < 0x80 {
                append(ascii: byte)
                index &+= 1
            } else {
                index = self.scalar(in: text, at: index)
            }
        }
    }

    /// One ASCII character: letters and digits as lower case, the rest as one space.
    @inline(__always)
    private mutating func append(ascii byte: UInt8) {
        let folded = foldedASCII[Int(byte)]
        if folded != 0x20 || bytes[bytes.count &- 1] != 0x20 { bytes.append(folded) }
    }

    /// One character beyond ASCII; malformed bytes count as space.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - index: Where it begins.
    /// - Returns: Where the next begins.
    @inline(never)
    private mutating func scalar(in text: UnsafeRawBufferPointer, at index: Int) -> Int {
        let lead = text[index]
        let length = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2)
        guard lead >= 0xC2, lead < 0xF5, index + length <= text.count else {
            append(ascii: 0x20)
            return index + 1
        }
        var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for offset in 1..<length {
            let byte = text[index + offset]
            guard byte & 0xC0 == 0x80 else {
                append(ascii: 0x20)
                return index + offset
            }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        append(scalar: value)
        return index + length
    }

    /// One character by its number.
    mutating func append(scalar value: UInt32) {
        if value < 0x80 { return append(ascii: UInt8(truncatingIfNeeded: value)) }
        switch foldedScalar(value) {
        case .nothing: return
        case .space: append(ascii: 0x20)
        case .mark: join(mark: value)
        case .jamo: join(jamo: value)
        case .letter(let letter):
            if letter < 0x80 {
                append(ascii: UInt8(truncatingIfNeeded: letter))
            } else if let scalar = Unicode.Scalar(letter), let encoded = UTF8.encode(scalar) {
                bytes.append(contentsOf: encoded)
            }
        }
    }

    /// Joins a combining mark to the letter before it, where the pair is one letter of our languages.
    private mutating func join(mark: UInt32) {
        guard let last = bytes.last, let joined = joinedLetter(last, mark),
            let scalar = Unicode.Scalar(joined), let encoded = UTF8.encode(scalar)
        else { return }
        bytes.removeLast()
        bytes.append(contentsOf: encoded)
    }

    /// Joins Hangul written in parts (Unicode 3.12): a vowel to its lead, a tail to its syllable.
    private mutating func join(jamo: UInt32) {
        var value = jamo
        if let previous = lastThreeByteScalar() {
            if (0x1161...0x1175).contains(jamo), (0x1100...0x1112).contains(previous) {
                bytes.removeLast(3)
                value = 0xAC00 + ((previous - 0x1100) * 21 + jamo - 0x1161) * 28
            } else if (0x11A8...0x11C2).contains(jamo), (0xAC00...0xD7A3).contains(previous),
                (previous - 0xAC00) % 28 == 0
            {
                bytes.removeLast(3)
                value = previous + jamo - 0x11A7
            }
        }
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else { return }
        bytes.append(contentsOf: encoded)
    }

    private func lastThreeByteScalar() -> UInt32? {
        guard bytes.count >= 3 else { return nil }
        let tail = bytes.suffix(3).map(UInt32.init)
        guard tail[0] & 0xF0 == 0xE0 else { return nil }
        return (tail[0] & 0x0F) << 12 | (tail[1] & 0x3F) << 6 | tail[2] & 0x3F
    }
}
