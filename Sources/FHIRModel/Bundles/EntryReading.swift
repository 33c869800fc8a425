internal import VaultCore

/// Reads one entry of a Bundle in the first pass.
struct EntryReading {
    /// Number of the entry, for errors.
    let number: Int
    let node: JSONNode
    /// Whether the second pass checks the resource, so that its head is enough here.
    let readsHeadOnly: Bool

    /// Checks an entry and keeps what is needed of it.
    ///
    /// - Parameters:
    ///   - offset: Where in the file the entry's object starts.
    ///   - summary: Memory for the check of the resource.
    ///   - index: Gets the entry.
    /// - Throws: ``FHIRModelError``, places counted from the start of the file.
    func add(
        at offset: Int,
        _ summary: inout ResourceSummary,
        to index: inout BundleIndex
    ) throws(FHIRModelError) {
        guard node.kind == .object else { throw fault(.malformedEntry) }
        let url = try string(node["fullUrl"])
        if let url, url.contentCount > UInt16.max { throw fault(.malformedEntry) }
        let request = try EntryRequest(node["request"], of: self)
        var record = EntryRecord(
            offset: 0,
            byteCount: 0,
            text: 0,
            fullURLCount: 0,
            idCount: 0,
            type: .basic,
            method: request?.method ?? .none,
            flags: []
        )
        if request != nil { record.flags.insert(.hasRequest) }
        guard let resource = node["resource"] else {
            record.flags.insert(.isEmpty)
            index.append(record, fullURL: bytes(nil), id: bytes(nil))
            return
        }
        let head = try head(resource, offset, &summary)
        record.type = head.type
        record.offset = offset + resource.byteRange.lowerBound
        record.byteCount = UInt32(resource.byteRange.count)
        if node["search"]?["mode"]?.utf8Equals("outcome") == true {
            record.flags.insert(.isOutcome)
        }
        let id = try id(head, request, url, offset + resource.byteRange.lowerBound)
        if id.isInserted { record.flags.insert(.insertsID) }
        if let condition = request?.condition {
            record.flags.insert(.isConditional)
            index.conditions[number] = condition
        }
        index.append(record, fullURL: bytes(url), id: id.text)
    }

    private func head(
        _ resource: JSONNode,
        _ offset: Int,
        _ summary: inout ResourceSummary
    ) throws(FHIRModelError) -> ResourceHead {
        do throws(FHIRModelError) {
            if readsHeadOnly { return try ResourceHead(resource) }
            try summary.gather(resource)
            return ResourceHead(type: summary.type, id: summary.id)
        } catch {
            throw error.moved(by: offset)
        }
    }

    /// The id an entry is stored under: its own, that of its URL, else the uuid of its fullUrl.
    private func id(
        _ head: ResourceHead,
        _ request: EntryRequest?,
        _ url: TapeEntry?,
        _ offset: Int
    ) throws(FHIRModelError) -> (text: UnsafeRawBufferPointer, isInserted: Bool) {
        let own = head.id
        if let request { try request.check(head, in: self) }
        if !own.isEmpty {
            return (bytes(own.range), false)
        }
        if let target = request?.id { return (bytes(target), true) }
        if let url {
            let reference = FHIRReference(bytes(url))
            let id = UnsafeRawBufferPointer(rebasing: bytes(url)[reference.id])
            switch reference.form {
            case .uuid where isFHIRID(id): return (id, true)
            case .literal(head.type) where request?.method != .post: return (id, true)
            case .uuid, .oid, .contained, .literal, .conditional, .logical, .other: break
            }
        }
        // The caller gives a created resource its id; FHIR lets the server choose.
        if request?.method == .post { return (bytes(nil), true) }
        throw .resource(.missingID, byteOffset: offset)
    }

    func fault(_ fault: BundleFault) -> FHIRModelError { .bundle(fault, entry: number) }

    /// A string without escapes, or nothing.
    func string(_ node: JSONNode?) throws(FHIRModelError) -> TapeEntry? {
        guard let node else { return nil }
        guard node.kind == .string, !node.isEscaped else { throw fault(.malformedEntry) }
        return node.entry
    }

    func bytes(_ entry: TapeEntry?) -> UnsafeRawBufferPointer {
        guard let entry else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return bytes(entry.contentStart..<entry.contentStart + entry.contentCount)
    }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: node.document.bytes + range.lowerBound, count: range.count)
    }
}

/// `Bundle.entry.request` as far as an import follows it.
struct EntryRequest {
    let method: EntryMethod
    let condition: String?
    /// Type and id of a PUT, as ranges of the document's bytes.
    let id: Range<Int>?
    private let type: ResourceType?

    init?(_ request: JSONNode?, of entry: EntryReading) throws(FHIRModelError) {
        guard let request else { return nil }
        guard request.kind == .object, let verb = request["method"], let url = request["url"],
            let link = try entry.string(url), verb.kind == .string
        else { throw entry.fault(.malformedEntry) }
        let text = entry.bytes(link)
        let target = FHIRReference(text)
        if verb.utf8Equals("POST") {
            method = .post
            type = ResourceType(text)
            id = nil
            condition = try entry.string(request["ifNoneExist"]).map {
                String(decoding: entry.bytes($0), as: UTF8.self)
            }
            return
        }
        guard verb.utf8Equals("PUT") else { throw entry.fault(.unsupportedMethod) }
        method = .put
        switch target.form {
        case .literal(let named):
            type = named
            id = link.contentStart + target.id.lowerBound..<link.contentStart + target.id.upperBound
            condition = nil
        case .conditional(let named):
            type = named
            id = nil
            condition = String(decoding: text, as: UTF8.self)
        case .uuid, .oid, .contained, .logical, .other: throw entry.fault(.requestMismatch)
        }
    }

    /// Whether the URL names the resource that is there.
    func check(
        _ head: ResourceHead,
        in entry: EntryReading
    ) throws(FHIRModelError) {
        guard type == head.type else { throw entry.fault(.requestMismatch) }
        guard let id, !head.id.isEmpty else { return }
        guard entry.bytes(id).elementsEqual(entry.bytes(head.id.range)) else {
            throw entry.fault(.requestMismatch)
        }
    }
}
