extension TapeBuilder {
    /// Whether two members of a complete object have the same name, escapes undone.
    ///
    /// Small objects (all of FHIR's) are checked by a 64-bit mask of hash bits; large ones by sorting, so
    /// that a hostile object of millions of keys costs n log n, also where all hashes collide.
    @inline(__always)
    func hasDuplicateKey(_ object: Int) -> Bool {
        let entries = tape.entries
        let end = tape.count
        var seen: UInt64 = 0
        var index = object &+ 1
        var keys = 0
        while index < end {
            let hash = entries[index].next
            let bit: UInt64 = 1 << UInt64(hash & 63)
            if seen & bit != 0, repeats(index, since: object) { return true }
            seen |= bit
            keys &+= 1
            if keys > 48 { return hasDuplicateAmongMany(object) }
            index = Int(entries[index &+ 1].next)
        }
        return false
    }

    /// Whether an earlier member of the object has the name of the key at `index`.
    @inline(never)
    private func repeats(_ index: Int, since object: Int) -> Bool {
        var earlier = object + 1
        while earlier < index {
            if isSameKey(earlier, index) { return true }
            earlier = Int(tape.entries[earlier + 1].next)
        }
        return false
    }

    @inline(never)
    private func hasDuplicateAmongMany(_ object: Int) -> Bool {
        var keys: [Int] = []
        var index = object + 1
        while index < tape.count {
            keys.append(index)
            index = Int(tape.entries[index + 1].next)
        }
        keys.sort { precedes($0, $1) }
        for place in keys.indices.dropFirst() where isSameKey(keys[place - 1], keys[place]) {
            return true
        }
        return false
    }

    private func isSameKey(_ left: Int, _ right: Int) -> Bool {
        let a = tape.entries[left]
        let b = tape.entries[right]
        guard a.next == b.next else { return false }
        if a.isEscaped || b.isEscaped { return plainName(a) == plainName(b) }
        guard a.contentCount == b.contentCount else { return false }
        return name(a).elementsEqual(name(b))
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let a = tape.entries[left]
        let b = tape.entries[right]
        if a.next != b.next { return a.next < b.next }
        if a.isEscaped || b.isEscaped {
            return plainName(a).lexicographicallyPrecedes(plainName(b))
        }
        return name(a).lexicographicallyPrecedes(name(b))
    }

    private func name(_ entry: TapeEntry) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + entry.contentStart, count: entry.contentCount)
    }

    private func plainName(_ entry: TapeEntry) -> [UInt8] {
        var plain: [UInt8] = []
        appendUnescaped(name(entry), to: &plain)
        return plain
    }
}
