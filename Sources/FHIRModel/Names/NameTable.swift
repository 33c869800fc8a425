/// Finds known names by their bytes: open addressing over the hash that the parser has computed already.
final class NameTable: Sendable {
    private struct Slot {
        var words: KeyWords
        var count: Int32
        /// Zero-based place in the list of names; -1 in an empty slot.
        var place: Int32
    }

    private let slots: [Slot]
    private let names: [[UInt8]]
    private let mask: Int

    /// - Parameter names: Distinct; an empty name is never found.
    init(_ names: [String]) {
        self.names = names.map { Array($0.utf8) }
        var size = 64
        while size < names.count * 4 { size *= 2 }
        let free = Slot(words: KeyWords(), count: 0, place: -1)
        var slots = [Slot](repeating: free, count: size)
        for (place, name) in self.names.enumerated() where !name.isEmpty {
            name.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                let words = KeyWords(start, count: bytes.count)
                var slot = Int(words.hash(count: bytes.count)) & (size - 1)
                while slots[slot].place >= 0 { slot = (slot + 1) & (size - 1) }
                slots[slot] = Slot(words: words, count: Int32(bytes.count), place: Int32(place))
            }
        }
        self.slots = slots
        mask = size - 1
    }

    /// Looks a name up.
    ///
    /// - Parameters:
    ///   - bytes: The name, escapes undone.
    ///   - count: Its length.
    /// - Returns: Its place in the list, or `nil`.
    @inline(__always)
    func place(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int? {
        let words = KeyWords(bytes, count: count)
        return slots.withUnsafeBufferPointer { slots in
            var index = Int(words.hash(count: count)) & mask
            while true {
                let slot = slots[index]
                if slot.place < 0 { return nil }
                if slot.words == words, slot.count == count,
                    count <= 16 || isSame(Int(slot.place), bytes, count)
                {
                    return Int(slot.place)
                }
                index = (index &+ 1) & mask
            }
        }
    }

    /// Looks up the content of a string or key.
    @inline(__always)
    func place(_ entry: TapeEntry, in bytes: UnsafePointer<UInt8>) -> Int? {
        if entry.isEscaped { return escapedPlace(entry, in: bytes) }
        return place(bytes + entry.contentStart, count: entry.contentCount)
    }

    @inline(never)
    private func isSame(_ place: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        names[place].elementsEqual(UnsafeBufferPointer(start: bytes, count: count))
    }

    @inline(never)
    private func escapedPlace(_ entry: TapeEntry, in bytes: UnsafePointer<UInt8>) -> Int? {
        var plain: [UInt8] = []
        let written = UnsafeBufferPointer(
            start: bytes + entry.contentStart,
            count: entry.contentCount
        )
        appendUnescaped(written, to: &plain)
        return plain.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { place($0, count: buffer.count) }
        }
    }
}
