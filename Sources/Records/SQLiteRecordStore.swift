internal import GRDB
internal import Synchronization
public import VaultCore

/// A ``RecordStore`` in one SQLite file.
///
/// One writer, a few readers, WAL, `synchronous=FULL`. A lock file beside the store keeps a second
/// process out.
///
/// Sources: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html.
public final class SQLiteRecordStore: RecordStore {
    /// What may be set from outside.
    public struct Options: Sendable {
        /// How long to wait for a reader before ``RecordsError/busy``.
        public var busyTimeout: Duration = .seconds(5)
        /// Reads that may run at once; more wait.
        public var readerCount = 4

        /// The shipped settings.
        public init() {}
    }

    /// Whether a file is made or must be there.
    public enum Mode: Sendable {
        /// Makes the file; refuses one that exists.
        case create
        /// Opens the file; refuses where there is none, because an empty store would look healthy.
        case open
    }

    private enum Phase {
        case open
        /// A commit failed half-way: after a failed flush the kernel may have dropped the pages, so
        /// trying again could report success for bytes that are not on disk.
        case stopped
        case closed
    }

    let readers: ReaderPool
    private let writer: DatabaseQueue
    private let path: String
    private let lock: Mutex<StoreLock?>
    private let phase = Mutex(Phase.open)

    /// Opens or makes a store.
    ///
    /// - Parameters:
    ///   - path: The file; `-wal`, `-shm` and `.lock` are kept beside it.
    ///   - vault: The vault it belongs to.
    ///   - mode: Whether the file is made or must be there.
    ///   - options: Timeout and number of readers.
    /// - Throws: ``RecordsError``: `inUse`, `missing`, `alreadyExists`, `notWritable`, `diskFull`,
    ///   `notARecordStore`, `anotherVault`, `unsupportedSchema`, `damaged`, `storageFailed`.
    public init(
        path: String,
        vault: VaultID,
        mode: Mode,
        options: Options = Options()
    ) throws(RecordsError) {
        self.path = path
        if mode == .open, !Files.exists(path) { throw .missing }
        lock = Mutex(try StoreLock(path: path + ".lock"))
        switch mode {
        case .create:
            try Files.createPrivately(path)
        case .open:
            // SQLite would open it read-only and fail at the first write.
            guard Files.isWritable(path), Files.isWritable(Files.folder(of: path)) else {
                throw .notWritable
            }
        }
        do {
            writer = try Connections.writer(path: path, options: options)
            readers = ReaderPool(path: path, options: options)
            try writer.writeWithoutTransaction { database in
                if mode == .create { try Schema.create(in: database, vault: vault) }
                try Schema.prepare(database, vault: vault)
                try Connections.makeDurable(database)
            }
            // The new names are part of what must survive a power loss.
            if mode == .create { try Files.synchronize(Files.folder(of: path)) }
        } catch {
            throw RecordsError(error)
        }
    }

    deinit {
        try? close()
    }

    /// Runs one transaction; when it returns, everything written is on disk.
    ///
    /// - Parameter body: Writes through the writer it gets, which ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or ``RecordsError``.
    @discardableResult
    public func write<Result>(_ body: (any RecordWriter) throws -> Result) throws -> Result {
        switch phase.withLock({ $0 }) {
        case .open: break
        case .stopped: throw RecordsError.stopped
        case .closed: throw RecordsError.closed
        }
        return try writer.unsafeReentrantWrite { database in
            precondition(database.isIdle, "write inside write")
            try RawStatement(database, "BEGIN IMMEDIATE").run()
            let recordWriter = SQLiteRecordWriter(database)
            let result: Result
            do {
                result = try body(recordWriter)
                try recordWriter.finish()
            } catch {
                recordWriter.end()
                rollBack(database)
                throw error
            }
            do throws(RecordsError) {
                try RawStatement(database, "COMMIT").run()
            } catch {
                rollBack(database)
                if case .storageFailed = error { phase.withLock { $0 = .stopped } }
                throw error
            }
            return result
        }
    }

    /// CRASH: an open transaction is not in the file for the next opener; nothing has to be undone.
    private func rollBack(_ database: Database) {
        // SQLite may have rolled back by itself, when the disk is full for one.
        guard !database.isIdle else { return }
        do {
            try RawStatement(database, "ROLLBACK").run()
        } catch {
            phase.withLock { $0 = .stopped }
        }
    }

    /// Deletes all rows of a patient and overwrites their bytes, in the log file too.
    ///
    /// - Parameter patient: Whose.
    /// - Returns: How many versions were deleted.
    /// - Throws: ``RecordsError``.
    @discardableResult
    public func erase(_ patient: PatientPseudonym) throws -> Int {
        let count = try write { try $0.erase(patient) }
        _ = try emptyLog()
        return count
    }

    /// Rewrites the file without its free pages; needs as much room again while it runs.
    ///
    /// - Throws: ``RecordsError``.
    public func compact() throws {
        try administer { try RawStatement($0, "VACUUM").run() }
        _ = try emptyLog()
    }

    /// Copies the last committed state into a new file, while reads and writes go on.
    ///
    /// - Parameter path: A file that does not exist yet; complete and on disk when this returns.
    /// - Throws: ``RecordsError/alreadyExists``, or another ``RecordsError`` and no file.
    public func backup(to path: String) throws {
        try Files.createPrivately(path)
        do {
            try readers.with { reader in
                let copy = try DatabaseQueue(path: path)
                try reader.backup(to: copy)
                try copy.close()
            }
            try Files.synchronize(path)
            try Files.synchronize(Files.folder(of: path))
        } catch {
            Files.remove(path)
            throw RecordsError(error)
        }
    }

    /// Ends all use; waits for reads in progress and leaves one file without a log beside it.
    ///
    /// - Throws: ``RecordsError``; the store is closed all the same.
    public func close() throws {
        let wasClosed = phase.withLock { phase in
            defer { phase = .closed }
            return phase == .closed
        }
        guard !wasClosed else { return }
        defer { lock.withLock { $0 = nil } }
        do {
            // The writer last: a read-only connection cannot empty and delete the log.
            try readers.close()
            _ = try emptyLog()
            try writer.close()
        } catch {
            throw RecordsError(error)
        }
    }

    /// Folds the write-ahead log into the file once it weighs more than an eighth of it.
    ///
    /// After a bulk write: the log keeps a second copy of every page until then. Folding as the file grows
    /// costs a constant share of the writing.
    ///
    /// - Throws: ``RecordsError``; nothing is lost then, the log is folded in later.
    public func settle() throws {
        let limit = max(Connections.settledLogByteCount, Files.byteCount(path) / 8)
        if Files.byteCount(path + "-wal") > limit { _ = try emptyLog() }
    }

    /// Moves the log into the file and cuts it to nothing: it keeps old bytes until then.
    private func emptyLog() throws -> Bool {
        try administer { database in
            let statement = try RawStatement(database, "PRAGMA wal_checkpoint(TRUNCATE)")
            defer { statement.reset() }
            return try statement.step() && statement.integer(0) == 0
        }
    }

    /// A setting of the writing connection, as SQLite reports it.
    func setting(_ name: String) throws -> Int64 {
        try administer { try Schema.pragma(name, $0) }
    }

    private func administer<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do {
            return try writer.unsafeReentrantWrite(body)
        } catch {
            throw RecordsError(error)
        }
    }
}
