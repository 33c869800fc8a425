internal import MerkleLog
internal import VaultCore

/// The newest `heads` entry, as the state keeps it.
struct HeadsMark: Sendable, Hashable {
    /// Entries up to and including it.
    var size: UInt64
    /// Patients in its map.
    var count: UInt64
    /// Root of its map.
    var root: MerkleHash

    /// Key of the item that keeps it.
    static let key = Array("heads".utf8)

    var encoded: [UInt8] { bigEndian(size) + bigEndian(count) + root.bytes }

    init(size: UInt64, count: UInt64, root: MerkleHash) {
        self.size = size
        self.count = count
        self.root = root
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard bytes.count == 48, let root = MerkleHash(bytes[16...]) else { throw .damagedState }
        size = UInt64(bigEndianBytes: bytes)
        count = UInt64(bigEndianBytes: bytes[8...])
        self.root = root
    }
}

extension GuardState {
    /// The newest `heads` entry, staged or kept; `nil` before the first.
    func headsMark() throws -> HeadsMark? {
        try item(.meta, HeadsMark.key).map { try HeadsMark(decoding: $0) }
    }

    /// Stages a `heads` entry where any entry came after the last one, or where one is due all the same.
    ///
    /// Costs O(changed patients * log patients). The checkpoint that follows covers it as its last entry.
    func stageHeads(isDue: Bool = false) throws {
        let mark = try headsMark()
        guard isDue || nextIndex > mark?.size ?? 0 else { return }
        // Asked first: under a clock that ran backwards nothing of the map may be staged either.
        let time = try entryTime()
        var map = HeadsMap(KeptTiles(state: self))
        var heads: [String: PatientHead] = [:]
        for patient in try movedPatients(since: mark) {
            guard let known = try self.patient(patient), let last = known.lastEntry else {
                throw GuardError.damagedState
            }
            heads[patient.description] = PatientHead(count: known.entryCount, last: last)
        }
        let (root, added) = try map.set(heads)
        let count = (mark?.count ?? 0) + UInt64(added)
        var header = EntryHeader(kind: .heads, time: time)
        header.actor = "guard"
        header.actorKind = "guard"
        header.action = "state-heads"
        header.automated = .machine
        header.more = [
            .init(HeadsStatement.rootName, .string(root.base64)),
            .init(HeadsStatement.countName, .int(Int64(clamping: count))),
        ]
        let (index, _) = try append(header)
        setItem(
            .meta,
            HeadsMark.key,
            HeadsMark(size: index + 1, count: count, root: root).encoded
        )
        pendingHeads.state()
    }

    private func movedPatients(since mark: HeadsMark?) throws -> Set<PatientPseudonym> {
        if let known = pendingHeads.all { return known }
        var moved = pendingHeads.uncommitted
        guard let mark else {
            // A vault from before there were maps: every patient is new to the map.
            try forEachStoredItem(.patient) { key, bytes in
                if try PatientState(decoding: bytes).lastEntry != nil,
                    let patient = PatientPseudonym(bytes: key)
                {
                    moved.insert(patient)
                }
            }
            return moved
        }
        try forEachPatient(in: mark.size..<max(mark.size, frontier.size)) { patient, _ in
            moved.insert(patient)
        }
        return moved
    }

    /// Names the patients of entries by their masked pseudonyms alone, in order; opens nothing.
    func forEachPatient(
        in range: Range<UInt64>,
        _ body: (PatientPseudonym, UInt64) throws -> Void
    ) throws {
        let reader = LogReader(state: self)
        try storage.forEachEntry(in: range) { index, bytes in
            for section in try EntryCodec.decode(Array(bytes)).sections.dropFirst() {
                try body(reader.patient(of: section.routing, index: index), index)
            }
            return true
        }
    }
}

/// The map's tiles among the Guard's items.
struct KeptTiles: HeadsTiles {
    let state: GuardState

    func tile(at path: [UInt8]) throws -> [UInt8]? { try state.item(.headsTile, path) }

    mutating func keep(_ tile: [UInt8], at path: [UInt8]) {
        state.setItem(.headsTile, path, tile)
    }
}
