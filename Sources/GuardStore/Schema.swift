internal import GRDB

/// The tables, as append-only numbered steps: a step that has shipped is never edited.
enum Schema {
    /// Marks the file as ours (`PRAGMA application_id`): the letters `PVGu`.
    static let applicationID: Int32 = 0x5056_4775

    /// The steps from an empty file to today's form.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001 log and items") { db in
            // Entries and nodes are only ever appended; rowid tables keep appends sequential.
            try db.execute(
                sql: """
                    CREATE TABLE entries (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
                    CREATE TABLE nodes (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
                    CREATE TABLE checkpoint (
                        id INTEGER PRIMARY KEY CHECK (id = 1), note TEXT NOT NULL) STRICT;
                    CREATE TABLE items (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
                        PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
                    """
            )
        }
        return migrator
    }
}
