/// An ASCII letter in lower case, a digit as it is, a space for everything else.
///
/// - Parameter byte: Below 0x80.
/// - Returns: The folded byte.
@inline(__always)
func foldedASCII(_ byte: UInt8) -> UInt8 {
    let lower = byte | 0x20
    if lower &- 0x61 < 26 { return lower }
    return byte &- 0x30 < 10 ? byte : 0x20
}

/// What a character beyond ASCII is to the word lists.
enum FoldedScalar {
    /// It is skipped: joiners, soft hyphens, direction marks.
    case nothing
    /// It parts words.
    case space
    /// It belongs to the letter before it.
    case mark
    /// It is a part of a Hangul syllable.
    case jamo
    /// It is this letter, in lower case.
    case letter(UInt32)
}

/// Classifies a character beyond ASCII.
///
/// Case pairs cover Latin, Greek and Cyrillic; other scripts of our languages have no case.
///
/// - Parameter value: The character's number.
/// - Returns: What it is.
func foldedScalar(_ value: UInt32) -> FoldedScalar {
    switch value {
    case 0xAD, 0x200C...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF:
        .nothing
    case 0x80...0xBF where value != 0xAA && value != 0xB5 && value != 0xBA: .space
    case 0xD7, 0xF7, 0x2000...0x206F, 0x20A0...0x20CF, 0x2190...0x2BFF, 0x3000...0x303F: .space
    case 0xC0...0xDE: .letter(value + 0x20)
    case 0x0130: .letter(0x69)
    case 0x0100...0x0137, 0x014A...0x0177: .letter(value | 1)
    case 0x0139...0x0148, 0x0179...0x017E: .letter(value + (value & 1))
    case 0x0178: .letter(0xFF)
    case 0x0300...0x036F: .mark
    case 0x0391...0x03A9, 0x0410...0x042F: .letter(value + 0x20)
    case 0x0400...0x040F: .letter(value + 0x50)
    case 0x1100...0x11FF: .jamo
    case 0x1E00...0x1EFF: .letter(value | 1)
    case 0xFF01...0xFF5E: .letter(value - 0xFEE0)
    default: .letter(value)
    }
}

/// The letter that a base letter and a combining mark make, where our languages have it.
///
/// - Parameters:
///   - base: ASCII letter in lower case.
///   - mark: A combining mark.
/// - Returns: The joined letter, or `nil`: then the mark is dropped.
func joinedLetter(_ base: UInt8, _ mark: UInt32) -> UInt32? {
    switch (base, mark) {
    case (0x61, 0x30A): 0xE5  // å
    case (0x61, 0x308): 0xE4  // ä
    case (0x61, 0x328): 0x105  // ą
    case (0x61, 0x301): 0xE1  // á
    case (0x61, 0x300): 0xE0  // à
    case (0x63, 0x30C): 0x10D  // č
    case (0x65, 0x328): 0x119  // ę
    case (0x65, 0x307): 0x117  // ė
    case (0x65, 0x301): 0xE9  // é
    case (0x65, 0x300): 0xE8  // è
    case (0x69, 0x328): 0x12F  // į
    case (0x6F, 0x308): 0xF6  // ö
    case (0x6F, 0x300): 0xF2  // ò
    case (0x6F, 0x302): 0xF4  // ô
    case (0x73, 0x30C): 0x161  // š
    case (0x75, 0x308): 0xFC  // ü
    case (0x75, 0x328): 0x173  // ų
    case (0x75, 0x304): 0x16B  // ū
    case (0x7A, 0x30C): 0x17E  // ž
    default: nil
    }
}
