internal import GRDB
internal import GRDBSQLite

/// A cached prepared statement used without GRDB's row objects, which cost several times SQLite itself.
///
/// Lives inside one access to the database; rows must be finished before the statement is used again.
struct Prepared: ~Copyable {
    private let statement: Statement
    private let handle: OpaquePointer
    private let connection: OpaquePointer?

    /// Takes the kept statement, or one of its own where somebody is between the rows of that: a walk may
    /// look up on its way what it walks over.
    init(_ db: Database, _ sql: String) throws {
        let kept = try db.cachedStatement(sql: sql)
        let isTaken = sqlite3_stmt_busy(kept.sqliteStatement) != 0
        statement = try isTaken ? db.makeStatement(sql: sql) : kept
        handle = statement.sqliteStatement
        connection = db.sqliteConnection
        sqlite3_reset(handle)
    }

    deinit {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ position: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, position, value)
    }

    /// SQLite copies the bytes, so the array need not outlive the call.
    func bind(_ position: Int32, _ value: [UInt8]) {
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        value.withUnsafeBytes { bytes in
            if bytes.isEmpty {
                _ = sqlite3_bind_zeroblob(handle, position, 0)
            } else {
                _ = sqlite3_bind_blob64(
                    handle,
                    position,
                    bytes.baseAddress,
                    UInt64(bytes.count),
                    transient
                )
            }
        }
    }

    /// Moves to the next row.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection))
            )
        }
    }

    /// Runs a statement that returns no row, and makes it ready for the next binding.
    func run() throws {
        _ = try step()
        sqlite3_reset(handle)
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func blob(_ column: Int32) -> [UInt8] { withBlob(column) { Array($0) } }

    func withBlob<Value>(
        _ column: Int32,
        _ body: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows
        -> Value
    {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
