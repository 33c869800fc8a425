/// A table of what ends by itself: what ends first leaves first, be it over or in the way of something new.
///
/// A binary heap with the place of each key in it, so that storing, removing and making room take O(log n) and no
/// flood of entries makes anybody wait for a walk over all of them.
public struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let key: Key
        var value: Value
        var until: Instant
    }

    private let limit: Int
    /// No entry may go before the one above it, which for place `n` is at `(n - 1) / 2`.
    private var heap: [Entry] = []
    private var places: [Key: Int] = [:]

    /// Makes an empty table.
    ///
    /// - Parameter limit: Most entries, at least 1; without one, nothing leaves before
    ///   ``forgetEnded(by:)`` finds it over.
    public init(limit: Int = .max) { self.limit = limit }

    /// Number of entries, those included that are over and were not forgotten.
    public var count: Int { heap.count }

    /// All keys, in no order.
    public var keys: some Sequence<Key> { places.keys }

    /// All values, in no order.
    public var values: some Sequence<Value> { heap.lazy.map(\.value) }

    /// The value of a key, be it over or not; `nil` where there is none.
    ///
    /// - Parameter key: Which.
    public subscript(key: Key) -> Value? { places[key].map { heap[$0].value } }

    /// Stores a value; where there is no room, the entry with the earliest `until` goes.
    ///
    /// - Parameters:
    ///   - value: What to store.
    ///   - key: Under what; the value it had goes.
    ///   - until: When it is over.
    /// - Complexity: O(log n).
    public mutating func set(_ value: Value, for key: Key, until: Instant) {
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

    /// Takes a value out.
    ///
    /// - Parameter key: Which.
    /// - Returns: The value, be it over or not; `nil` where there was none.
    /// - Complexity: O(log n).
    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let place = places[key] else { return nil }
        swap(place, heap.count - 1)
        places[key] = nil
        let removed = heap.removeLast().value
        if place < heap.count { settle(place) }
        return removed
    }

    /// Takes out everything that is over.
    ///
    /// - Parameter now: What ends at this time is over.
    /// - Complexity: O(log n) for each that is over, O(1) where none is.
    public mutating func forgetEnded(by now: Instant) { while removeFirst(endedBy: now) != nil {} }

    /// Takes out the one that was over first, for who has more to do about each.
    ///
    /// - Parameter now: What ends at this time is over.
    /// - Returns: Its key; `nil` where nothing is over.
    /// - Complexity: O(log n).
    public mutating func removeFirst(endedBy now: Instant) -> Key? {
        guard let first = heap.first, first.until <= now else { return nil }
        remove(first.key)
        return first.key
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
