/// Finds entries by a text kept elsewhere: open addressing, four bytes a slot, at most half full.
///
/// Hashes are Swift's seeded ones, so that a sender cannot choose texts that collide.
struct NameIndex {
    private var slots: [UInt32]
    private let mask: Int

    /// - Parameter count: How many entries will be put in.
    init(count: Int) {
        var size = 16
        while size < count * 2 { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
        mask = size - 1
    }

    /// Puts an entry in, unless one of the same text is there already.
    ///
    /// - Parameters:
    ///   - entry: Zero-based number.
    ///   - hash: Of its text.
    ///   - isSame: Whether another entry has the same text.
    /// - Returns: The entry that was there already.
    mutating func insert(_ entry: Int, hash: Int, isSame: (Int) -> Bool) -> Int? {
        var slot = hash & mask
        while slots[slot] != 0 {
            let other = Int(slots[slot]) - 1
            if isSame(other) { return other }
            slot = (slot + 1) & mask
        }
        slots[slot] = UInt32(entry + 1)
        return nil
    }

    /// Finds an entry.
    ///
    /// - Parameters:
    ///   - hash: Of the text.
    ///   - isSame: Whether an entry has it.
    /// - Returns: Its number.
    func find(hash: Int, isSame: (Int) -> Bool) -> Int? {
        var slot = hash & mask
        while slots[slot] != 0 {
            let entry = Int(slots[slot]) - 1
            if isSame(entry) { return entry }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

/// Hash of some text.
func nameHash(_ text: UnsafeRawBufferPointer, _ salt: UInt8 = 0) -> Int {
    var hasher = Hasher()
    hasher.combine(salt)
    hasher.combine(bytes: text)
    return hasher.finalize()
}
