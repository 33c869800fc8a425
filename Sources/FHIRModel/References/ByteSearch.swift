#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Finds a text in bytes (Horspool 1980): looks at about one byte in as many as the text is long.
package struct ByteSearch: Sendable {
    private let text: [UInt8]
    /// How far a window whose last byte this is may move on.
    private let steps: [UInt8]

    /// Prepares a text; keep the search, it is used again and again.
    ///
    /// - Parameter text: 1 to 255 bytes.
    package init(_ text: StaticString) {
        let text = text.withUTF8Buffer { Array($0) }
        precondition((1...255).contains(text.count), "a text to look for")
        var steps = [UInt8](repeating: UInt8(text.count), count: 256)
        for (place, byte) in text.dropLast().enumerated() {
            steps[Int(byte)] = UInt8(text.count - 1 - place)
        }
        self.text = text
        self.steps = steps
    }

    /// Place of the first occurrence.
    ///
    /// - Parameters:
    ///   - bytes: Where to look.
    ///   - start: First place that counts.
    /// - Returns: `nil` where the text does not stand from there on.
    package func first(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
        steps.withUnsafeBufferPointer { steps in
            text.withUnsafeBufferPointer { text in
                let last = text.count &- 1
                var window = start
                while window &+ last < bytes.count {
                    let end = bytes[window &+ last]
                    if end == text[last] {
                        var place = last &- 1
                        while place >= 0, bytes[window &+ place] == text[place] { place &-= 1 }
                        if place < 0 { return window }
                    }
                    window &+= Int(steps[Int(end)])
                }
                return nil
            }
        }
    }

    /// Place of the first byte of a value, by the C library's search.
    ///
    /// - Parameters:
    ///   - byte: What to look for.
    ///   - bytes: Where.
    ///   - start: First place that counts.
    /// - Returns: `nil` where it does not stand from there on.
    package static func first(
        _ byte: UInt8,
        in bytes: UnsafeRawBufferPointer,
        from start: Int = 0
    ) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        return memchr(base + start, Int32(byte), bytes.count - start)
            .map { UnsafeRawPointer($0) - base }
    }
}
