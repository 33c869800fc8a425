/// Text made ready for the word lists: lower case, one space between words, one space at either end.
///
/// Everything but letters and digits counts as space. Letters written as base and mark are joined, Hangul
/// written in parts too; markup and character references are undone. Written in UTF-8; the memory is used
/// again from one text to the next.
struct FoldedText {
    /// The folded text in its first ``count`` bytes, one space first and one last.
    private(set) var storage: [UInt8] = []
    /// Length of the folded text.
    private(set) var count = 0

    /// The folded text.
    var bytes: ArraySlice<UInt8> { storage[..<count] }

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
        // No character's folded form is longer than the character; the rest is for the spaces.
        if storage.count < text.count + 8 {
            storage = Array(repeating: 0, count: text.count + text.count / 2 + 256)
        }
        count = storage.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            var writer = FoldWriter(start, capacity: buffer.count)
            switch form {
            case .plain: writer.foldPlain(text)
            case .markup: writer.foldMarkup(text)
            case .rich: writer.foldRich(text)
            }
            return writer.finish()
        }
    }
}

/// Writes folded text into memory that its owner has made large enough.
struct FoldWriter {
    private let out: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var count = 1

    // SAFETY: the memory holds the length of the text and 8 bytes more, and nothing is written that is
    // longer than what was read for it; debug builds check every write.
    init(_ out: UnsafeMutablePointer<UInt8>, capacity: Int) {
        self.out = out
        self.capacity = capacity
        out[0] = 0x20
    }

    /// Ends the text with a space; returns its length.
    mutating func finish() -> Int {
        append(ascii: 0x20)
        return count
    }

    @inline(__always)
    mutating func foldPlain(_ text: UnsafeRawBufferPointer) {
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

    mutating func foldMarkup(_ text: UnsafeRawBufferPointer) {
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

    mutating func foldRich(_ text: UnsafeRawBufferPointer) {
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
        let folded = foldedASCII(byte)
        assert(count < capacity)
        out[count] = folded
        // A second space in a row is written over.
        let isSecondSpace = folded == 0x20 && out[count &- 1] == 0x20
        count &+= isSecondSpace ? 0 : 1
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
                append(encoded)
            }
        }
    }

    /// Joins a combining mark to the letter before it, where the pair is one letter of our languages.
    private mutating func join(mark: UInt32) {
        guard let joined = joinedLetter(out[count - 1], mark),
            let scalar = Unicode.Scalar(joined), let encoded = UTF8.encode(scalar)
        else { return }
        count -= 1
        append(encoded)
    }

    /// Joins Hangul written in parts (Unicode 3.12): a vowel to its lead, a tail to its syllable.
    private mutating func join(jamo: UInt32) {
        var value = jamo
        if let previous = lastThreeByteScalar() {
            if (0x1161...0x1175).contains(jamo), (0x1100...0x1112).contains(previous) {
                count -= 3
                value = 0xAC00 + ((previous - 0x1100) * 21 + jamo - 0x1161) * 28
            } else if (0x11A8...0x11C2).contains(jamo), (0xAC00...0xD7A3).contains(previous),
                (previous - 0xAC00) % 28 == 0
            {
                count -= 3
                value = previous + jamo - 0x11A7
            }
        }
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else { return }
        append(encoded)
    }

    @inline(__always)
    private mutating func append(_ encoded: UTF8.EncodedScalar) {
        for byte in encoded {
            assert(count < capacity)
            out[count] = byte
            count += 1
        }
    }

    private func lastThreeByteScalar() -> UInt32? {
        guard count >= 3, out[count - 3] & 0xF0 == 0xE0 else { return nil }
        let parts = (UInt32(out[count - 3]), UInt32(out[count - 2]), UInt32(out[count - 1]))
        return (parts.0 & 0x0F) << 12 | (parts.1 & 0x3F) << 6 | parts.2 & 0x3F
    }
}
