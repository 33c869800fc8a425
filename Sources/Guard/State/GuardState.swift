internal import MerkleLog
internal import Sealing
internal import VaultCore

/// The Guard's working state behind its lock: staged changes, the log's edge, and what is cached.
///
/// One use case stages entries and items and then commits them together. What was staged and not
/// committed is dropped by ``rollBack()``; after a failed commit the Guard stops, because what a failed
/// fsync left on the disk is unknown.
final class GuardState {
    let storage: any GuardStorage
    private(set) var ring: KeyRing
    let vault: VaultID
    let origin: String
    let random: any RandomSource
    let clock: any TimeSource

    /// Set after a failed commit or a seal; then every call is refused.
    var isStopped = false
    /// Committed edge of the log.
    private(set) var frontier: CompactRange
    private(set) var lastTime: Instant
    private var stagedFrontier: CompactRange
    private var stagedTime: Instant
    private var staged: [ItemKey: [UInt8]?] = [:]
    private var batch: StorageBatch
    /// Patients whose head moved since the last `heads` entry.
    var pendingHeads = PendingHeads()

    /// Read-through caches; only committed values live in them.
    var auditKeys: [ItemKey: SectionKey] = [:]
    var patientKeys: [PatientPseudonym: PatientKeys] = [:]
    var shardKeys: [UInt32: SecretKey] = [:]
    var factsCache: [PatientPseudonym: CachedFacts] = [:]
    private var patientCache: [PatientPseudonym: PatientState] = [:]
    var catalogueCache: [PatientPseudonym: Catalogue] = [:]
    var graphCache: [PatientPseudonym: LabelNodes] = [:]
    /// Patients, those of the present batch included; counted once.
    var knownPatientCount: Int?
    /// Everything that is closed; `nil` where it must be read anew.
    var sealCache: [AccessSeal]?

    /// Most patients whose keys and facts stay in memory.
    static let cacheLimit = 4_096

    struct ItemKey: Hashable {
        var kind: ItemKind
        var key: [UInt8]
    }

    init(
        storage: any GuardStorage,
        ring: KeyRing,
        vault: VaultID,
        origin: String,
        random: any RandomSource,
        clock: any TimeSource
    ) throws {
        self.storage = storage
        self.ring = ring
        self.vault = vault
        self.origin = origin
        self.random = random
        self.clock = clock
        let size = try storage.logSize()
        frontier = try CompactRange(size: size, reader: StoredHashes(storage: storage))
        stagedFrontier = frontier
        lastTime = Instant(microseconds: .min)
        if size > 0, let last = try storage.entry(at: size - 1) {
            lastTime = try EntryCodec.frame(ofStored: last).time
        }
        stagedTime = lastTime
        batch = StorageBatch(firstIndex: size)
    }

    /// Index that the next staged entry gets.
    var nextIndex: UInt64 { stagedFrontier.size }

    // MARK: Items

    /// One item of the state, staged or stored, opened.
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? {
        if let change = staged[ItemKey(kind: kind, key: key)] { return change }
        guard let sealed = try storage.item(kind, key) else { return nil }
        return try SealedItem.open(sealed, kind: kind, key: key, with: ring.state)
    }

    /// Stages a value, or a deletion.
    func setItem(_ kind: ItemKind, _ key: [UInt8], _ value: [UInt8]?) {
        staged[ItemKey(kind: kind, key: key)] = .some(value)
        switch kind {
        case .patient: PatientPseudonym(bytes: key).map { patientCache[$0] = nil }
        case .catalogue: PatientPseudonym(bytes: key).map { catalogueCache[$0] = nil }
        case .labelGraph: PatientPseudonym(bytes: key).map { graphCache[$0] = nil }
        case .seal: sealCache = nil
        default: break
        }
    }

    /// Stages an item that is kept as it is, under no key of the state.
    func setUnsealed(_ change: ItemChange) { batch.items.append(change) }

    /// Goes on with the ring that was just committed.
    func replaceRing(_ next: KeyRing) { ring = next }

