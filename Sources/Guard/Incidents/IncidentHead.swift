internal import MerkleLog
internal import VaultCore

/// Where a breach case stands, as it follows from the records in its `breach` entries.
///
/// The Guard checks that each record follows the one before it and that those who stand in it have signed
/// it; which step the table of the protocol allows is checked by whoever folds the records
/// (`BreachResponse.Incident`), before they are signed and again at every reading.
struct IncidentHead: Sendable, Hashable {
    /// State after the last record, `ready` before the first.
    var state = "ready"
    /// Whether it is a drill; never changes.
    var isDrill: Bool
    /// Hash of the last record, in hexadecimal.
    var last = String(repeating: "0", count: 64)
    /// Time of the last record.
    var time = Instant(microseconds: .min)
    /// Log indexes of the entries that carry the records.
    var entries: [UInt64] = []

    init(isDrill: Bool) { self.isDrill = isDrill }

    /// Takes the next record.
    ///
    /// - Throws: ``GuardError/invalid(field:)`` where it does not follow.
    mutating func append(_ record: JSONValue, at index: UInt64) throws(GuardError) {
        guard record["type"] == "incident", record["v"] == .int(1),
            record["drill"] == .bool(isDrill)
        else { throw .invalid(field: "record") }
        guard record["record"] == .int(Int64(entries.count)), record["previous"] == .string(last),
            record["from"] == .string(state)
        else { throw .invalid(field: "previous") }
        guard let next = record["to"]?.string, !next.isEmpty,
            let time = record["time"]?.string.flatMap({ Instant(rfc3339: $0) }), time >= self.time
        else { throw .invalid(field: "time") }
        state = next
        last = TreeHasher.leafHash(record.bytes).description
        self.time = time
        entries.append(index)
    }

    /// The case's id in a record: 1 to 64 letters, digits, `-`, `.` and `_`.
    static func id(of record: JSONValue) throws(GuardError) -> String {
        guard let id = record["incident"]?.string, isID(id) else {
            throw .invalid(field: "incident")
        }
        return id
    }

    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    // MARK: Kept form

    var json: JSONValue {
        [
            "state": .string(state), "drill": .bool(isDrill), "last": .string(last),
            "time": .int(time.microseconds),
            "entries": .array(entries.map { .int(Int64($0)) }),
        ]
    }

    init(json: JSONValue) throws(GuardError) {
        guard let state = json["state"]?.string, let isDrill = json["drill"]?.bool,
            let last = json["last"]?.string, let time = json["time"]?.int,
            let entries = json["entries"]?.integers
        else { throw .damagedState }
        self.init(isDrill: isDrill)
        self.state = state
        self.last = last
        self.time = Instant(microseconds: time)
        self.entries = entries.map { UInt64($0) }
    }
}

extension GuardState {
    /// Where a case stands; `nil` where there is none of this id.
    func incident(_ id: String) throws -> IncidentHead? {
        guard let bytes = try item(.incident, Array(id.utf8)) else { return nil }
        guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
        return try IncidentHead(json: json)
    }
}
