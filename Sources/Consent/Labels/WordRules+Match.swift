extension WordRules {
    /// Visits every pattern found in a folded text that no harmless phrase covers.
    ///
    /// A harmless phrase covers what starts at or after its start and ends at or before its end.
    ///
    /// - Parameters:
    ///   - folded: Text as ``FoldedText`` leaves it.
    ///   - visit: Gets the number of each rule found; a rule may be found more than once.
    @inline(__always)
    func match(_ folded: ArraySlice<UInt8>, _ visit: (Int) -> Void) {
        guard folded.count >= 4 else { return }
        folded.withUnsafeBufferPointer { bytes in
            either.withUnsafeBufferPointer { filter in
                var harmlessEnd = 0
                var key = threeBytes(0, bytes[1], bytes[2])
                for index in 1..<(bytes.count &- 2) {
                    key = key >> 8 | UInt32(bytes[index &+ 2]) << 16
                    let hash = filterHash(key)
                    if filter[hash >> 6] >> UInt64(truncatingIfNeeded: hash & 63) & 1 == 0 {
                        continue
                    }
                    let isStart = bytes[index &- 1] == 0x20
                    let starting = isStart ? atWordStart.bucket(key) : []
                    let inside = anywhere.bucket(key)
                    cover(starting, bytes, index, &harmlessEnd)
                    cover(inside, bytes, index, &harmlessEnd)
                    find(starting, bytes, index, harmlessEnd, visit)
                    find(inside, bytes, index, harmlessEnd, visit)
                }
            }
        }
    }

    /// Moves the end of what harmless phrases cover.
    @inline(__always)
    private func cover(
        _ bucket: ArraySlice<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ index: Int,
        _ harmlessEnd: inout Int
    ) {
        for number in bucket {
            let rule = rules[number]
            if rule.labels.isEmpty, index + rule.count > harmlessEnd, isAt(rule, bytes, index) {
                harmlessEnd = index + rule.count
            }
        }
    }

    /// Visits the patterns that stand here and are not covered.
    @inline(__always)
    private func find(
        _ bucket: ArraySlice<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ index: Int,
        _ harmlessEnd: Int,
        _ visit: (Int) -> Void
    ) {
        for number in bucket {
            let rule = rules[number]
            if !rule.labels.isEmpty, index + rule.count > harmlessEnd, isAt(rule, bytes, index) {
                visit(number)
            }
        }
    }

    @inline(__always)
    private func isAt(
        _ rule: WordRule,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ index: Int
    ) -> Bool {
        guard index &+ rule.count <= bytes.count else { return false }
        var offset = 3
        while offset < rule.count {
            if bytes[index &+ offset] != text[rule.start &+ offset] { return false }
            offset &+= 1
        }
        return true
    }
}
