/// The base64 of URLs and web tokens: `-` and `_`, no padding, strict.
///
/// Source: RFC 4648 section 5; RFC 7515 section 2.
public enum Base64URL {
    /// Writes bytes.
    ///
    /// - Parameter bytes: Any bytes.
    /// - Returns: Text of letters, digits, `-` and `_`.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Base64.encode(bytes).utf8.compactMap { digit -> UInt8? in
            switch digit {
            case 0x2B: 0x2D
            case 0x2F: 0x5F
            case 0x3D: nil
            default: digit
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads bytes; refuses padding, white space and stray low bits.
    ///
    /// - Parameter text: As ``encode(_:)`` writes it.
    /// - Returns: The bytes, or `nil` where the text is anything else.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits: [UInt8] = []
        for digit in text.utf8 {
            switch digit {
            case 0x2D: digits.append(0x2B)
            case 0x5F: digits.append(0x2F)
            case 0x2B, 0x2F, 0x3D: return nil
            default: digits.append(digit)
            }
        }
        guard digits.count % 4 != 1 else { return nil }
        while !digits.count.isMultiple(of: 4) { digits.append(0x3D) }
        return Base64.decode(String(decoding: digits, as: UTF8.self))
    }
}
