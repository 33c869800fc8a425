/// Turns the content of an attachment into UTF-8 text.
///
/// Base64 is read leniently (line breaks, missing padding), because a labeller must rather read too much;
/// text in Latin-1 or UTF-16 is converted. The memory is used again from one attachment to the next.
struct AttachmentText {
    /// The text in UTF-8 after a successful ``decode(_:contentType:)``.
    private(set) var bytes: [UInt8] = []

    /// What an attachment turned out to be.
    enum Outcome: Equatable {
        /// Text of this form.
        case text(FoldedText.Form)
        /// Content nobody here can read: a label must say so.
        case unreadable
    }

    /// Decodes an attachment.
    ///
    /// - Parameters:
    ///   - data: Base64 as written.
    ///   - contentType: MIME type with parameters; may be empty.
    /// - Returns: What it is.
    mutating func decode(
        _ data: UnsafeRawBufferPointer,
        contentType: UnsafeRawBufferPointer
    ) -> Outcome {
        let type = mediaType(contentType)
        guard let form = form(of: type) else { return .unreadable }
        guard decodeBase64(data) else { return .unreadable }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            bytes = utf8(fromUTF16: bytes)
        } else if !isUTF8() {
            bytes = bytes.flatMap { $0 < 0x80 ? [$0] : [0xC0 | $0 >> 6, 0x80 | $0 & 0x3F] }
        }
        return .text(form)
    }

    /// The form of a media type's text; `nil` where its content cannot be read here.
    private func form(of type: String) -> FoldedText.Form? {
        switch type {
        case "text/html", "text/xml", "application/xml", "application/xhtml+xml": .markup
        case "text/rtf", "text/richtext", "application/rtf": .rich
        case "application/json", "application/fhir+json", "": .plain
        case _ where type.hasSuffix("+xml"): .markup
        case _ where type.hasPrefix("text/"): .plain
        default: nil
        }
    }

    private func mediaType(_ text: UnsafeRawBufferPointer) -> String {
        let end = text.firstIndex(of: 0x3B) ?? text.count
        let head = trimmed(UnsafeRawBufferPointer(rebasing: text[..<end]))
        return String(decoding: head, as: UTF8.self).lowercased()
    }

    /// Decodes base64; false where a byte is none of it.
    private mutating func decodeBase64(_ data: UnsafeRawBufferPointer) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(data.count / 4 * 3 + 3)
        return base64Values.withUnsafeBufferPointer { values in
            var index = 0
            while index &+ 4 <= data.count {
                let first = UInt32(values[Int(data[index])]) << 18
                let second = UInt32(values[Int(data[index &+ 1])]) << 12
                let third = UInt32(values[Int(data[index &+ 2])]) << 6
                let all = first | second | third | UInt32(values[Int(data[index &+ 3])])
                guard
                    values[Int(data[index])] | values[Int(data[index &+ 1])]
                        | values[Int(data[index &+ 2])] | values[Int(data[index &+ 3])] < 64
                else { break }
                bytes.append(UInt8(truncatingIfNeeded: all >> 16))
                bytes.append(UInt8(truncatingIfNeeded: all >> 8))
                bytes.append(UInt8(truncatingIfNeeded: all))
                index &+= 4
            }
            return decodeSlowly(data[index...], values)
        }
    }

    /// Decodes what is broken into lines, padded or cut short.
    private mutating func decodeSlowly(
        _ data: Slice<UnsafeRawBufferPointer>,
        _ values: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var pending: UInt32 = 0
        var bits = 0
        for byte in data {
            let value = values[Int(byte)]
            if value < 64 {
                pending = pending << 6 | UInt32(value)
                bits &+= 6
                if bits >= 8 {
                    bits &-= 8
                    bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
                }
            } else if byte == 0x3D {
                return true
            } else if byte > 0x20 {
                return false
            }
        }
        return true
    }

    private func isUTF8() -> Bool {
        if !bytes.contains(where: { $0 >= 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    private func utf8(fromUTF16 bytes: [UInt8]) -> [UInt8] {
        let isLittle = bytes[0] == 0xFF
        var units: [UInt16] = []
        for index in stride(from: 2, to: bytes.count - 1, by: 2) {
            let first = UInt16(bytes[index])
            let second = UInt16(bytes[index + 1])
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}

/// Values of the base64 digits, of both alphabets; 255 for all other bytes.
private let base64Values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, digit) in digits.utf8.enumerated() { table[Int(digit)] = UInt8(value) }
    table[0x2D] = 62
    table[0x5F] = 63
    return table
}()
