internal import VaultCore

/// The first pass over a file: strict, streaming, telling what the file is as it goes.
struct FileScanner {
    private let window: ByteWindow
    private var parser = JSONParser()
    private var summary = ResourceSummary()
    private(set) var format = FHIRFile.Format.resource
    private(set) var index = BundleIndex()
    private(set) var resourceCount = 0
    /// The entries' resources by number, where the file is kept; `nil` for an entry without one.
    private(set) var kept: [JSONDocument?] = []
    private let isKeeping: Bool
    /// What is wrong with members named `entry`, if the file turns out to be a Bundle.
    private var entryFault: FHIRModelError?
    private var resourceType: String?
    private var bundleType: String?

    init(_ source: some ByteSource, windowByteCount: Int, isKeeping: Bool) {
        window = ByteWindow(source, capacity: windowByteCount)
        self.isKeeping = isKeeping
    }

    mutating func run() throws(FHIRModelError) {
        guard let first = try window.peekBeyondSpace() else {
            throw .json(.truncated, byteOffset: window.offset)
        }
        if first == 0xEF { throw .json(.byteOrderMark, byteOffset: window.offset) }
        guard first == 0x7B else { throw .bundle(.unknownFormat, entry: nil) }
        try scanObject()
        if try window.hasMoreLines() {
            forgetEntries()
            try scanLines()
        } else if resourceType == "Bundle" {
            try finishBundle()
        } else {
            forgetEntries()
            try scanResource()
        }
    }

    private mutating func forgetEntries() {
        index = BundleIndex()
        kept = []
    }

    /// The outermost object, member by member; an array `entry` element by element.
    private mutating func scanObject() throws(FHIRModelError) {
        var keys: Set<String> = []
        try window.expect(0x7B)
        if try window.peekBeyondSpace() == 0x7D {
            window.take()
            return
        }
        while true {
            let place = window.offset
            guard try window.peekBeyondSpace() == 0x22 else {
                throw .json(.unexpectedByte, byteOffset: window.offset)
            }
            let key = try window.value(&parser).root.string ?? ""
            guard keys.insert(key).inserted else { throw .json(.duplicateKey, byteOffset: place) }
            try window.expect(0x3A)
            if key == "entry", try window.peekBeyondSpace() == 0x5B {
                try scanEntries()
            } else {
                try member(key)
            }
            if try closes(with: 0x7D) { return }
        }
    }

    private mutating func member(_ key: String) throws(FHIRModelError) {
        let value = try window.value(&parser).root
        switch key {
        case "resourceType": resourceType = value.string
        case "type": bundleType = value.string
        case "entry":
            entryFault = entryFault ?? .bundle(.malformedEntry, entry: nil)
        default: break
        }
    }

    private mutating func scanEntries() throws(FHIRModelError) {
        try window.expect(0x5B)
        if try window.peekBeyondSpace() == 0x5D {
            window.take()
            return
        }
        repeat {
            _ = try window.peekBeyondSpace()
            try scanEntry()
        } while try !closes(with: 0x5D)
    }

    private mutating func scanEntry() throws(FHIRModelError) {
        let document = try window.value(&parser)
        guard entryFault == nil else { return }
        do throws(FHIRModelError) {
            if index.isFull { throw .bundle(.tooManyEntries, entry: nil) }
            let reading = EntryReading(
                number: index.entries.count,
                node: document.root,
                readsHeadOnly: isKeeping
            )
            try reading.add(at: window.offset - document.byteCount, &summary, to: &index)
            if isKeeping { kept.append(document.root["resource"]?.detached()) }
        } catch {
            // Another type than Bundle may have an `entry` that is quite different.
            entryFault = error
        }
    }

    /// Takes a comma, or the closing bracket.
    private func closes(with bracket: UInt8) throws(FHIRModelError) -> Bool {
        guard let byte = try window.peekBeyondSpace() else {
            throw .json(.truncated, byteOffset: window.offset)
        }
        guard byte == bracket || byte == 0x2C else {
            throw .json(.unexpectedByte, byteOffset: window.offset)
        }
        window.take()
        return byte == bracket
    }

    private mutating func finishBundle() throws(FHIRModelError) {
        if let entryFault { throw entryFault }
        guard let type = bundleType.flatMap({ BundleType(rawValue: $0) }) else {
            throw .bundle(.unknownBundleType, entry: nil)
        }
        format = .bundle(type)
        for (number, entry) in index.entries.enumerated() {
            if type.needsRequest, !entry.flags.contains(.hasRequest) {
                throw .bundle(.missingRequest, entry: number)
            }
            if entry.flags.contains(.isEmpty) {
                if !type.allowsEmptyEntries { throw .bundle(.emptyEntry, entry: number) }
            } else {
                resourceCount += 1
            }
        }
    }

    /// The file is one resource: read again as a whole, because it must fit into memory anyway.
    private mutating func scanResource() throws(FHIRModelError) {
        window.seek(to: 0)
        _ = try window.peekBeyondSpace()
        try check(try window.value(&parser))
        format = .resource
        resourceCount = 1
    }

    /// The file is NDJSON: every line is read, and nothing kept of it.
    private mutating func scanLines() throws(FHIRModelError) {
        format = .ndjson
        window.seek(to: 0)
        while try window.peekBeyondSpace() != nil {
            let line = try window.value(&parser)
            try window.endLine(after: line, number: resourceCount)
            try check(line)
            resourceCount += 1
        }
    }

    private mutating func check(_ document: JSONDocument) throws(FHIRModelError) {
        let offset = window.offset - document.byteCount
        do throws(FHIRModelError) {
            try summary.gather(document.root)
        } catch {
            throw error.moved(by: offset)
        }
        if summary.id.isEmpty { throw .resource(.missingID, byteOffset: offset) }
    }
}

extension ByteWindow {
    /// Whether the file goes on, and on another line.
    func hasMoreLines() throws(FHIRModelError) -> Bool {
        let end = offset
        guard let next = try peekBeyondSpace() else { return false }
        let space = offset - end
        seek(to: end)
        let isBroken = try withBytes(count: space) { $0.contains(0x0A) }
        // An object behind an object on the same line is a broken line; anything else is no JSON.
        guard isBroken || next == 0x7B else { throw .json(.trailingData, byteOffset: end + space) }
        return true
    }

    /// Checks that a resource began and ended on one line.
    func endLine(after line: JSONDocument, number: Int) throws(FHIRModelError) {
        let hasBreak = line.withBytes { $0.contains(0x0A) }
        while let byte = try peek(), byte == 0x20 || byte == 0x09 || byte == 0x0D { take() }
        let next = try peek()
        guard !hasBreak, next == nil || next == 0x0A else {
            throw .bundle(.malformedLine, entry: number)
        }
    }
}
