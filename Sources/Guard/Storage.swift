public import MerkleLog
internal import VaultCore

/// Which table of the Guard's state an item belongs to; the raw value is on disk and never changes.
public enum ItemKind: UInt8, Sendable, Hashable, CaseIterable {
    /// One-off values: vault id, wrapped signing key, index generation.
    case meta = 1
    /// A principal, by id.
    case principal = 2
    /// A patient's head in the log, counters and segments, by pseudonym.
    case patient = 3
    /// A patient's key, wrapped under its shard key, by pseudonym.
    case patientKey = 4
    /// A shard key, wrapped under the root, by shard number.
    case shardKey = 5
    /// The facts that decide about a patient, by pseudonym.
    case facts = 6
    /// An audit key, wrapped, by pseudonym and year.
    case auditKey = 7
    /// A bucket of the blind index, by field and token.
    case index = 8
    /// What records a patient has (number, version, segment), by pseudonym.
    case catalogue = 9
    /// An intent that is not yet stored or abandoned, by log index.
    case openIntent = 10
    /// Own labels and references of a patient's records, by pseudonym.
    case labelGraph = 16
    /// A breach case, by its id.
    case incident = 11
    /// The name, address and identifiers of a patient, sealed under the audit key, by pseudonym.
    case contact = 12
    /// What a patient can be found by, by pseudonym.
    case searchFields = 15
    /// A key of the ring, wrapped under the root, by name.
    case ring = 14
    /// A registered client, by id.
    case client = 30
    /// A local account with what it is compared with, by principal id.
    case account = 31
    /// Failed attempts at an account and its newest code, by principal id.
    case attempts = 32
    /// The refresh token that is good now of a person's yes to an app, by the yes's id.
    case refresh = 33
    /// A nonce of a signed statement and its time, so that it counts once across restarts, by nonce.
    case nonce = 20
    /// A legal hold or retention freeze, by its id.
    case hold = 13
    /// A tile of the map of heads, by its path.
    case headsTile = 17
    /// A patient's next key, wrapped, while the rows are sealed anew under it, by pseudonym.
    case nextPatientKey = 18
    /// What a subscription was made for, by its id.
    case subscription = 40
    /// How far a subscription is, by its id; at most behind the log, never before it.
    case subscriptionProgress = 41
    /// Something that is closed while a breach is contained, by the hash of its name.
    case seal = 21
}

/// One change of the Guard's state.
public struct ItemChange: Sendable, Hashable {
    /// Which table.
    public let kind: ItemKind
    /// Key inside the table, 0 to 64 bytes.
    public let key: [UInt8]
    /// The new value, or `nil` to delete.
    public let value: [UInt8]?

    /// Describes one change.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: Key inside the table.
    ///   - value: The new value, or `nil` to delete.
    public init(kind: ItemKind, key: [UInt8], value: [UInt8]?) {
        self.kind = kind
        self.key = key
        self.value = value
    }
}

/// Everything that becomes durable together, or not at all.
public struct StorageBatch: Sendable {
    /// Index of the first entry below.
    public var firstIndex: UInt64
    /// Entries as stored, in order.
    public var entries: [[UInt8]]
    /// Subtree hashes completed by them.
    public var nodes: [PlacedHash]
    /// Changes of the state.
    public var items: [ItemChange]
    /// A signed checkpoint over the log before or after these entries.
    public var checkpoint: String?

    /// Collects a batch.
    ///
    /// - Parameters:
    ///   - firstIndex: Index of the first entry.
    ///   - entries: Entries as stored.
    ///   - nodes: Subtree hashes completed by them.
    ///   - items: Changes of the state.
    ///   - checkpoint: A signed checkpoint, where one is due.
    public init(
        firstIndex: UInt64,
        entries: [[UInt8]] = [],
        nodes: [PlacedHash] = [],
        items: [ItemChange] = [],
        checkpoint: String? = nil
    ) {
        self.firstIndex = firstIndex
        self.entries = entries
        self.nodes = nodes
        self.items = items
        self.checkpoint = checkpoint
    }
}

/// Where the Guard keeps its log and state; one file, because a second is a second flush.
///
/// Commits come from one thread at a time; reads may come from others meanwhile, and see each batch whole or
/// not at all. After ``commit(_:)`` returned, its batch survives kill -9 and
/// power loss; after it threw, the caller must not go on (a failed fsync is never retried).
public protocol GuardStorage: Sendable {
    /// Makes a batch durable.
    ///
    /// - Parameter batch: What to keep; its first index must be the present log size.
    /// - Throws: A ``Failure`` of kind `inputOutput`; then nothing of the batch may be relied on.
    func commit(_ batch: StorageBatch) throws

    /// Number of entries in the log.
    ///
    /// - Returns: The size; the next entry gets this index.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func logSize() throws -> UInt64

