/// One parsed JSON value with the bytes it was read from.
///
/// Values lie on a flat tape in document order, so that a walk is a walk through an array. A document
/// never changes while anyone but its ``JSONParser`` holds it; its nodes keep it alive.
///
/// Tape, 16 bytes an entry: first byte, byte after the last, entry after the whole value (for a key: its
/// hash), kind and flags. An object's members follow it as key, value, key, value.
public final class JSONDocument: @unchecked Sendable {
    // SAFETY: written only by JSONParser.parse while isKnownUniquelyReferenced holds, hence before any
    // other reference exists; afterwards read only.
    var bytes: UnsafeMutablePointer<UInt8>
    private(set) var byteCapacity: Int
    /// Bytes of the value, without white space around it.
    public internal(set) var byteCount = 0
    var tape: JSONTape

    init(byteCapacity: Int = 4096, entryCapacity: Int = 256) {
        self.byteCapacity = byteCapacity
        bytes = .allocate(capacity: byteCapacity)
        tape = JSONTape(capacity: entryCapacity)
    }

    deinit {
        bytes.deallocate()
        tape.deallocate()
    }

    /// The outermost value.
    public var root: JSONNode { JSONNode(document: self, index: 0) }

    /// Lends the bytes of the value as they were received.
    ///
    /// - Parameter body: Gets the bytes; must not let the pointer escape.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withBytes<Result, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try body(UnsafeRawBufferPointer(start: bytes, count: byteCount))
    }

    func keepBytes(_ source: UnsafePointer<UInt8>, count: Int) {
        if count > byteCapacity {
            bytes.deallocate()
            byteCapacity = count + count / 2
            bytes = .allocate(capacity: byteCapacity)
        }
        bytes.update(from: source, count: count)
        byteCount = count
    }
}

extension JSONNode {
    /// A document of this value alone, in memory of its own and no more than it needs.
    func detached() -> JSONDocument {
        let entries = document.tape.entries
        let start = entry.start
        let end = Int(entry.next)
        let copy = JSONDocument(
            byteCapacity: byteRange.count,
            entryCapacity: end - index
        )
        copy.keepBytes(document.bytes + byteRange.lowerBound, count: byteRange.count)
        for place in index..<end {
            var entry = entries[place]
            entry.start -= start
            entry.end -= start
            // The `next` of a key is its hash.
            if entry.kind != .key { entry.next -= UInt32(truncatingIfNeeded: index) }
            copy.tape.append(entry)
        }
        return copy
    }
}

/// What a tape entry is.
enum TapeKind: UInt8 {
    case null, no, yes, number, string, array, object, key
}

/// One value or key on the tape.
struct TapeEntry: BitwiseCopyable {
    var start: UInt32
    var end: UInt32
    /// For a value the index after all of it; for a key the hash of its unescaped bytes.
    var next: UInt32
    var kind: TapeKind
    var isEscaped: Bool
    /// Whether a number is written without fraction and exponent; for strings unused.
    var isInteger: Bool
    private var padding: UInt8 = 0

    init(kind: TapeKind, start: Int, end: Int, next: Int, isEscaped: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        self.kind = kind
        self.isEscaped = isEscaped
        self.isInteger = false
    }

    /// Bytes between the quotes of a string or key.
    var contentStart: Int { Int(start) + 1 }
    var contentCount: Int { Int(end) - Int(start) - 2 }
}

/// A growing array of entries without bounds checks; its owner frees it.
struct JSONTape {
    private(set) var entries: UnsafeMutablePointer<TapeEntry>
    private(set) var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        entries = .allocate(capacity: capacity)
    }

    func deallocate() { entries.deallocate() }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ entry: TapeEntry) {
        if count == capacity { grow() }
        entries[count] = entry
        count &+= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<TapeEntry>.allocate(capacity: capacity * 2)
        larger.update(from: entries, count: count)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }
}
