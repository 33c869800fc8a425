// Keys are hashed once, while they are parsed; look-ups and the search for duplicates compare hashes first.

/// The first and last eight bytes of a name of at most 16, packed so that equal words mean equal names.
struct KeyWords: Hashable {
    var first: UInt64
    var last: UInt64

    /// The words of the empty name.
    init() {
        first = 0
        last = 0
    }

    /// - Parameters:
    ///   - name: The name's bytes.
    ///   - count: How many.
    @inline(__always)
    init(_ name: UnsafePointer<UInt8>, count: Int) {
        if count >= 8 {
            first = loadWord(name)
            last = loadWord(name + (count &- 8))
        } else if count >= 4 {
            let low = UnsafeRawPointer(name).loadUnaligned(as: UInt32.self)
            let high = UnsafeRawPointer(name + (count &- 4)).loadUnaligned(as: UInt32.self)
            first = UInt64(UInt32(littleEndian: low))
            last = UInt64(UInt32(littleEndian: high))
        } else if count > 0 {
            first = UInt64(name[0]) | UInt64(name[count >> 1]) << 8 | UInt64(name[count &- 1]) << 16
            last = 0
        } else {
            first = 0
            last = 0
        }
    }

    @inline(__always)
    func hash(count: Int) -> UInt32 {
        let mixed =
            (first &+ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15)
            ^ (last << 29 | last >> 35)
        let product = mixed &* 0xD6E8_FEB8_6659_FD93
        return UInt32(truncatingIfNeeded: (product ^ product >> 29) >> 24)
    }
}

/// Hash of a name without escapes.
@inline(__always)
func keyHash(_ name: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    KeyWords(name, count: count).hash(count: count)
}

/// Hash of a name with escapes: of what it means, not of how it is written.
@inline(never)
func escapedKeyHash(_ name: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    var plain: [UInt8] = []
    appendUnescaped(UnsafeBufferPointer(start: name, count: count), to: &plain)
    return plain.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        return keyHash(start, count: buffer.count)
    }
}

/// Undoes the escapes of a checked string.
///
/// - Parameters:
///   - text: Bytes between the quotes, already accepted by ``StringScan``.
///   - output: Gets the UTF-8 bytes.
func appendUnescaped(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    var index = 0
    while index < text.count {
        let byte = text[index]
        guard byte == 0x5C, index + 1 < text.count else {
            output.append(byte)
            index += 1
            continue
        }
        let escape = text[index + 1]
        index += 2
        switch escape {
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0C)
        case 0x6E: output.append(0x0A)
        case 0x72: output.append(0x0D)
        case 0x74: output.append(0x09)
        case 0x75:
            var scalar = hexValue(text, at: index)
            index += 4
            if scalar & 0xF800 == 0xD800 {
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + hexValue(text, at: index + 2) & 0x3FF
                index += 6
            }
            if let character = Unicode.Scalar(scalar) {
                output += UTF8.encode(character) ?? .init()
            }
        default: output.append(escape)
        }
    }
}

private func hexValue(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in start..<min(start + 4, text.count) {
        value = value << 4 | UInt32(hexDigit(text[index]) ?? 0)
    }
    return value
}
