internal import VaultCore

// Plain loops over bytes: the generic algorithms cost more than what they look at on the hot path.

/// Whether two pieces of text are the same bytes.
@inline(__always)
func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    var index = 0
    while index &+ 8 <= left.count {
        let a = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let b = right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if a != b { return false }
        index &+= 8
    }
    while index < left.count {
        if left[index] != right[index] { return false }
        index &+= 1
    }
    return true
}

/// Whether text begins with known text.
@inline(__always)
func hasPrefix(_ text: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard text.count >= count else { return false }
    for index in 0..<count where text[index] != prefix.utf8Start[index] { return false }
    return true
}

/// Place of the first byte of a value.
@inline(__always)
func firstIndex(of byte: UInt8, in text: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index < text.count {
        if text[index] == byte { return index }
        index &+= 1
    }
    return nil
}

/// Place of the last byte of a value before an end.
@inline(__always)
func lastIndex(of byte: UInt8, in text: UnsafeRawBufferPointer, before end: Int) -> Int? {
    var index = end &- 1
    while index >= 0 {
        if text[index] == byte { return index }
        index &-= 1
    }
    return nil
}

/// Whether bytes are a FHIR id: 1 to 64 of `A-Z a-z 0-9 - .`.
func isFHIRID(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard (1...Limits.maximumIDLength).contains(bytes.count) else { return false }
    var index = 0
    while index < bytes.count {
        switch bytes[index] {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: index &+= 1
        default: return false
        }
    }
    return true
}
