internal import GRDB
public import Guard
public import MerkleLog
internal import Synchronization

/// The Guard's log and state in one SQLite file.
///
/// WAL with `synchronous=FULL`: a commit is one write and one fdatasync of the WAL. The mode is set after
/// GRDB has opened the file, because GRDB sets NORMAL while opening.
public final class SQLiteGuardStorage: GuardStorage {
    /// None for a snapshot.
    private let writer: DatabaseQueue?
    /// A connection of its own, so that looking things up does not wait for a flush, and so that what is
    /// read back comes from the file and not from the writer's cache.
    private let reader: DatabaseQueue
    private let lock: FolderLock?
    /// Whose snapshot this is.
    private let owner: SQLiteGuardStorage?
    /// Snapshots that are open, and whether one of them holds up that old values are forgotten.
    private let snapshots = Mutex((open: 0, isForgettingDue: false))

    /// Opens or creates the file.
    ///
    /// - Parameters:
    ///   - path: The database file, inside the vault's folder.
    ///   - creating: Whether a missing file is made; otherwise it is an error.
    /// - Throws: ``StorageFailure``.
    public init(path: String, creating: Bool) throws {
        owner = nil
        lock = try FolderLock(path: path + ".lock")
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            // Erased keys must not lie on in free pages: whoever holds the root could unwrap them there.
            try db.execute(
                sql: """
                    PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
                    PRAGMA secure_delete = ON
                    """
            )
        }
        do {
            let writer = try DatabaseQueue(path: path, configuration: configuration)
            self.writer = writer
            try writer.inDatabase { db in try Self.prepare(db, creating: creating) }
            try Schema.migrator.migrate(writer)
            // CRASH: a schema step that was cut off is rolled back by SQLite and run again here.
            try writer.inDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
                // What a crash left in the WAL may be older than an erasure. On a full disk it stays there:
                // the vault must still open.
                try? db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            reader = try Self.reader(of: path)
        } catch { throw Self.failure(error) }
    }

    private static func reader(of path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        // A snapshot is a transaction that stays open.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// What is durable now, on a connection of its own; writers go on, and the WAL grows until it is closed.
    ///
    /// - Returns: A store that only reads.
    /// - Throws: ``StorageFailure``.
    public func snapshot() throws -> any GuardStorage {
        let snapshot = try SQLiteGuardStorage(snapshotOf: self)
        snapshots.withLock { $0.open += 1 }
        return snapshot
    }

    private init(snapshotOf owner: SQLiteGuardStorage) throws {
        (writer, lock) = (nil, nil)
        self.owner = owner
        do {
            reader = try Self.reader(of: owner.reader.path)
            try reader.inDatabase { db in
                // A transaction sees what there is at its first read.
                try db.execute(sql: "BEGIN")
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM checkpoint")
            }
        } catch { throw Self.failure(error) }
    }

    private static func prepare(_ db: Database, creating: Bool) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if id == Schema.applicationID { return }
        guard creating, id == 0, tables == 0 else { throw StorageFailure.notAStore }
        try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
    }

    /// What SQLite answers for a pragma; for the test that durability is really on.
    ///
    /// - Parameter name: Such as `synchronous`.
    /// - Returns: The value as text.
    /// - Throws: ``StorageFailure``.
    package func pragma(_ name: String) throws -> String? {
        try write { db in try String.fetchOne(db, sql: "PRAGMA \(name)") }
    }

    /// Makes a batch durable in one transaction.
    ///
    /// - Parameter batch: What to keep; its first index must be the present log size.
    /// - Throws: ``StorageFailure``.
    public func commit(_ batch: StorageBatch) throws {
        try write { db in
            // Kept statements: to parse each anew cost a tenth of a small commit.
            try Prepared(db, "BEGIN IMMEDIATE").run()
            do {
                try BatchWriter(db: db).write(batch)
                try Prepared(db, "COMMIT").run()
            } catch {
                try? Prepared(db, "ROLLBACK").run()
                throw error
            }
        }
    }

    /// Number of entries in the log.
    ///
    /// - Returns: The size.
    /// - Throws: ``StorageFailure``.
    public func logSize() throws -> UInt64 {
        try access { db in
            let last = try Int64.fetchOne(db, sql: "SELECT max(idx) FROM entries")
            return last.map { UInt64($0) + 1 } ?? 0
        }
    }

    /// One entry as stored.
    ///
    /// - Parameter index: Zero-based.
    /// - Returns: Its bytes, or `nil`.
    /// - Throws: ``StorageFailure``.
    public func entry(at index: UInt64) throws -> [UInt8]? {
        guard let row = Int64(exactly: index) else { return nil }
        return try access { db in
            let statement = try Prepared(db, "SELECT bytes FROM entries WHERE idx = ?")
            statement.bind(1, row)
            return try statement.step() ? statement.blob(0) : nil
        }
    }

    /// Reads entries in order.
    ///
    /// - Parameters:
    ///   - range: Zero-based.
    ///   - body: Gets index and bytes; returns whether to go on.
    /// - Throws: What the body throws, or ``StorageFailure``.
    public func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        guard !range.isEmpty else { return }
        let last = Int64(clamping: range.upperBound - 1)
        try access { db in
            let statement = try Prepared(
                db,
                "SELECT idx, bytes FROM entries WHERE idx BETWEEN ? AND ? ORDER BY idx"
            )
            statement.bind(1, Int64(clamping: range.lowerBound))
            statement.bind(2, last)
            while try statement.step() {
                let index = UInt64(bitPattern: statement.integer(0))
                if try !statement.withBlob(1, { try body(index, $0) }) { return }
            }
        }
    }

    /// A stored subtree hash.
    ///
    /// - Parameter position: Of a complete subtree.
    /// - Returns: Its hash, or `nil`.
    /// - Throws: ``StorageFailure``.
    public func node(at position: HashPosition) throws -> MerkleHash? {
        try access { db in
            let statement = try Prepared(db, "SELECT hash FROM nodes WHERE idx = ?")
            statement.bind(1, Int64(clamping: position.storageIndex))
            return try statement.step() ? MerkleHash(statement.blob(0)) : nil
        }
    }

    /// Stored subtree hashes that follow one another.
    ///
    /// - Parameter places: In the order in which a growing tree completes its subtrees.
    /// - Returns: One for each place; `nil` where one is missing.
    /// - Throws: ``StorageFailure``.
    public func hashes(in places: Range<UInt64>) throws -> [MerkleHash]? {
        guard !places.isEmpty else { return [] }
        return try access { db in
            let statement = try Prepared(
                db,
                "SELECT idx, hash FROM nodes WHERE idx BETWEEN ? AND ? ORDER BY idx"
            )
            statement.bind(1, Int64(clamping: places.lowerBound))
            statement.bind(2, Int64(clamping: places.upperBound - 1))
            var found: [MerkleHash] = []
            found.reserveCapacity(places.count)
            while try statement.step() {
                guard
                    statement.integer(0) == Int64(clamping: places.lowerBound) + Int64(found.count),
                    let hash = statement.withBlob(1, { MerkleHash($0) })
                else { return nil }
                found.append(hash)
            }
            return found.count == places.count ? found : nil
        }
    }

    /// The newest stored checkpoint.
    ///
    /// - Returns: A signed note, or `nil`.
    /// - Throws: ``StorageFailure``.
    public func lastCheckpoint() throws -> String? {
        try access { db in try String.fetchOne(db, sql: "SELECT note FROM checkpoint") }
    }

    /// One item of the state.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: Key inside the table.
    /// - Returns: Its value, or `nil`.
    /// - Throws: ``StorageFailure``.
    public func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? {
        try access { db in
            let statement = try Prepared(db, "SELECT value FROM items WHERE kind = ? AND key = ?")
            statement.bind(1, Int64(kind.rawValue))
            statement.bind(2, key)
            return try statement.step() ? statement.blob(0) : nil
        }
    }

    /// Reads all items of a table in key order.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - body: Gets key and value.
    /// - Throws: What the body throws, or ``StorageFailure``.
    public func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        try access { db in
            let statement = try Prepared(
                db,
                "SELECT key, value FROM items WHERE kind = ? ORDER BY key"
            )
            statement.bind(1, Int64(kind.rawValue))
            while try statement.step() { try body(statement.blob(0), statement.blob(1)) }
        }
    }

    /// Reads items of a table in key order, from some key on.
    ///
    /// - Parameters:
    ///   - kind: Which table.
    ///   - key: The items after this key; `nil` for all.
    ///   - body: Gets key and value; `false` ends the reading.
    /// - Throws: What the body throws, or a ``StorageFailure``.
    public func forEachItem(
        _ kind: ItemKind,
        after key: [UInt8]?,
        _ body: ([UInt8], [UInt8]) throws -> Bool
    ) throws {
        try access { db in
            // A key may be empty, so nothing stands before all of them.
            let place = key == nil ? "" : "AND key > ?2 "
            let statement = try Prepared(
                db,
                "SELECT key, value FROM items WHERE kind = ?1 \(place)ORDER BY key"
            )
            statement.bind(1, Int64(kind.rawValue))
            if let key { statement.bind(2, key) }
            while try statement.step() {
                guard try body(statement.blob(0), statement.blob(1)) else { return }
            }
        }
    }

    /// Number of items of a table.
    ///
    /// - Parameter kind: Which table.
    /// - Returns: At least 0.
    /// - Throws: ``StorageFailure``.
    public func itemCount(_ kind: ItemKind) throws -> Int {
        try access { db in
            let statement = try Prepared(db, "SELECT count(*) FROM items WHERE kind = ?")
            statement.bind(1, Int64(kind.rawValue))
            return try statement.step() ? Int(statement.integer(0)) : 0
        }
    }

    /// Looks for damage of the file itself.
    ///
    /// - Returns: One line a problem, from SQLite's own check; it names pages, never contents.
    /// - Throws: ``StorageFailure``.
    public func structuralProblems() throws -> [String] {
        try access { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        }
    }

    /// Folds the WAL into the file and cuts it to nothing, so that no older value is left in it.
    ///
    /// While a snapshot is open, which still reads the WAL, nobody waits: it is done when the last one ends.
    /// CRASH in between: the next opening does it.
    ///
    /// - Throws: ``StorageFailure``.
    public func forgetOldValues() throws {
        let isHeldUp = snapshots.withLock { snapshots in
            snapshots.isForgettingDue = snapshots.open > 0
            return snapshots.isForgettingDue
        }
        if isHeldUp { return }
        try write { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Folds the WAL into the file once it weighs more than an eighth of it.
    ///
    /// - Throws: ``StorageFailure``; nothing is lost then, the WAL is folded in later.
    public func settle() throws {
        let path = reader.path
        let limit = max(256 << 10, FileSize.bytes(path) / 8)
        if FileSize.bytes(path + "-wal") > limit { try forgetOldValues() }
    }

    /// Folds the WAL into the file and closes it.
    ///
    /// - Throws: ``StorageFailure``.
    public func close() throws {
        do {
            try reader.close()
            guard let writer else {
                owner?.snapshotEnded()
                return
            }
            try writer.inDatabase { db in
                // A reader elsewhere may hold the WAL; then it stays, and is folded in at the next close.
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try writer.close()
        } catch { throw Self.failure(error) }
        lock?.release()
    }

    private func snapshotEnded() {
        let isDue = snapshots.withLock { snapshots in
            snapshots.open -= 1
            return snapshots.open == 0 && snapshots.isForgettingDue
        }
        // Where it fails, as after the vault was closed meanwhile, the next opening does it.
        if isDue { try? forgetOldValues() }
    }

    /// Copies the last committed state into a new, compact file.
    func vacuum(into path: String) throws {
        try write { db in try db.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    }

    private func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        guard let writer else { throw StorageFailure.readOnly }
        do { return try writer.inDatabase(body) } catch { throw Self.failure(error) }
    }

    private func access<Value>(_ body: (Database) throws -> Value) throws -> Value {
        // A walk over entries or items may look other items up on the way.
        do { return try reader.unsafeReentrantRead(body) } catch { throw Self.failure(error) }
    }

    /// One translation for everything SQLite can say, so that no bound value ever reaches a message.
    static func failure(_ error: any Error) -> any Error {
        guard let database = error as? DatabaseError else { return error }
        return switch database.resultCode {
        case .SQLITE_FULL: StorageFailure.diskFull
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: StorageFailure.readOnly
        case .SQLITE_BUSY, .SQLITE_LOCKED: StorageFailure.inUse
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: StorageFailure.notAStore
        default: StorageFailure.failed(code: database.extendedResultCode.rawValue)
        }
    }
}
