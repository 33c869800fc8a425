public import VaultCore

/// A file to be imported, after its first pass: checked as a whole, its entries known by name.
///
/// The first pass reads every byte strictly, in entries and outside of them, and keeps about 100 bytes
/// an entry of a Bundle and nothing of NDJSON. What it finds wrong stops the import before anything is
/// stored: all of a file or nothing. The second pass is ``FHIRFileReader``.
///
/// A Bundle small enough to be kept is parsed once: what its resources say is then checked by the second
/// pass, and nothing may be stored before that has ended.
public struct FHIRFile: Sendable {
    /// What the file is, told by its content.
    public enum Format: Sendable, Hashable {
        /// One Bundle.
        case bundle(BundleType)
        /// One resource that is no Bundle.
        case resource
        /// A resource on each line.
        case ndjson
    }

    /// What the file is.
    public let format: Format
    /// Entries with a resource, lines with one, or 1.
    public let resourceCount: Int
    /// Entries that must be given an id by ``assign(_:toEntry:)`` before the second pass.
    ///
    /// They are those that a `POST` creates without id and without `urn:uuid:` fullUrl. Linear.
    public var entriesWithoutID: [Int] {
        index.entries.indices.filter {
            let entry = index.entries[$0]
            return entry.idCount == 0 && entry.flags.isDisjoint(with: [.isEmpty, .isExisting])
        }
    }
    /// Entries of a Bundle; what the second pass counts its parts in.
    public var entryCount: Int { index.entries.count }
    /// Whether the resources were kept, so that the second pass reads nothing.
    public var isKept: Bool { !kept.isEmpty }
    private(set) var index: BundleIndex
    let kept: [JSONDocument?]

    /// Reads a file for the first time.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - windowByteCount: Bytes to hold at once; an entry that is larger makes the window grow.
    ///   - keptByteCount: A Bundle of at most this many bytes is kept, in about three times as much memory.
    /// - Throws: ``FHIRModelError``: the first fault found, with its place.
    public init(
        _ source: some ByteSource,
        windowByteCount: Int = 1 << 20,
        keepingUpTo keptByteCount: Int = 0
    ) throws(FHIRModelError) {
        var scanner = FileScanner(
            source,
            windowByteCount: windowByteCount,
            isKeeping: source.byteCount <= keptByteCount
        )
        try scanner.run()
        kept = scanner.kept
        format = scanner.format
        index = scanner.index
        resourceCount = scanner.resourceCount
        try FileConflicts(source, index: index, format: format).check(&index)
    }

    /// Gives a created entry its id.
    ///
    /// - Parameters:
    ///   - id: New, random; not of another record.
    ///   - entry: Zero-based, one of ``entriesWithoutID``.
    public mutating func assign(_ id: FHIRID, toEntry entry: Int) {
        precondition(index.entries[entry].idCount == 0, "entry has an id")
        index.assign(id, to: entry, .insertsID)
    }

    /// Leaves an entry out because its condition has found a record: references to it lead there.
    ///
    /// - Parameters:
    ///   - entry: Zero-based, one of ``conditions``.
    ///   - id: Of the record found, which has the entry's type.
    public mutating func leaveOut(entry: Int, existing id: FHIRID) {
        index.assign(id, to: entry, .isExisting)
    }

    /// The conditions under which senders want entries stored, by entry: `ifNoneExist` of a POST, or the
    /// whole `Type?search` URL of a conditional PUT.
    ///
    /// The caller looks them up; where a condition finds a record, FHIR's rules for conditional create
    /// and update hold.
    public var conditions: [Int: String] { index.conditions }

    /// Finds the record a Reference in an entry leads to, where that is another entry of this file.
    ///
    /// - Parameters:
    ///   - text: `Reference.reference`, escapes undone, without version.
    ///   - reference: The same, taken apart.
    ///   - entry: The entry it stands in, zero-based.
    ///   - output: Gets `Type/id` appended.
    /// - Returns: False where it leads out of the file.
    public func resolve(
        _ text: UnsafeRawBufferPointer,
        _ reference: FHIRReference,
        fromEntry entry: Int,
        into output: inout [UInt8]
    ) -> Bool {
        guard case .bundle = format else { return false }
        return index.resolve(text, reference, from: entry, into: &output)
    }
}

/// Finds entries that contradict each other.
private struct FileConflicts {
    private let source: any ByteSource
    private let format: FHIRFile.Format
    private let entries: [EntryRecord]

    init(_ source: some ByteSource, index: BundleIndex, format: FHIRFile.Format) {
        self.source = source
        self.format = format
        entries = index.entries
    }

    /// Makes the index's tables.
    ///
    /// The same bytes twice are no conflict, except in a transaction (FHIR R4 http, 3.1.0.11.2: no identity
    /// twice); a history may hold versions.
    func check(_ index: inout BundleIndex) throws(FHIRModelError) {
        try index.seal { (first, second, fault) throws(FHIRModelError) in
            if format == .bundle(.history),
                fault == .conflictingResources || isSameRecord(first, second)
            {
                return
            }
            if format == .bundle(.transaction) { throw .bundle(fault, entry: second) }
            guard try hasSameBytes(first, second) else { throw .bundle(fault, entry: second) }
        }
    }

    private func isSameRecord(_ first: Int, _ second: Int) -> Bool {
        entries[first].type == entries[second].type
    }

    private func hasSameBytes(_ first: Int, _ second: Int) throws(FHIRModelError) -> Bool {
        let a = entries[first]
        let b = entries[second]
        guard a.byteCount == b.byteCount else { return false }
        return try bytes(a) == bytes(b)
    }

    private func bytes(_ record: EntryRecord) throws(FHIRModelError) -> [UInt8] {
        let window = ByteWindow(source, capacity: Int(record.byteCount))
        window.seek(to: record.offset)
        return try window.withBytes(count: Int(record.byteCount)) { Array($0) }
    }
}
