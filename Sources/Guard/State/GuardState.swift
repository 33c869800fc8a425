internal import MerkleLog
internal import Sealing
internal import VaultCore

/// The Guard's working state behind its lock: staged changes, the log's edge, and what is cached.
///
/// One use case stages entries and items and then commits them together: from then on the next use case
/// sees them, and ``GroupCommit`` brings them to the disk. Whoever has seen them must wait for that before
/// it answers anybody (``GuardCore/exclusively(_:)``). What was staged and not committed is dropped by
/// ``rollBack()``; after a failed flush the Guard stops, because what it left on the disk is unknown.
final class GuardState {
    private let disk: any GuardStorage
    private let group: GroupCommit
    private(set) var ring: KeyRing
    let vault: VaultID
    /// The log's name; it changes where the log goes on after a loss.
    private(set) var origin: String
    let random: any RandomSource
    let clock: any TimeSource

    private var isSealed = false
    /// Set after a failed commit or a seal; then every call is refused.
    var isStopped: Bool { isSealed || group.hasFailed }
    /// Committed edge of the log.
    private(set) var frontier: CompactRange
    private(set) var lastTime: Instant
    private var stagedFrontier: CompactRange
    private var stagedTime: Instant
    private var batch: StagedBatch
    /// Patients whose head moved since the last `heads` entry.
    var pendingHeads = PendingHeads()
    /// Committed, perhaps not yet on the disk, each with the number of its batch.
    private var pending: [ItemKey: (number: UInt64, value: [UInt8]?)] = [:]
    private var pendingKeys: [(number: UInt64, keys: [ItemKey])] = []
    /// Number of the newest committed batch; everything that was ever seen here is in it or before it.
    private(set) var newest: UInt64 = 0

