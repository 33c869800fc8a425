internal import GRDB
internal import VaultCore

/// The layout of the file, as numbered steps that are only ever appended.
///
/// `meta`: the vault's id, one row. `patient`: a small ordinal for each pseudonym, the number of its
/// records and its segment tags, 16 bytes each; a row names a segment by its place in that list, and a
/// place that is zero is free. `record_version`: one sealed version.
///
/// `record_version.key` is the patient's ordinal in the upper bits and a running number in the lower
/// ``RowKey/sequenceBits``, so that a patient's rows lie together. `state`: bit 0 newest version, bit 1
/// tombstone. Tag and epoch are two big-endian halves each, so that binding and reading them copies
/// nothing. All columns stand before the blob: a filter never touches a large row's overflow pages
/// (https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages). The index is on the first
/// half of the tag alone; who uses it compares the second.
enum Schema {
    /// "PVrs", so that `file` and a person can tell what the file is.
    static let applicationID: Int64 = 0x5056_7273

    static let migrations: [@Sendable (Database) throws -> Void] = [
        { database in
            try database.execute(
                sql: """
                    CREATE TABLE meta (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        vault BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE patient (
                        ordinal INTEGER PRIMARY KEY,
                        pseudonym BLOB NOT NULL UNIQUE,
                        records INTEGER NOT NULL,
                        segments BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE record_version (
                        key INTEGER PRIMARY KEY,
                        state INTEGER NOT NULL,
                        segment INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        version INTEGER NOT NULL,
                        log INTEGER NOT NULL,
                        tag_high INTEGER NOT NULL,
                        tag_low INTEGER NOT NULL,
                        epoch_high INTEGER NOT NULL,
                        epoch_low INTEGER NOT NULL,
                        sealed BLOB NOT NULL
                    ) STRICT;
                    CREATE INDEX record_version_tag ON record_version (tag_high);
                    """
            )
        }
    ]

    /// Writes the layout and the vault's id into an empty file, in one transaction.
    static func create(in database: Database, vault: VaultID) throws {
        try database.inTransaction(.immediate) {
            for migration in migrations { try migration(database) }
            let meta = try RawStatement(database, "INSERT INTO meta (id, vault) VALUES (1, ?1)")
            try meta.bind(copying: vault.bytes, at: 1)
            try meta.run()
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(migrations.count)")
            return .commit
        }
    }

    /// Refuses a file that is not this vault's store; applies the steps it does not have yet.
    static func prepare(_ database: Database, vault: VaultID) throws {
        guard try pragma("application_id", database) == applicationID else {
            throw RecordsError.notARecordStore
        }
        let version = Int(clamping: try pragma("user_version", database))
        guard (1...migrations.count).contains(version) else {
            throw RecordsError.unsupportedSchema(version: version)
        }
        if version < migrations.count {
            try database.inTransaction(.immediate) {
                for migration in migrations[version...] { try migration(database) }
                try database.execute(sql: "PRAGMA user_version = \(migrations.count)")
                return .commit
            }
        }
        // A trigger or view that somebody added would run inside our own statements.
        guard try objects(in: database) == expectedObjects() else { throw RecordsError.damaged }
        guard try vaultBytes(in: database) == vault.bytes else { throw RecordsError.anotherVault }
    }

    /// Every table, index, view and trigger with the text that made it.
    static func objects(in database: Database) throws -> [String] {
        let statement = try RawStatement(
            database,
            "SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_schema"
        )
        defer { statement.reset() }
        var found: [String] = []
        while try statement.step() { found.append(statement.text(0)) }
        return found.sorted()
    }

    /// What ``objects(in:)`` answers for a fresh store; made once, in memory.
    static func expectedObjects() throws -> [String] { try fresh.get() }

    private static let fresh = Result {
        try DatabaseQueue().write { database in
            for migration in migrations { try migration(database) }
            return try objects(in: database)
        }
    }

    static func vaultBytes(in database: Database) throws -> [UInt8] {
        let statement = try RawStatement(database, "SELECT vault FROM meta")
        defer { statement.reset() }
        return try statement.step() ? Array(statement.bytes(0)) : []
    }

    static func pragma(_ name: String, _ database: Database) throws -> Int64 {
        let statement = try RawStatement(database, "PRAGMA \(name)")
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }
}

/// A row's place in the file: patient ordinal above, running number below.
enum RowKey {
    /// 268 million rows for each of 34 thousand million patients.
    static let sequenceBits: Int64 = 28

    static func first(_ ordinal: Int64) -> Int64 { ordinal << sequenceBits }
    static func last(_ ordinal: Int64) -> Int64 { first(ordinal) | (1 << sequenceBits - 1) }
    static func ordinal(_ key: Int64) -> Int64 { key >> sequenceBits }
}

/// The bits of `state`.
struct RowState {
    static let current: Int64 = 1
    static let deleted: Int64 = 2
    static let known: ClosedRange<Int64> = 0...3
}
