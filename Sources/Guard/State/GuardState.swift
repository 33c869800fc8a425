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
    let ring: KeyRing
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

    /// Read-through caches; only committed values live in them.
    private var auditKeys: [ItemKey: SectionKey] = [:]
    private var patientKeys: [PatientPseudonym: PatientKeys] = [:]
    private var shardKeys: [UInt32: SecretKey] = [:]
    var factsCache: [PatientPseudonym: CachedFacts] = [:]

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
    }

    /// All stored items of a table, opened; staged changes are not seen.
    func forEachStoredItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        try storage.forEachItem(kind) { key, sealed in
            try body(key, try SealedItem.open(sealed, kind: kind, key: key, with: ring.state))
        }
    }

    /// A patient's state, or `nil` for a patient this vault has never seen.
    func patient(_ pseudonym: PatientPseudonym) throws -> PatientState? {
        try item(.patient, pseudonym.bytes).map { try PatientState(decoding: $0) }
    }

    func setPatient(_ pseudonym: PatientPseudonym, _ state: PatientState) {
        setItem(.patient, pseudonym.bytes, state.encoded())
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
        staged = [:]
        batch = StorageBatch(firstIndex: frontier.size)
    }

    /// Key of the item that keeps size and root of the log: where it was cut off, they differ.
    static let edgeKey = Array("edge".utf8)

    /// Forgets everything staged, and every cached value.
    func rollBack() {
        stagedFrontier = frontier
        stagedTime = lastTime
        staged = [:]
        batch = StorageBatch(firstIndex: frontier.size)
        auditKeys = [:]
        patientKeys = [:]
        shardKeys = [:]
        factsCache = [:]
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

    // MARK: Keys

    /// Stands for no patient: the header's place in routing and audit keys.
    static let nobody: PatientPseudonym = {
        guard let nobody = PatientPseudonym(bytes: [UInt8](repeating: 0, count: 16)) else {
            preconditionFailure("a pseudonym is 16 bytes")
        }
        return nobody
    }()

    /// A pseudonym masked for one entry, so that the file does not show which entries share a patient.
    func routing(_ patient: PatientPseudonym, index: UInt64) -> RoutingTag {
        let mask = ring.routing.tag16(label: "routing", parts: [bigEndian(index)])
        guard let tag = RoutingTag(bytes: zip(patient.bytes, mask).map { $0 ^ $1 }) else {
            preconditionFailure("a routing tag is 16 bytes")
        }
        return tag
    }

    /// The audit key of a patient and year, made at first use.
    func auditKey(of patient: PatientPseudonym, year: Int) throws -> SectionKey {
        let key = patient.bytes + bigEndian(UInt64(year)).suffix(2)
        let id = ItemKey(kind: .auditKey, key: key)
        if let cached = auditKeys[id] { return cached }
        let secret: SecretKey
        if let wrapped = try item(.auditKey, key) {
            secret = try KeyWrap.unwrap(wrapped, under: ring.auditWrapping, context: key)
        } else {
            secret = try SecretKey.random(from: random)
            setItem(
                .auditKey,
                key,
                try KeyWrap.wrap(
                    secret,
                    under: ring.auditWrapping,
                    context: key,
                    random: random
                )
            )
        }
        guard let section = secret.withBytes({ SectionKey($0) }) else {
            throw GuardError.damagedState
        }
        auditKeys[id] = section
        return section
    }

    /// The audit key of a patient and year, where there is one.
    func existingAuditKey(of patient: PatientPseudonym, year: Int) throws -> SectionKey? {
        let key = patient.bytes + bigEndian(UInt64(year)).suffix(2)
        guard
            try auditKeys[ItemKey(kind: .auditKey, key: key)] != nil || item(.auditKey, key) != nil
        else { return nil }
        return try auditKey(of: patient, year: year)
    }

    /// The key of a shard, kept as its generation in four bytes and then the wrapped key.
    func shardKey(_ shard: UInt32) throws -> SecretKey {
        if let cached = shardKeys[shard] { return cached }
        guard let kept = try item(.shardKey, bigEndian(UInt64(shard))), kept.count > 4 else {
            throw GuardError.damagedState
        }
        let secret = try KeyWrap.unwrap(
            Array(kept[4...]),
            under: ring.shardWrapping,
            context: KeyHierarchy.shardContext(
                vault: vault,
                shard: shard,
                generation: UInt32(
                    truncatingIfNeeded: UInt64(bigEndianBytes: [0, 0, 0, 0] + kept[..<4])
                )
            )
        )
        shardKeys[shard] = secret
        return secret
    }

    /// Replaces a shard's key; the caller wraps the shard's patients anew in the same commit.
    func renewShardKey(_ shard: UInt32) throws {
        let kept = try item(.shardKey, bigEndian(UInt64(shard))) ?? [0, 0, 0, 0]
        let generation = UInt32(
            truncatingIfNeeded: UInt64(bigEndianBytes: [0, 0, 0, 0] + kept[..<4])
        )
        _ = try makeShardKey(shard, generation: generation + 1)
    }

    private func makeShardKey(_ shard: UInt32, generation: UInt32) throws -> SecretKey {
        let secret = try SecretKey.random(from: random)
        let wrapped = try KeyWrap.wrap(
            secret,
            under: ring.shardWrapping,
            context: KeyHierarchy.shardContext(vault: vault, shard: shard, generation: generation),
            random: random
        )
        setItem(
            .shardKey,
            bigEndian(UInt64(shard)),
            bigEndian(UInt64(generation)).suffix(4) + wrapped
        )
        shardKeys[shard] = secret
        return secret
    }

    /// The key of a patient; an erased patient has none.
    func patientKeys(
        _ pseudonym: PatientPseudonym,
        _ state: PatientState
    ) throws -> PatientKeys {
        if let cached = patientKeys[pseudonym] { return cached }
        guard state.erasedAt == nil else { throw GuardError.erased }
        guard let wrapped = try item(.patientKey, pseudonym.bytes) else {
            throw GuardError.damagedState
        }
        let keys = try PatientKeys(
            try KeyWrap.unwrap(
                wrapped,
                under: try shardKey(state.shard),
                context: KeyHierarchy.patientContext(
                    vault: vault,
                    patient: pseudonym,
                    generation: state.keyGeneration
                )
            )
        )
        if patientKeys.count >= Self.cacheLimit { patientKeys = [:] }
        patientKeys[pseudonym] = keys
        return keys
    }

    /// Makes a key for a new patient and stages it, wrapped.
    ///
    /// - Returns: SHA-256 over the wrapped key (as a Merkle leaf), for the entry that announces it.
    func makePatientKey(
        _ pseudonym: PatientPseudonym,
        shard: UInt32,
        generation: UInt32
    ) throws -> MerkleHash {
        let secret = try SecretKey.random(from: random)
        if try item(.shardKey, bigEndian(UInt64(shard))) == nil {
            _ = try makeShardKey(shard, generation: 0)
        }
        patientKeys[pseudonym] = try PatientKeys(secret)
        return try wrapPatientKey(secret, pseudonym, shard: shard, generation: generation)
    }

    /// Wraps a patient's key under its shard's present key and stages it.
    ///
    /// - Returns: Hash of the wrapped key, for the entry that announces it.
    func wrapPatientKey(
        _ key: SecretKey,
        _ pseudonym: PatientPseudonym,
        shard: UInt32,
        generation: UInt32
    ) throws -> MerkleHash {
        let wrapped = try KeyWrap.wrap(
            key,
            under: try shardKey(shard),
            context: KeyHierarchy.patientContext(
                vault: vault,
                patient: pseudonym,
                generation: generation
            ),
            random: random
        )
        setItem(.patientKey, pseudonym.bytes, wrapped)
        return TreeHasher.leafHash(wrapped)
    }

    /// Forgets a patient's key in memory; what is stored is the caller's to delete.
    func forgetPatientKey(_ pseudonym: PatientPseudonym) { patientKeys[pseudonym] = nil }

    /// Forgets all shard keys in memory, after they were rewrapped.
    func forgetShardKeys() { shardKeys = [:] }
}

extension CompactRange {
    /// Size and root: size(8) || root(32).
    var edge: [UInt8] { bigEndian(size) + root.bytes }
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
