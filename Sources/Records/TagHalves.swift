internal import VaultCore

/// A tag as two big-endian integers, the form in which rows hold it.
struct TagHalves: Equatable {
    var high: Int64
    var low: Int64

    init(high: Int64, low: Int64) {
        self.high = high
        self.low = low
    }

    init(_ tag: some Tag16) {
        high = Int64(bitPattern: tag.high)
        low = Int64(bitPattern: tag.low)
    }

    /// The tag itself.
    func tag<Tag: Tag16>(as type: Tag.Type = Tag.self) -> Tag {
        Tag(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low))
    }
}

/// A patient's segment tags as the patient row holds them: 16 bytes each, a free place is zero.
struct SegmentList {
    static let free = SegmentTag(high: 0, low: 0)

    private(set) var tags: [SegmentTag] = []

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(RecordsError) {
        guard bytes.count.isMultiple(of: 16) else { throw .damaged }
        tags.reserveCapacity(bytes.count / 16)
        for start in stride(from: 0, to: bytes.count, by: 16) {
            tags.append(
                SegmentTag(loading: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16]))
            )
        }
    }

    /// One tag of a list, without reading the others.
    static func tag(
        at place: Int64,
        in bytes: UnsafeRawBufferPointer
    ) throws(RecordsError) -> SegmentTag {
        guard bytes.count.isMultiple(of: 16), place >= 0, place < Int64(bytes.count / 16) else {
            throw .damaged
        }
        let start = Int(place) * 16
        let tag = SegmentTag(loading: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16]))
        guard tag != free else { throw .damaged }
        return tag
    }

    var bytes: [UInt8] { tags.flatMap(\.bytes) }

    /// The tag at a place; a place that is free or not there means the file was altered.
    func tag(at place: Int64) throws(RecordsError) -> SegmentTag {
        guard let index = Int(exactly: place), tags.indices.contains(index),
            tags[index] != SegmentList.free
        else { throw .damaged }
        return tags[index]
    }

    func place(of tag: SegmentTag) -> Int64? {
        tags.firstIndex(of: tag).map(Int64.init)
    }

    /// Takes a free place, else a new one.
    mutating func add(_ tag: SegmentTag) -> Int64 {
        if let index = tags.firstIndex(where: { $0 == SegmentList.free }) {
            tags[index] = tag
            return Int64(index)
        }
        tags.append(tag)
        return Int64(tags.count - 1)
    }

    /// Frees the places that no row uses any more.
    mutating func keep(_ used: Set<Int64>) {
        for index in tags.indices where !used.contains(Int64(index)) {
            tags[index] = SegmentList.free
        }
        while tags.last == SegmentList.free { tags.removeLast() }
    }
}