    /// All stored items of a table, opened; staged changes are not seen.
    func forEachStoredItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        try storage.forEachItem(kind) { key, sealed in
            try body(key, try SealedItem.open(sealed, kind: kind, key: key, with: ring.state))
        }
    }

    /// A patient's state, or `nil` for a patient this vault has never seen.
    func patient(_ pseudonym: PatientPseudonym) throws -> PatientState? {
        if let cached = patientCache[pseudonym] { return cached }
        guard let bytes = try item(.patient, pseudonym.bytes) else { return nil }
        let patient = try PatientState(decoding: bytes)
        if patientCache.count >= Self.cacheLimit { patientCache = [:] }
        patientCache[pseudonym] = patient
        return patient
    }

    func setPatient(_ pseudonym: PatientPseudonym, _ state: PatientState) {
        setItem(.patient, pseudonym.bytes, state.encoded())
        patientCache[pseudonym] = state
    }

    // MARK: Log

    /// One patient's share of an entry that is being written.
    struct Part {
        var patient: PatientPseudonym
        var body: JSONValue
    }

    /// The time of the next entry: the clock's, never before the newest entry.
    ///
    /// A clock that ran backwards by more than five seconds stops the Guard: times in the log could no
    /// longer be believed.
    func entryTime() throws -> Instant {
        let now = clock.now()
        if now >= stagedTime { return now }
        guard stagedTime.microseconds - now.microseconds <= 5_000_000 else {
            throw GuardError.clockWentBackwards
        }
        return stagedTime
    }

    /// Stages an entry; patients' heads move with it.
    ///
    /// - Returns: Its index and leaf hash, final only after ``commit()``.
    @discardableResult
    func append(_ header: EntryHeader, parts: [Part] = []) throws -> (UInt64, MerkleHash) {
        var header = header
        header.guard = header.guard ?? "guard-1"
        let index = stagedFrontier.size
        // A second part would point back at its own entry, and the patient's list could not be walked.
        guard Set(parts.map(\.patient)).count == parts.count else {
            throw GuardError.invalid(field: "parts")
        }
        var sections: [SectionSealer.Part] = []
        sections.reserveCapacity(parts.count)
        for part in parts {
            guard var patient = try self.patient(part.patient) else {
                throw GuardError.unknown(what: "patient")
            }
            let json = PatientPart(
                patient: part.patient.description,
                previous: patient.lastEntry,
                count: patient.entryCount + 1,
                body: part.body.members
            ).json
            patient.lastEntry = index
            patient.entryCount += 1
            setPatient(part.patient, patient)
            pendingHeads.add(part.patient)
            sections.append(
                SectionSealer.Part(
                    json: json,
                    routing: routing(part.patient, index: index),
                    key: try auditKey(of: part.patient, year: header.time.year)
                )
            )
        }
        let entry = try SectionSealer(random: random).seal(
            header: header,
            headerRouting: routing(GuardState.nobody, index: index),
            headerKey: try auditKey(of: GuardState.nobody, year: header.time.year),
            parts: sections
        )
        let bytes = entry.bytes
        let leaf = try EntryCodec.leafHash(ofStored: bytes)
        batch.entries.append(bytes)
        stagedFrontier.append(leaf) { batch.nodes.append($0) }
        stagedTime = header.time
        return (index, leaf)
    }

    /// Stages a signed checkpoint to be kept with the batch.
    func stageCheckpoint(_ note: String) { batch.checkpoint = note }

    /// The root over everything staged.
    var stagedRoot: MerkleHash { stagedFrontier.root }

    /// Makes everything staged durable, and hashes what the disk gives back.
    func commit() throws {
        guard !isStopped else { throw GuardError.sealed }
        if !batch.entries.isEmpty { setItem(.meta, Self.edgeKey, stagedFrontier.edge) }
        for (item, value) in staged {
            let sealed = try value.map {
                try SealedItem.seal(
                    $0,
                    kind: item.kind,
                    key: item.key,
                    with: ring.state,
                    random: random
                )
            }
            batch.items.append(ItemChange(kind: item.kind, key: item.key, value: sealed))
        }
        do {
            // CRASH: before the flush inside `commit` ends nothing of this batch exists; after it all does.
            try storage.commit(batch)
            try readBack()
        } catch {
            isStopped = true
            throw error
        }
        frontier = stagedFrontier
        lastTime = stagedTime
        pendingHeads.commit()
        staged = [:]
        batch = StorageBatch(firstIndex: frontier.size)
    }

    /// Key of the item that keeps size and root of the log: where it was cut off, they differ.
    static let edgeKey = Array("edge".utf8)

    /// Forgets everything staged, and every cached value.
    func rollBack() {
        stagedFrontier = frontier
        stagedTime = lastTime
        pendingHeads.rollBack()
        staged = [:]
        batch = StorageBatch(firstIndex: frontier.size)
        auditKeys = [:]
        patientKeys = [:]
        shardKeys = [:]
        factsCache = [:]
        patientCache = [:]
        catalogueCache = [:]
        graphCache = [:]
        knownPatientCount = nil
    }

    private func readBack() throws {
        var offset = 0
        let range = batch.firstIndex..<batch.firstIndex + UInt64(batch.entries.count)
        try storage.forEachEntry(in: range) { _, bytes in
            guard try EntryCodec.leafHash(ofStored: bytes) == leafOfStaged(offset) else {
                throw GuardError.readBackMismatch
            }
            offset += 1
            return true
        }
        guard offset == batch.entries.count else { throw GuardError.readBackMismatch }
    }

    private func leafOfStaged(_ offset: Int) throws -> MerkleHash {
        try EntryCodec.leafHash(ofStored: batch.entries[offset])
    }
}

/// Reads subtree hashes from the Guard's storage.
struct StoredHashes: HashReader {
    let storage: any GuardStorage

    func hashes(at positions: [HashPosition]) throws(MerkleLogError) -> [MerkleHash] {
        var found: [MerkleHash] = []
        found.reserveCapacity(positions.count)
        for position in positions {
            guard let hash = try? storage.node(at: position) else { throw .storageFailed }
            found.append(hash)
        }
        return found
    }
}
