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
        // One loop for all callers: a generic one would be called byte by byte from other modules.
        bytes.withContiguousStorageIfAvailable { encode($0) } ?? encode(Array(bytes))
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return alphabet.withUnsafeBufferPointer { digits in
            String(unsafeUninitializedCapacity: count) { text in
                var place = 0
                var index = 0
                while index < bytes.count {
                    let second = index &+ 1 < bytes.count
                    let third = index &+ 2 < bytes.count
                    let word =
                        UInt32(bytes[index]) << 16
                        | (second ? UInt32(bytes[index &+ 1]) << 8 : 0)
                        | (third ? UInt32(bytes[index &+ 2]) : 0)
                    text[place] = digits[Int(word >> 18)]
                    text[place &+ 1] = digits[Int(word >> 12 & 63)]
                    text[place &+ 2] = second ? digits[Int(word >> 6 & 63)] : 0x3D
                    text[place &+ 3] = third ? digits[Int(word & 63)] : 0x3D
                    place &+= 4
                    index &+= 3
                }
                return count
            }
        }
    }

    /// Reads base64 with padding; refuses white space, missing padding and stray low bits.
    ///
    /// - Parameter text: Base64 text.
    /// - Returns: The bytes, or `nil` where the text is not exactly what ``encode(_:)`` would write.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
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
