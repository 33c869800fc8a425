internal import FHIRSearch

/// Queries and forms: `application/x-www-form-urlencoded`.
enum FormText {
    /// Reads all pairs.
    ///
    /// Gives `nil` where an escape is broken or the result is not UTF-8; such a query is refused, whole.
    static func pairs(_ text: some StringProtocol) -> [QueryPair]? {
        var pairs: [QueryPair] = []
        for part in text.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(sides[0], plusIsSpace: true),
                let value = decoded(sides.count > 1 ? sides[1] : "", plusIsSpace: true),
                pairs.count < 500
            else { return nil }
            pairs.append(QueryPair(name, value))
        }
        return pairs
    }

    /// Undoes percent escapes.
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var source = Array(text.utf8)[...]
        while let byte = source.popFirst() {
            switch byte {
            case 0x25:
                guard let high = source.popFirst().flatMap(digit),
                    let low = source.popFirst().flatMap(digit), high << 4 | low != 0
                else { return nil }
                bytes.append(high << 4 | low)
            case 0x2B where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Writes a value so that it can stand in a query.
    static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x3A, 0x2C, 0x2F:
                out.append(byte)
            default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
