internal import GRDB
public import Guard

extension SQLiteGuardStorage {
    /// Copies the whole store into a new file and takes some tables out of the copy.
    ///
    /// The copy is compact: what was deleted or taken out is in none of its pages.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist yet.
    ///   - kinds: Tables that are given back and not left in the copy.
    /// - Returns: What was taken out, sealed as it is stored.
    /// - Throws: ``StorageFailure``; then the file may be there and must be thrown away.
    public func exportCopy(to path: String, withholding kinds: [ItemKind]) throws -> [ItemChange] {
        try vacuum(into: path)
        do {
            let copy = try DatabaseQueue(path: path)
            let list = kinds.map { String($0.rawValue) }.joined(separator: ",")
            let taken = try copy.inDatabase { db in
                let taken = try Self.items(db, kinds: list)
                try db.execute(sql: "DELETE FROM items WHERE kind IN (\(list)); VACUUM")
                let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check")
                guard problems == ["ok"] else { throw StorageFailure.notAStore }
                return taken
            }
            try copy.close()
            return taken
        } catch { throw Self.failure(error) }
    }

    private static func items(_ db: Database, kinds list: String) throws -> [ItemChange] {
        let statement = try Prepared(
            db,
            "SELECT kind, key, value FROM items WHERE kind IN (\(list))"
        )
        var items: [ItemChange] = []
        while try statement.step() {
            guard let kind = ItemKind(rawValue: UInt8(clamping: statement.integer(0))) else {
                throw StorageFailure.notAStore
            }
            items.append(
                ItemChange(kind: kind, key: statement.blob(1), value: statement.blob(2))
            )
        }
        return items
    }
}
