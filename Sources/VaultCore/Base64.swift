/// Standard base64 with padding, strict: what decodes, encodes back to the same text.
///
/// Source: RFC 4648 section 4; signed notes demand this form.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in alphabet.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }()

    /// Writes bytes as base64 with padding.
    ///
    /// - Parameter bytes: Any bytes.
    /// - Returns: Text whose length is a multiple of four.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.underestimatedCount + 2) / 3 * 4)
        var pending: UInt32 = 0
        var count = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] {
                    text.append(alphabet[Int(pending >> shift & 63)])
                }
                pending = 0
                count = 0
            }
        }
        if count == 1 {
            text += [
                alphabet[Int(pending >> 2 & 63)], alphabet[Int(pending << 4 & 63)], 0x3D, 0x3D,
            ]
        } else if count == 2 {
            text += [
                alphabet[Int(pending >> 10 & 63)], alphabet[Int(pending >> 4 & 63)],
                alphabet[Int(pending << 2 & 63)], 0x3D,
            ]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads base64 with padding; refuses white space, missing padding and stray low bits.
    ///
    /// - Parameter text: Base64 text.
    /// - Returns: The bytes, or `nil` where the text is not exactly what ``encode(_:)`` would write.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        if digits.isEmpty { return [] }
        var padding = 0
        while padding < 2, digits[digits.count - 1 - padding] == 0x3D { padding += 1 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits[..<(digits.count - padding)] {
            let value = values[Int(digit)]
            guard value != 0xFF else { return nil }
            pending = (pending << 6 | UInt32(value)) & 0xFF_FFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        guard pending & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }
}