    /// One entry as stored.
    ///
    /// - Parameter index: Zero-based.
    /// - Returns: Its bytes, or `nil` where the log has no such entry.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func entry(at index: UInt64) throws -> [UInt8]?

    /// Reads entries in order.
    ///
    /// - Parameters:
    ///   - range: Zero-based, clamped to the log.
    ///   - body: Gets index and bytes, valid only during the call; returns whether to go on.
    /// - Throws: What the body throws, or a ``Failure`` of kind `inputOutput`.
    func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws

    /// A stored subtree hash.
    ///
    /// - Parameter position: Of a complete subtree.
    /// - Returns: Its hash, or `nil` where that subtree is not complete.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func node(at position: HashPosition) throws -> MerkleHash?

    /// Stored subtree hashes that follow one another in the order in which a growing tree completes them.
    ///
    /// - Parameter places: By ``HashPosition/storageIndex``.
    /// - Returns: One for each place; `nil` where one is missing, or where the storage can only be asked for
    ///   one at a time.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func hashes(in places: Range<UInt64>) throws -> [MerkleHash]?

    /// The newest stored checkpoint.
    ///
    /// - Returns: A signed note, or `nil` before the first.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func lastCheckpoint() throws -> String?

    /// One item of the state.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: Key inside the table.
    /// - Returns: Its value, or `nil`.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]?

    /// Reads all items of a table in key order.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - body: Gets key and value.
    /// - Throws: What the body throws, or a ``Failure`` of kind `inputOutput`.
    func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws

    /// Reads items of a table in key order, from some key on.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: Where to begin: the items after this key; `nil` for all.
    ///   - body: Gets key and value; `false` ends the reading.
    /// - Throws: What the body throws, or a ``Failure`` of kind `inputOutput`.
    func forEachItem(
        _ kind: ItemKind,
        after key: [UInt8]?,
        _ body: ([UInt8], [UInt8]) throws -> Bool
    ) throws

    /// Number of items of a table.
    ///
    /// - Parameter kind: Which table.
    /// - Returns: At least 0.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func itemCount(_ kind: ItemKind) throws -> Int

    /// Looks for damage of the file itself.
    ///
    /// - Returns: One line a problem; empty where there is none.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func structuralProblems() throws -> [String]

    /// Leaves no older or deleted value anywhere in the file or beside it; an erasure ends with this.
    ///
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func forgetOldValues() throws

    /// Gives back what a bulk write left beside the data; to be called after one.
    ///
    /// - Throws: A ``Failure`` of kind `inputOutput`; nothing is lost then.
    func settle() throws

    /// Copies everything into a new file and takes some tables out of the copy.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist yet.
    ///   - kinds: Tables that are given back and not left in the copy.
    /// - Returns: What was taken out, as it is stored.
    /// - Throws: A ``Failure`` of kind `inputOutput`; a store in memory cannot.
    func exportCopy(to path: String, withholding kinds: [ItemKind]) throws -> [ItemChange]

    /// What is durable now, as it stays while others write: for walks that are too long for the Guard's lock.
    ///
    /// - Returns: A store that only reads; ``close()`` ends it, and nothing else.
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func snapshot() throws -> any GuardStorage

    /// Folds what is pending into the file and closes it.
    ///
    /// - Throws: A ``Failure`` of kind `inputOutput`.
    func close() throws
}

extension GuardStorage {
    /// A store that must be asked for one hash at a time.
    ///
    /// - Parameter places: Not looked at.
    /// - Returns: `nil`.
    /// - Throws: Never.
    public func hashes(in places: Range<UInt64>) throws -> [MerkleHash]? { nil }

    /// Walks over all of them, for stores that cannot begin in the middle.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: Where to begin.
    ///   - body: Gets key and value; `false` ends the reading.
    /// - Throws: What the body throws, or a ``Failure``.
    public func forEachItem(
        _ kind: ItemKind,
        after key: [UInt8]?,
        _ body: ([UInt8], [UInt8]) throws -> Bool
    ) throws {
        var goesOn = true
        try forEachItem(kind) { name, value in
            guard goesOn, key.map({ $0.lexicographicallyPrecedes(name) }) ?? true else { return }
            goesOn = try body(name, value)
        }
    }

    /// Nothing to give back.
    ///
    /// - Throws: Never.
    public func settle() throws {}

    /// A store without snapshots is read as it is; whoever uses one lets nobody write meanwhile.
    ///
    /// - Returns: Itself.
    /// - Throws: Never.
    public func snapshot() throws -> any GuardStorage { self }

    /// A store that cannot be copied says so.
    ///
    /// - Parameters:
    ///   - path: Where to.
    ///   - kinds: Tables to take out.
    /// - Returns: Never.
    /// - Throws: ``GuardError/invalid(field:)``.
    public func exportCopy(
        to path: String,
        withholding kinds: [ItemKind]
    ) throws -> [ItemChange] {
        throw GuardError.invalid(field: "storage")
    }
}