    /// Read-through caches; only committed values live in them.
    var auditKeys: [ItemKey: SectionKey] = [:]
    var patientKeys: [PatientPseudonym: PatientKeys] = [:]
    var shardKeys: [UInt32: SecretKey] = [:]
    var factsCache: [PatientPseudonym: CachedFacts] = [:]
    var tagIndex: RecordTagIndex?
    /// Times of committed entries; they never change.
    var entryTimes: [UInt64: Instant] = [:]
    private var patientCache: [PatientPseudonym: PatientState?] = [:]
    var catalogueCache: [PatientPseudonym: Catalogue] = [:]
    var graphCache: [PatientPseudonym: LabelNodes] = [:]
    /// Patients, those of the present batch included; counted once.
    var knownPatientCount: Int?
    /// Principals by their key; each answer asks who it is for.
    var principalCache: [[UInt8]: Principal] = [:]
    /// Everything that is closed; `nil` where it must be read anew.
    var sealCache: [AccessSeal]?
    /// Ids of all subscriptions, asked for each second and mostly none; `nil` where they must be read anew.
    var subscriptionIDs: [FHIRID]?

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
        disk = storage
        group = GroupCommit(storage: storage, stateKey: ring.state, random: random)
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
        batch = StagedBatch(firstIndex: size)
        self.origin = try lostTails().last?.origin ?? origin
    }

    /// Index that the next staged entry gets.
    var nextIndex: UInt64 { stagedFrontier.size }

    /// The storage with everything committed on the disk: waits for what is under way.
    var storage: any GuardStorage {
        get throws {
            try settle()
            return disk
        }
    }

    /// Waits until everything committed is on the disk.
    func settle() throws { try group.wait(for: newest) }

    /// Waits, without the Guard's lock, until a committed batch and all before it are on the disk.
    var waiting: GroupCommit { group }

    // MARK: Items

    /// One item of the state, staged, committed or stored, opened.
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? {
        let place = ItemKey(kind: kind, key: key)
        if let change = batch.items[place] { return change }
        if let change = pending[place] { return change.value }
        guard let sealed = try disk.item(kind, key) else { return nil }
        return try ring.open(sealed, kind: kind, key: key)
    }

    /// Stages a value, or a deletion.
    func setItem(_ kind: ItemKind, _ key: [UInt8], _ value: [UInt8]?) {
        batch.items[ItemKey(kind: kind, key: key)] = .some(value)
        switch kind {
        case .patient: PatientPseudonym(bytes: key).map { _ = patientCache.removeValue(forKey: $0) }
        case .labelGraph: PatientPseudonym(bytes: key).map { graphCache[$0] = nil }
        case .catalogue:
            PatientPseudonym(bytes: key).map { catalogueCache[$0] = nil }
            tagIndex = nil
        case .seal: sealCache = nil
        case .subscription: subscriptionIDs = nil
        case .principal: principalCache[key] = nil
        default: break
        }
    }

    /// Stages an item that is kept as it is, under no key of the state.
    func setUnsealed(_ change: ItemChange) { batch.unsealed.append(change) }

    /// Goes on under the name that was just committed.
    func rename(_ next: String) { origin = next }

    /// Goes on with the ring that was just committed.
    func replaceRing(_ next: KeyRing) {
        ring = next
        // The new ring is on the disk: what is sealed from now on can be opened after a crash.
        group.seal(under: next.state)
    }

    /// All stored items of a table, opened; staged changes are not seen.
    func forEachStoredItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        try storage.forEachItem(kind) { key, sealed in
            try body(key, try ring.open(sealed, kind: kind, key: key))
        }
    }

    /// Keys of the next stored items of a table; what is not on the disk yet is not seen, and not waited for.
    func storedKeys(
        _ kind: ItemKind,
        after key: [UInt8]?,
        count: Int
    ) throws -> [[UInt8]] {
        var keys: [[UInt8]] = []
        try disk.forEachItem(kind, after: key) { key, _ in
            keys.append(key)
            return keys.count < count
        }
        return keys
    }

    /// A patient's state, or `nil` for a patient this vault has never seen.
    func patient(_ pseudonym: PatientPseudonym) throws -> PatientState? {
        if let cached = patientCache[pseudonym] { return cached }
        // That there is nobody is remembered like a patient: asking takes as long for both.
        let patient = try item(.patient, pseudonym.bytes).map { try PatientState(decoding: $0) }
        if patientCache.count >= Self.cacheLimit { patientCache = [:] }
        patientCache[pseudonym] = .some(patient)
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
        batch.entries.append(entry.bytes)
        batch.leaves.append(entry.leaf)
        stagedFrontier.append(entry.leaf) { batch.nodes.append($0) }
        stagedTime = header.time
        return (index, entry.leaf)
    }

    /// Stages a signed checkpoint to be kept with the batch.
    func stageCheckpoint(_ note: String) { batch.checkpoint = note }

    /// The root over everything staged.
    var stagedRoot: MerkleHash { stagedFrontier.root }

    /// Hands everything staged over to the disk; from now on later use cases see it.
    func commit() throws {
        guard !isStopped else { throw GuardError.sealed }
        if !batch.entries.isEmpty { batch.edge = stagedFrontier }
        guard !batch.isEmpty else { return }
        newest = try group.stage(batch)
        for (item, value) in batch.items { pending[item] = (newest, value) }
        pendingKeys.append((newest, Array(batch.items.keys)))
        frontier = stagedFrontier
        lastTime = stagedTime
        pendingHeads.commit()
        batch = StagedBatch(firstIndex: frontier.size)
        forgetFlushed()
    }

    /// Commits, and waits until it is on the disk.
    func commitNow() throws {
        try commit()
        try settle()
    }

    /// Lets go of committed values that the disk gives back by now.
    private func forgetFlushed() {
        let durable = group.durable
        guard let first = pendingKeys.first, first.number <= durable else { return }
        let count = pendingKeys.prefix { $0.number <= durable }.count
        for (number, keys) in pendingKeys.prefix(count) {
            for key in keys where pending[key]?.number == number { pending[key] = nil }
        }
        pendingKeys.removeFirst(count)
    }

    /// Key of the item that keeps size and root of the log: where it was cut off, they differ.
    static let edgeItem = ItemKey(kind: .meta, key: Array("edge".utf8))

    /// Forgets everything staged, and the cached values that may have come from it.
    func rollBack() {
        guard !batch.isEmpty else { return }
        stagedFrontier = frontier
        stagedTime = lastTime
        pendingHeads.rollBack()
        batch = StagedBatch(firstIndex: frontier.size)
        forgetCaches()
    }

    /// Forgets every cached value: what counts is what the disk gives back.
    func forgetCaches() {
        auditKeys = [:]
        patientKeys = [:]
        shardKeys = [:]
        factsCache = [:]
        patientCache = [:]
        catalogueCache = [:]
        graphCache = [:]
        principalCache = [:]
        subscriptionIDs = nil
        knownPatientCount = nil
        tagIndex = nil
    }

    /// Refuses every later call; what the disk holds and memory does not is for the next start.
    func stop() {
        rollBack()
        forgetCaches()
        isSealed = true
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
