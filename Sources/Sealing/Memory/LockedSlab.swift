internal import CSodium
internal import Synchronization

/// Hands out small slots of memory that is never swapped, never dumped and zeroed when it comes back.
///
/// Slots are cut from slabs of 16 KiB. Each slab comes from `sodium_malloc` (guard pages, canary) and
/// is then locked by a *checked* `sodium_mlock`, because `sodium_malloc` ignores its own. Slabs are
/// added as needed and kept until the process ends.
internal final class LockedSlab: Sendable {
    /// Slots of 32 bytes: keys.
    static let keys = LockedSlab(slotByteCount: SecretKey.byteCount)

    private struct FreeList {
        var slots: [UInt] = []
        var slotCount = 0
    }

    // The canary and the slots fill whole pages, so that no locked page is wasted.
    private static let slabByteCount = 16_384 - 64

    let slotByteCount: Int
    private let free = Mutex(FreeList())

    init(slotByteCount: Int) {
        precondition(slotByteCount > 0 && slotByteCount.isMultiple(of: 16))
        self.slotByteCount = slotByteCount
    }

    /// Takes a slot; its contents are zero or libsodium's fill, never another key.
    func take() throws(SealingError) -> UnsafeMutableRawPointer {
        let address = try free.withLock { list throws(SealingError) -> UInt in
            if list.slots.isEmpty { try grow(&list) }
            return list.slots.removeLast()
        }
        guard let slot = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
            throw .memoryNotLocked
        }
        return unsafe slot
    }

    /// Zeroes a slot and takes it back; the caller must not touch it again.
    func giveBack(_ slot: UnsafeMutableRawPointer) {
        unsafe sodium_memzero(slot, slotByteCount)
        let address = UInt(bitPattern: slot)
        free.withLock { $0.slots.append(address) }
    }

    /// How many slots are handed out; for tests.
    var usedSlotCount: Int { free.withLock { $0.slotCount - $0.slots.count } }

    private func grow(_ list: inout FreeList) throws(SealingError) {
        guard Sodium.isReady else { throw .libraryUnavailable }
        let count = Self.slabByteCount / slotByteCount
        guard let slab = unsafe sodium_malloc(count * slotByteCount) else {
            throw .memoryNotLocked
        }
        guard unsafe sodium_mlock(slab, count * slotByteCount) == 0 else {
            unsafe sodium_free(slab)
            throw .memoryNotLocked
        }
        unsafe sodium_memzero(slab, count * slotByteCount)
        list.slotCount += count
        // Room for every slot, so that giving one back never allocates.
        list.slots.reserveCapacity(list.slotCount)
        for index in (0..<count).reversed() {
            list.slots.append(unsafe UInt(bitPattern: slab + index * slotByteCount))
        }
    }
}

/// libsodium, started once.
internal enum Sodium {
    /// Whether the library is there and its generator works.
    static let isReady = sodium_init() >= 0
}
