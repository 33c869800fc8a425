internal import GRDB
internal import GRDBSQLite

/// A prepared statement used through SQLite's own functions.
///
/// GRDB prepares, caches and finalizes it; its row and argument types cost 10 to 30 µs a row.
/// A value must not outlive the closure that got the `Database`.
struct RawStatement {
    private let statement: OpaquePointer
    private let connection: OpaquePointer

    /// Takes a statement from the connection's cache; one use at a time.
    init(_ database: Database, _ sql: String) throws(RecordsError) {
        do {
            statement = try database.cachedStatement(sql: sql).sqliteStatement
        } catch {
            throw RecordsError(error)
        }
        guard let connection = database.sqliteConnection else { throw .closed }
        self.connection = connection
    }

    func bind(_ value: Int64, at index: Int32) throws(RecordsError) {
        try check(sqlite3_bind_int64(statement, index, value))
    }

    /// Binds without copying: the bytes must stay until ``reset()``.
    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws(RecordsError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            return try check(sqlite3_bind_zeroblob(statement, index, 0))
        }
        try check(sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), nil))
    }

    /// Binds a copy, for bytes that end before the run does.
    func bind(copying bytes: [UInt8], at index: Int32) throws(RecordsError) {
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let code = bytes.withUnsafeBytes { bytes in
            // An empty array has no address, and without an address SQLite would bind NULL.
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(statement, index, 0)
                : sqlite3_bind_blob64(
                    statement,
                    index,
                    bytes.baseAddress,
                    UInt64(bytes.count),
                    transient
                )
        }
        try check(code)
    }

    /// Goes to the next row.
    func step() throws(RecordsError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw RecordsError(sqlite: code)
        }
    }

    /// Runs a statement that has no rows of interest, and resets it.
    func run() throws(RecordsError) {
        defer { reset() }
        while try step() {}
    }

    /// Ends a run: releases locks and lets go of bound memory.
    func reset() {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    /// Valid until the next step or reset.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first: SQLite may convert the value, and then the count changes with it.
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
    }

    private func check(_ code: Int32) throws(RecordsError) {
        guard code == SQLITE_OK else { throw RecordsError(sqlite: code) }
    }
}

extension Database {
    /// Whether no transaction is open, as SQLite itself says.
    var isIdle: Bool { sqlite3_get_autocommit(sqliteConnection) != 0 }

    /// Rows changed by the last statement.
    var changeCount: Int { Int(sqlite3_changes64(sqliteConnection)) }

    /// The `load_extension` function stays off, whoever opened the connection.
    func refuseExtensions() {
        sqlite3_enable_load_extension(sqliteConnection, 0)
    }
}
