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
        (high, low) = tag.bytes.withUnsafeBytes { bytes in
            (
                Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)),
                Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
            )
        }
    }

    /// The tag itself; sixteen bytes always make one.
    func tag<Tag: Tag16>(as type: Tag.Type = Tag.self) throws(RecordsError) -> Tag {
        let bytes = [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.storeBytes(of: high.bigEndian, as: Int64.self)
            raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: Int64.self)
            count = 16
        }
        guard let tag = Tag(bytes: bytes) else { throw .damaged }
        return tag
    }
}

/// A patient's segment tags as the patient row holds them: 16 bytes each, a free place is zero.
struct SegmentList {
    static let free = [UInt8](repeating: 0, count: 16)

    private(set) var tags: [SegmentTag] = []

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(RecordsError) {
        guard bytes.count.isMultiple(of: 16) else { throw .damaged }
        tags.reserveCapacity(bytes.count / 16)
        for start in stride(from: 0, to: bytes.count, by: 16) {
            guard let tag = SegmentTag(bytes: bytes[start..<start + 16]) else { throw .damaged }
            tags.append(tag)
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
        return try SegmentList(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16])).tag(
            at: 0
        )
    }

    var bytes: [UInt8] { tags.flatMap(\.bytes) }

    /// The tag at a place; a place that is free or not there means the file was altered.
    func tag(at place: Int64) throws(RecordsError) -> SegmentTag {
        guard let index = Int(exactly: place), tags.indices.contains(index),
            tags[index].bytes != SegmentList.free
        else { throw .damaged }
        return tags[index]
    }

    func place(of tag: SegmentTag) -> Int64? {
        tags.firstIndex(of: tag).map(Int64.init)
    }

    /// Takes a free place, else a new one.
    mutating func add(_ tag: SegmentTag) -> Int64 {
        if let index = tags.firstIndex(where: { $0.bytes == SegmentList.free }) {
            tags[index] = tag
            return Int64(index)
        }
        tags.append(tag)
        return Int64(tags.count - 1)
    }

    /// Frees the places that no row uses any more.
    mutating func keep(_ used: Set<Int64>) throws(RecordsError) {
        guard let free = SegmentTag(bytes: SegmentList.free) else { throw .damaged }
        for index in tags.indices where !used.contains(Int64(index)) { tags[index] = free }
        while tags.last?.bytes == SegmentList.free { tags.removeLast() }
    }
}
