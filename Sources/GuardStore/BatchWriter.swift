internal import GRDB
internal import Guard
internal import MerkleLog

/// Writes one batch inside the transaction that the caller opened.
struct BatchWriter {
    let db: Database

    func write(_ batch: StorageBatch) throws {
        try writeEntries(batch)
        try writeNodes(batch.nodes)
        try writeItems(batch.items)
        if let note = batch.checkpoint {
            try db.execute(
                sql: "INSERT OR REPLACE INTO checkpoint (id, note) VALUES (1, ?)",
                arguments: [note]
            )
        }
    }

    private func writeEntries(_ batch: StorageBatch) throws {
        guard !batch.entries.isEmpty else { return }
        let end = try Prepared(db, "SELECT max(idx) FROM entries")
        let next = try end.step() && !end.isNull(0) ? end.integer(0) + 1 : 0
        guard next == Int64(clamping: batch.firstIndex) else { throw StorageFailure.gap }
        let insert = try Prepared(db, "INSERT INTO entries (idx, bytes) VALUES (?, ?)")
        for (offset, bytes) in batch.entries.enumerated() {
            insert.bind(1, next + Int64(offset))
            insert.bind(2, bytes)
            try insert.run()
        }
    }

    private func writeNodes(_ nodes: [PlacedHash]) throws {
        guard !nodes.isEmpty else { return }
        let insert = try Prepared(db, "INSERT INTO nodes (idx, hash) VALUES (?, ?)")
        for node in nodes {
            insert.bind(1, Int64(clamping: node.position.storageIndex))
            insert.bind(2, node.hash.bytes)
            try insert.run()
        }
    }

    private func writeItems(_ items: [ItemChange]) throws {
        guard !items.isEmpty else { return }
        let put = try Prepared(
            db,
            "INSERT OR REPLACE INTO items (kind, key, value) VALUES (?, ?, ?)"
        )
        let delete = try Prepared(db, "DELETE FROM items WHERE kind = ? AND key = ?")
        for item in items {
            if let value = item.value {
                put.bind(1, Int64(item.kind.rawValue))
                put.bind(2, item.key)
                put.bind(3, value)
                try put.run()
            } else {
                delete.bind(1, Int64(item.kind.rawValue))
                delete.bind(2, item.key)
                try delete.run()
            }
        }
    }
}
