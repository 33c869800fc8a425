internal import VaultCore

/// A key (literal reference or `SYS|VAL`) that the facts of one patient name, as a small number; negative
/// for a key that they do not name.
typealias KeyID = Int32

/// The keys that one patient's facts name, each with a number, so that a decision compares numbers.
struct KeyTable: Sendable {
    /// By number.
    private(set) var texts: [String] = []
    private var places: [String: KeyID] = [:]

    var count: Int { texts.count }

    /// The number of a key, a new one where it has none.
    mutating func intern(_ text: String) -> KeyID {
        if let known = places[text] { return known }
        let place = KeyID(texts.count)
        texts.append(text)
        places[text] = place
        return place
    }

    /// The number of a key; -1 where no fact names it.
    func id(of text: String) -> KeyID { places[text] ?? -1 }
}

/// A few keys of one patient's table: those of who asks.
struct KeySet: Sendable {
    /// One bit per key below 64.
    private var low: UInt64 = 0
    private var high: [KeyID] = []

    var isEmpty: Bool { low == 0 && high.isEmpty }

    mutating func insert(_ id: KeyID) {
        guard id >= 0 else { return }
        if id < 64 {
            low |= 1 << UInt64(id)
        } else if !high.contains(id) {
            high.append(id)
        }
    }

    func contains(_ id: KeyID) -> Bool {
        if id < 64 { return id >= 0 && low & 1 << UInt64(id) != 0 }
        return !high.isEmpty && high.contains(id)
    }
}

/// Values filed under keys, all in one array: what a dictionary of arrays says, without its cost.
struct KeyedList<Element: Sendable>: Sendable {
    private var starts: [Int32] = [0]
    private var elements: [Element] = []

    static var empty: KeyedList { KeyedList() }
    private init() {}

    /// Files a dictionary's values under the numbers of its keys.
    init(_ values: [String: [Element]], keys: KeyTable) {
        starts.reserveCapacity(keys.count + 1)
        for text in keys.texts {
            elements += values[text] ?? []
            starts.append(Int32(elements.count))
        }
    }

    var isEmpty: Bool { elements.isEmpty }

    /// The values under a key; none for a key that is not in the table.
    subscript(id: KeyID) -> ArraySlice<Element> {
        guard id >= 0, Int(id) + 1 < starts.count else { return [] }
        return elements[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])]
    }
}

/// Places of a list, one bit each; sixty-four of them without memory of their own.
struct BitList: Sendable {
    private var first: UInt64 = 0
    private var rest: [UInt64] = []

    mutating func insert(_ place: Int) {
        if place < 64 {
            first |= 1 << UInt64(place)
            return
        }
        let word = place / 64 - 1
        while rest.count <= word { rest.append(0) }
        rest[word] |= 1 << UInt64(place % 64)
    }

    func contains(_ place: Int) -> Bool {
        if place < 64 { return first & 1 << UInt64(place) != 0 }
        let word = place / 64 - 1
        return word < rest.count && rest[word] & 1 << UInt64(place % 64) != 0
    }
}
