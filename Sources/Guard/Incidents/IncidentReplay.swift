internal import MerkleLog
internal import VaultCore

/// Breach cases as they follow from the log alone.
struct IncidentReplay {
    private(set) var heads: [String: IncidentHead] = [:]
    private(set) var records: [String: [JSONValue]] = [:]

    /// Applies a `breach` entry; answers what does not hold, `nil` where all does.
    mutating func apply(_ entry: LoggedEntry) -> String? {
        guard let record = entry.header["incident"] else { return nil }
        do {
            let id = try IncidentHead.id(of: record)
            var head = heads[id] ?? IncidentHead(isDrill: record["drill"] == true)
            try head.append(record, at: entry.index)
            heads[id] = head
            records[id, default: []].append(record)
            return nil
        } catch { return "entry \(entry.index) does not follow from its breach case" }
    }
}

extension StateAudit {
    /// Compares the kept breach cases with those of the log.
    mutating func compareIncidents(_ replay: Replay) throws {
        result.incidents = replay.incidents.records
        var seen: Set<String> = []
        try forEach(.incident) { audit, key, bytes in
            let id = String(decoding: key, as: UTF8.self)
            guard let expected = replay.incidents.heads[id], expected.json.bytes == bytes else {
                return audit.problem("state", "a breach case is not as the log says")
            }
            seen.insert(id)
        }
        for id in replay.incidents.heads.keys where !seen.contains(id) {
            problem("state", "breach case `\(id)` is missing or cannot be read")
        }
    }
}
