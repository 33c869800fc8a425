internal import MerkleLog
internal import VaultCore

/// Short tags of every patient's records, in memory: 8 bytes a record, built when first asked for.
struct RecordTagIndex {
    var tags: [PatientPseudonym: Set<UInt64>] = [:]
}

extension GuardState {
    func recordTags() throws -> [PatientPseudonym: Set<UInt64>] {
        if let known = tagIndex { return known.tags }
        var index = RecordTagIndex()
        try forEachStoredItem(.catalogue) { key, bytes in
            guard let patient = PatientPseudonym(bytes: key) else { return }
            index.tags[patient] = Set(try Catalogue(decoding: bytes).items.map(\.tag))
        }
        tagIndex = index
        return index.tags
    }

    /// When an entry was written; `nil` where the log has no such entry.
    func time(ofEntry index: UInt64) throws -> Instant? {
        if let known = entryTimes[index] { return known }
        guard let stored = try storage.entry(at: index) else { return nil }
        let time = try EntryCodec.frame(ofStored: stored).time
        if entryTimes.count >= Self.cacheLimit { entryTimes = [:] }
        entryTimes[index] = time
        return time
    }
}
