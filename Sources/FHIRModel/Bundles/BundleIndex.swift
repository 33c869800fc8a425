internal import VaultCore

/// What the first pass keeps of each entry: 24 bytes and its texts in one common store.
struct EntryRecord {
    var offset: Int
    var byteCount: UInt32
    /// Place in the store of fullUrl and, behind it, the id unless the fullUrl ends with it.
    var text: UInt32
    var fullURLCount: UInt16
    var idCount: UInt8
    var type: ResourceType
    var method: EntryMethod
    var flags: Flags

    struct Flags: OptionSet {
        let rawValue: UInt8
        /// No resource in the entry.
        static let isEmpty = Flags(rawValue: 1)
        /// The id is not in the resource and must be put in.
        static let insertsID = Flags(rawValue: 2)
        /// The id is the end of the fullUrl.
        static let idEndsURL = Flags(rawValue: 4)
        /// A search's own report, `search.mode` = `outcome`.
        static let isOutcome = Flags(rawValue: 8)
        /// Its condition is in ``BundleIndex/conditions``.
        static let isConditional = Flags(rawValue: 16)
        /// The entry has a `request`.
        static let hasRequest = Flags(rawValue: 32)
        /// The record is there already and the entry is not read.
        static let isExisting = Flags(rawValue: 64)
    }
}

/// All entries of a Bundle by number, by fullUrl and by type and id.
struct BundleIndex {
    var entries: [EntryRecord] = []
    private var texts: [UInt8] = []
    /// `ifNoneExist`, or the search of a conditional PUT, by entry.
    var conditions: [Int: String] = [:]
    private var byFullURL = NameIndex(count: 0)
    private var byName = NameIndex(count: 0)
    /// Whether some entry's fullUrl ends with another id than it is stored under.
    private var hasRenamed = false

    /// Whether one more entry fits.
    var isFull: Bool {
        entries.count >= Limits.maximumBundleEntryCount || texts.count > Int(UInt32.max) - (1 << 17)
    }

    /// Keeps an entry and its texts.
    mutating func append(
        _ record: EntryRecord,
        fullURL: UnsafeRawBufferPointer,
        id: UnsafeRawBufferPointer
    ) {
        var record = record
        record.text = UInt32(truncatingIfNeeded: texts.count)
        record.fullURLCount = UInt16(truncatingIfNeeded: fullURL.count)
        record.idCount = UInt8(truncatingIfNeeded: id.count)
        texts += fullURL
        if fullURL.count >= id.count, fullURL.suffix(id.count).elementsEqual(id) {
            record.flags.insert(.idEndsURL)
        } else {
            texts += id
        }
        entries.append(record)
    }

    /// Gives an entry another id, and says why.
    mutating func assign(_ id: FHIRID, to entry: Int, _ reason: EntryRecord.Flags) {
        let old = entries[entry]
        let url = fullURL(entry).map { Array($0) } ?? []
        entries[entry].text = UInt32(truncatingIfNeeded: texts.count)
        entries[entry].idCount = UInt8(id.text.utf8.count)
        entries[entry].flags = old.flags.union(reason).subtracting(.idEndsURL)
        texts += url
        texts += id.text.utf8
        hasRenamed = true
    }

    /// Makes the look-up tables.
    ///
    /// - Parameter conflict: Called for two entries of one fullUrl or one type and id; decides whether they
    ///   may stand beside each other.
    /// - Throws: What `conflict` throws.
    mutating func seal(
        _ conflict: (Int, Int, BundleFault) throws(FHIRModelError) -> Void
    ) throws(FHIRModelError) {
        var urls = NameIndex(count: entries.count)
        var names = NameIndex(count: entries.count)
        for number in entries.indices where !entries[number].flags.contains(.isEmpty) {
            let url = withFullURL(number) { text in
                text.isEmpty
                    ? nil
                    : urls.insert(number, hash: nameHash(text)) { hasFullURL($0, text) }
            }
            if let url { try conflict(url, number, .duplicateFullURL) }
            if entries[number].idCount == 0 {
                hasRenamed = true
                continue
            }
            let type = entries[number].type
            let name = withID(number) { id in
                names.insert(number, hash: nameHash(id, UInt8(type.place))) {
                    entries[$0].type == type && hasID($0, id)
                }
            }
            if let name { try conflict(name, number, .conflictingResources) }
            if !entries[number].flags.contains(.idEndsURL) { hasRenamed = true }
        }
        byFullURL = urls
        byName = names
    }

    /// Appends `Type/id` of the record that a reference from an entry leads to, where another entry of the
    /// file is meant.
    func resolve(
        _ text: UnsafeRawBufferPointer,
        _ reference: FHIRReference,
        from entry: Int,
        into output: inout [UInt8]
    ) -> Bool {
        switch reference.form {
        case .uuid, .oid: return find(text, into: &output)
        case .literal:
            if !reference.base.isEmpty { return find(text, into: &output) }
            // A relative reference counts from the base of the entry it stands in.
            guard hasRenamed else { return false }
            return withFullURL(entry) { url in
                let own = FHIRReference(url)
                guard case .literal = own.form, !own.base.isEmpty else { return false }
                let whole = Array(url[own.base]) + Array(text)
                return whole.withUnsafeBytes { find($0, into: &output) }
            }
        case .contained, .conditional, .logical, .other: return false
        }
    }

    /// Under which type and id an entry is stored; `nil` while it has no id.
    func record(_ entry: Int) -> RecordID? {
        guard entries[entry].idCount > 0 else { return nil }
        return withID(entry) { FHIRID(utf8: $0) }
            .map { RecordID(type: entries[entry].type.rawValue, id: $0) }
    }

    /// The fullUrl; `nil` where there is none.
    func fullURL(_ entry: Int) -> String.UTF8View? {
        withFullURL(entry) { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self).utf8 }
    }

    private func find(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        guard let entry = byFullURL.find(hash: nameHash(text), isSame: { hasFullURL($0, text) }),
            entries[entry].idCount > 0
        else { return false }
        output += entries[entry].type.rawValue.utf8
        output.append(0x2F)
        withID(entry) { output += $0 }
        return true
    }

    private func hasFullURL(_ entry: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        withFullURL(entry) { isEqual($0, text) }
    }

    private func hasID(_ entry: Int, _ id: UnsafeRawBufferPointer) -> Bool {
        withID(entry) { isEqual($0, id) }
    }

    private func withFullURL<Result>(
        _ entry: Int,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let record = entries[entry]
        let start = Int(record.text)
        return texts.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(record.fullURLCount)]))
        }
    }

    private func withID<Result>(
        _ entry: Int,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let record = entries[entry]
        let urlEnd = Int(record.text) + Int(record.fullURLCount)
        let start =
            record.flags.contains(.idEndsURL) ? urlEnd - Int(record.idCount) : urlEnd
        return texts.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(record.idCount)]))
        }
    }
}
