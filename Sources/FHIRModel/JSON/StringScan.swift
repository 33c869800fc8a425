/// Finds the end of a JSON string and checks all of it, eight bytes at a time where it is plain ASCII.
struct StringScan {
    let base: UnsafePointer<UInt8>
    let count: Int
    /// Starts after the opening quote; afterwards stands after the closing one, or at the fault.
    var position: Int
    var isEscaped = false
    var fault = JSONFault.truncated

    @inline(__always)
    init(base: UnsafePointer<UInt8>, count: Int, position: Int) {
        self.base = base
        self.count = count
        self.position = position
    }

    @inline(__always)
    mutating func run() -> Bool {
        while true {
            while position &+ 8 <= count {
                let stops = stopBytes(in: loadWord(base + position))
                position &+= stops.trailingZeroBitCount >> 3
                if stops != 0 { break }
            }
            guard position < count else { return false }
            let byte = base[position]
            if byte == 0x22 {
                position &+= 1
                return true
            }
            if byte &- 0x20 < 0x60, byte != 0x5C {
                position &+= 1
            } else {
                guard special(byte) else { return false }
            }
        }
    }

    @inline(never)
    private mutating func special(_ byte: UInt8) -> Bool {
        if byte >= 0x80 { return multibyte() }
        if byte == 0x5C { return escape() }
        fault = .controlCharacter
        return false
    }

    /// Steps over a run of multi-byte characters; well-formed is what Unicode table 3-7 lists.
    private mutating func multibyte() -> Bool {
        while position < count, base[position] >= 0x80 {
            let lead = base[position]
            let length = lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4)
            guard lead >= 0xC2, lead <= 0xF4 else {
                fault = .invalidUTF8
                return false
            }
            // The second byte's range rules out overlong forms, surrogates and what is past U+10FFFF.
            let low: UInt8 = lead == 0xE0 ? 0xA0 : (lead == 0xF0 ? 0x90 : 0x80)
            let high: UInt8 = lead == 0xED ? 0x9F : (lead == 0xF4 ? 0x8F : 0xBF)
            for offset in 1..<length {
                guard position &+ offset < count else {
                    position = count
                    return false
                }
                let byte = base[position &+ offset]
                let isValid =
                    offset == 1 ? (byte >= low && byte <= high) : (byte & 0xC0 == 0x80)
                guard isValid else {
                    fault = .invalidUTF8
                    return false
                }
            }
            position &+= length
        }
        return true
    }

    private mutating func escape() -> Bool {
        isEscaped = true
        guard position + 1 < count else {
            position = count
            return false
        }
        switch base[position + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            position += 2
            return true
        case 0x75: return unicodeEscape()
        default:
            fault = .badEscape
            return false
        }
    }

    private mutating func unicodeEscape() -> Bool {
        guard let unit = hexUnit(at: position + 2) else { return false }
        position += 6
        guard unit & 0xF800 == 0xD800 else { return true }
        guard unit < 0xDC00 else {
            fault = .loneSurrogate
            return false
        }
        guard position < count else { return false }
        guard base[position] == 0x5C else {
            fault = .loneSurrogate
            return false
        }
        guard position + 1 < count else { return false }
        guard base[position + 1] == 0x75 else {
            fault = .loneSurrogate
            return false
        }
        guard let low = hexUnit(at: position + 2) else { return false }
        guard low & 0xFC00 == 0xDC00 else {
            fault = .loneSurrogate
            return false
        }
        position += 6
        return true
    }

    /// Four hexadecimal digits; on failure sets the fault.
    private mutating func hexUnit(at start: Int) -> UInt16? {
        var unit: UInt16 = 0
        for index in start..<(start + 4) {
            guard index < count else {
                position = count
                return nil
            }
            guard let digit = hexDigit(base[index]) else {
                fault = .badEscape
                return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

/// Marks (high bit of the byte) where a quote, backslash, control or non-ASCII byte stands.
///
/// Bytes above the first mark may be marked wrongly by borrows; only the lowest mark is used.
@inline(__always)
private func stopBytes(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    let found =
        ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes)
        | ((word &- ones &* 0x20) & ~word) | word
    return found & (ones &* 0x80)
}

/// Eight bytes, the first one lowest.
@inline(__always)
func loadWord(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
}

@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}
