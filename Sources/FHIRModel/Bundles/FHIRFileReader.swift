public import VaultCore

/// One resource of a file, ready to be stored.
public struct FileResource: Sendable {
    /// Entry or line it came from, zero-based.
    public let entry: Int
    /// Type and id it is stored under.
    public let record: RecordID
    /// The bytes to store: those received, or with references and id put in.
    public let document: JSONDocument
    /// Where in the file the resource stands.
    public let fileRange: Range<Int>
    /// Whether the bytes differ from those received.
    public let isRewritten: Bool
    /// Whether this is only a search's report of itself (OperationOutcome), no record.
    public let isOutcome: Bool

    init(
        entry: Int,
        record: RecordID,
        document: JSONDocument,
        fileRange: Range<Int>,
        isRewritten: Bool,
        isOutcome: Bool
    ) {
        self.entry = entry
        self.record = record
        self.document = document
        self.fileRange = fileRange
        self.isRewritten = isRewritten
        self.isOutcome = isOutcome
    }

    /// A resource that came alone, not in a file.
    ///
    /// - Parameters:
    ///   - document: The whole resource.
    ///   - record: Type and id it says it has.
    ///   - entry: Its place among others, zero-based.
    public init(_ document: JSONDocument, record: RecordID, entry: Int) {
        self.init(
            entry: entry,
            record: record,
            document: document,
            fileRange: 0..<document.byteCount,
            isRewritten: false,
            isOutcome: false
        )
    }
}

/// The second pass over a file: yields its resources one by one, with bounded memory.
///
/// A history Bundle is yielded from its last entry to its first, because it lists the newest version first.
public struct FHIRFileReader {
    /// Finds the one record that a conditional reference's search means; `nil` keeps the reference.
    public typealias ConditionalResolver = (String) -> RecordID?

    private let file: FHIRFile
    private let window: ByteWindow
    private let resolveConditional: ConditionalResolver
    private var parser = JSONParser()
    private var rewriter = ReferenceRewriter()
    private var next: Int
    private let end: Int
    /// Summary of the resource that ``nextResource()`` returned last.
    public private(set) var summary = ResourceSummary()

    /// Starts the second pass.
    ///
    /// - Parameters:
    ///   - file: The first pass over the same source, all its entries having ids.
    ///   - source: The file.
    ///   - part: Entries of a Bundle in the order of reading, all if not given; readers of several parts may
    ///     run at once.
    ///   - windowByteCount: Bytes to hold at once; an entry that is larger makes the window grow.
    ///   - resolveConditional: Looks a conditional reference (`Type?search`) up in the vault.
    public init(
        _ file: FHIRFile,
        _ source: some ByteSource,
        part: Range<Int>? = nil,
        windowByteCount: Int = 1 << 20,
        resolveConditional: @escaping ConditionalResolver = { _ in nil }
    ) {
        precondition(file.entriesWithoutID.isEmpty, "entries without id")
        self.file = file
        self.resolveConditional = resolveConditional
        next = part?.lowerBound ?? 0
        end = part?.upperBound ?? file.entryCount
        window = ByteWindow(source, capacity: file.isKept ? 0 : windowByteCount)
    }

    /// Reads, rewrites and summarises the next resource.
    ///
    /// - Returns: The resource; `nil` after the last.
    /// - Throws: ``FHIRModelError``; ``BundleFault/changed`` where the file is not what the first pass saw.
    public mutating func nextResource() throws(FHIRModelError) -> FileResource? {
        switch file.format {
        case .bundle(let type): try nextEntry(isReversed: type == .history)
        case .resource, .ndjson: try nextLine()
        }
    }

    private mutating func nextEntry(isReversed: Bool) throws(FHIRModelError) -> FileResource? {
        let entries = file.index.entries
        while next < end {
            let number = isReversed ? entries.count - 1 - next : next
            next += 1
            if entries[number].flags.isDisjoint(with: [.isEmpty, .isExisting]) {
                return try read(number, entries[number])
            }
        }
        return nil
    }

    private mutating func read(
        _ number: Int,
        _ entry: EntryRecord
    ) throws(FHIRModelError) -> FileResource {
        guard let record = file.index.record(number) else {
            throw .bundle(.changed, entry: number)
        }
        let range = entry.offset..<entry.offset + Int(entry.byteCount)
        let received = try received(number, at: range)
        let isInserting = entry.flags.contains(.insertsID)
        let changed = rewrite(received, from: number, insertingID: isInserting ? record.id : nil)
        do throws(FHIRModelError) {
            return try finish(
                changed ?? received,
                record,
                number,
                range,
                isRewritten: changed != nil,
                isOutcome: entry.flags.contains(.isOutcome)
            )
        } catch {
            // Of a kept resource this was the first check; the place counts in what was received.
            guard case .resource = error else { throw error }
            do throws(FHIRModelError) { try summary.gather(received.root) } catch {
                throw error.moved(by: range.lowerBound)
            }
            throw error
        }
    }

    private mutating func received(
        _ number: Int,
        at range: Range<Int>
    ) throws(FHIRModelError) -> JSONDocument {
        if file.isKept {
            guard let kept = file.kept[number] else { throw .bundle(.changed, entry: number) }
            return kept
        }
        window.seek(to: range.lowerBound)
        let received = try reread(number)
        guard window.offset == range.upperBound else { throw .bundle(.changed, entry: number) }
        return received
    }

    private mutating func rewrite(
        _ document: JSONDocument,
        from entry: Int,
        insertingID id: FHIRID?
    ) -> JSONDocument? {
        let file = file
        let resolveConditional = resolveConditional
        return rewriter.rewrite(document, insertingID: id) { text, reference, output in
            guard case .conditional = reference.form else {
                return file.resolve(text, reference, fromEntry: entry, into: &output)
            }
            let search = String(decoding: text, as: UTF8.self)
            guard let record = resolveConditional(search) else { return false }
            output += record.description.utf8
            return true
        }
    }

    private mutating func reread(_ number: Int) throws(FHIRModelError) -> JSONDocument {
        do throws(FHIRModelError) {
            return try window.value(&parser)
        } catch {
            if case .json = error { throw .bundle(.changed, entry: number) }
            throw error
        }
    }

    private mutating func nextLine() throws(FHIRModelError) -> FileResource? {
        guard try window.peekBeyondSpace() != nil else { return nil }
        guard next < file.resourceCount else { throw .bundle(.changed, entry: next) }
        let received = try reread(next)
        let range = window.offset - received.byteCount..<window.offset
        let changed = rewrite(received, from: next, insertingID: nil)
        next += 1
        return try finish(
            changed ?? received,
            nil,
            next - 1,
            range,
            isRewritten: changed != nil,
            isOutcome: false
        )
    }

    private mutating func finish(
        _ document: JSONDocument,
        _ record: RecordID?,
        _ number: Int,
        _ range: Range<Int>,
        isRewritten: Bool,
        isOutcome: Bool
    ) throws(FHIRModelError) -> FileResource {
        try summary.gather(document.root)
        let own = document.withText(summary.id) { FHIRID(utf8: $0) }
            .map { RecordID(type: summary.type.rawValue, id: $0) }
        guard let own, record == nil || record == own else {
            throw .bundle(.changed, entry: number)
        }
        return FileResource(
            entry: number,
            record: own,
            document: document,
            fileRange: range,
            isRewritten: isRewritten,
            isOutcome: isOutcome
        )
    }
}
