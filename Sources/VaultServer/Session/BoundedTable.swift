internal import VaultCore

/// A table with room for so many entries: a new one takes the place of the one that may go first.
///
/// A binary heap with the place of each key in it, so that storing, removing and making room take O(log n) and no
/// flood of entries makes anybody wait for a walk over all of them.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let key: Key
        var value: Value
        var until: Instant
    }

    private let limit: Int
    /// No entry may go before the one above it, which for place `n` is at `(n - 1) / 2`.
    private var heap: [Entry] = []
    private var places: [Key: Int] = [:]

    init(limit: Int) { self.limit = limit }

    var count: Int { heap.count }

    subscript(key: Key) -> Value? { places[key].map { heap[$0].value } }

    /// Stores a value; where there is no room, the entry with the earliest `until` goes.
    mutating func set(_ value: Value, for key: Key, until: Instant) {
        if let place = places[key] {
            heap[place].value = value
            heap[place].until = until
            settle(place)
            return
        }
        if heap.count >= limit, let first = heap.first { remove(first.key) }
        heap.append(Entry(key: key, value: value, until: until))
        places[key] = heap.count - 1
        settle(heap.count - 1)
    }

    mutating func remove(_ key: Key) {
        guard let place = places[key] else { return }
        swap(place, heap.count - 1)
        heap.removeLast()
        places[key] = nil
        if place < heap.count { settle(place) }
    }

    /// Moves an entry up or down to where it belongs.
    private mutating func settle(_ start: Int) {
        var place = start
        while place > 0, heap[place].until < heap[(place - 1) / 2].until {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while 2 * place + 1 < heap.count {
            let (left, right) = (2 * place + 1, 2 * place + 2)
            let isRight = right < heap.count && heap[right].until < heap[left].until
            let next = isRight ? right : left
            guard heap[next].until < heap[place].until else { return }
            swap(place, next)
            place = next
        }
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        places[heap[left].key] = left
        places[heap[right].key] = right
    }
}
