internal import Dispatch
internal import GRDB
internal import Synchronization

/// How connections are set up; the figures behind the numbers are in the room's commit.
enum Connections {
    /// Rows of 350 to 600 bytes: 17 % less room beside the blobs than 4,096, bulk writes 15 % faster,
    /// single reads and commits equal within noise; 16,384 made single commits slower.
    static let pageByteCount = 8_192
    static let writerCacheKiB = 16_384
    static let readerCacheKiB = 4_096
    /// Pages in the log before SQLite moves them into the file: 16 MiB.
    static let checkpointPageCount = 2_000
    /// A log of at most this many bytes is left alone when a bulk write settles.
    static let settledLogByteCount = 256 << 10

    static func writer(
        path: String,
        options: SQLiteRecordStore.Options
    ) throws -> DatabaseQueue {
        var configuration = common(options)
        configuration.prepareDatabase { database in
            database.refuseExtensions()
            // Only an empty file takes the page size.
            try database.execute(
                sql: """
                    PRAGMA page_size = \(pageByteCount);
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -\(writerCacheKiB);
                    PRAGMA wal_autocheckpoint = \(checkpointPageCount);
                    PRAGMA journal_size_limit = 67108864;
                    """
            )
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Switches to WAL with flushed commits, once the file is known to be ours.
    ///
    /// GRDB's own switch sets `synchronous` to NORMAL and writes to the file each time it opens.
    static func makeDurable(_ database: Database) throws {
        let statement = try RawStatement(database, "PRAGMA journal_mode = WAL")
        guard try statement.step(), statement.text(0) == "wal" else {
            throw RecordsError.notWritable
        }
        statement.reset()
        try database.execute(sql: "PRAGMA synchronous = FULL")
        // A first read makes the log's files, which a read-only connection could not.
        _ = try Schema.pragma("application_id", database)
    }

    static func reader(
        path: String,
        options: SQLiteRecordStore.Options
    ) throws -> DatabaseQueue {
        var configuration = common(options)
        configuration.readonly = true
        configuration.prepareDatabase { database in
            database.refuseExtensions()
            try database.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -\(readerCacheKiB);
                    """
            )
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func common(_ options: SQLiteRecordStore.Options) -> Configuration {
        var configuration = Configuration()
        configuration.label = "records"
        configuration.foreignKeysEnabled = false
        let (seconds, attoseconds) = options.busyTimeout.components
        configuration.busyMode = .timeout(Double(seconds) + Double(attoseconds) * 1e-18)
        return configuration
    }
}

/// Lends read-only connections, made as they are needed.
///
/// GRDB's own pool asks for the schema version before each read, which costs more than a single row.
final class ReaderPool: Sendable {
    private struct State {
        var free: [DatabaseQueue] = []
        var isClosed = false
    }

    private let path: String
    private let options: SQLiteRecordStore.Options
    private let places: DispatchSemaphore
    private let state = Mutex(State())

    init(path: String, options: SQLiteRecordStore.Options) {
        self.path = path
        self.options = options
        places = DispatchSemaphore(value: max(1, options.readerCount))
    }

    /// Lends a connection; waits while all are lent.
    func with<Result>(_ body: (DatabaseQueue) throws -> Result) throws -> Result {
        places.wait()
        defer { places.signal() }
        let lent = try state.withLock { state in
            guard !state.isClosed else { throw RecordsError.closed }
            return state.free.popLast()
        }
        let reader = try lent ?? Connections.reader(path: path, options: options)
        defer { state.withLock { $0.free.append(reader) } }
        return try body(reader)
    }

    /// Runs a read on a lent connection; each statement sees one committed state.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try with { reader in try reader.unsafeReentrantRead(body) }
    }

    /// Runs several statements on one committed state.
    func readConsistently<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try read { database in
            try RawStatement(database, "BEGIN").run()
            // Nothing was written: ending a read cannot fail in a way that matters.
            defer { try? RawStatement(database, "ROLLBACK").run() }
            return try body(database)
        }
    }

    /// Waits until nothing is lent, then closes all connections.
    func close() throws {
        let count = max(1, options.readerCount)
        for _ in 0..<count { places.wait() }
        defer { for _ in 0..<count { places.signal() } }
        let readers = state.withLock { state in
            state.isClosed = true
            defer { state.free = [] }
            return state.free
        }
        for reader in readers { try reader.close() }
    }
}
