internal import GRDB
internal import VaultCore

/// Looks for what a seal cannot see; every method adds to ``problems``.
struct IntegrityCheck {
    /// A row without its sealed bytes.
    private struct Row {
        var key: Int64
        var state: Int64
        var segment: Int64
        var number: Int64
        var version: Int64
        var tag: TagHalves

        var isCurrent: Bool { state & RowState.current != 0 }
    }

    private let database: Database
    private(set) var problems: [IntegrityProblem] = []

    init(_ database: Database) {
        self.database = database
    }

    /// Runs all checks; a later one may throw where an earlier one found the structure damaged.
    mutating func run() throws {
        try checkStructure()
        guard problems.isEmpty else { return }
        try checkLayout()
        try checkPatients()
        try checkTags()
    }

    mutating func add(_ kind: IntegrityProblem.Kind, _ detail: String) {
        guard problems.count < IntegrityProblem.limit else { return }
        problems.append(IntegrityProblem(kind: kind, detail: detail))
    }

    /// https://www.sqlite.org/pragma.html#pragma_integrity_check: pages, cells, types, index.
    private mutating func checkStructure() throws {
        let statement = try RawStatement(
            database,
            "PRAGMA integrity_check(\(IntegrityProblem.limit))"
        )
        defer { statement.reset() }
        while try statement.step() {
            let line = statement.text(0)
            if line != "ok" { add(.structure, line) }
        }
    }

    private mutating func checkLayout() throws {
        let expected = try Schema.expectedObjects()
        if try Schema.objects(in: database) != expected { add(.layout, "unknown tables or index") }
        let settings: [(name: String, value: Int64)] = [
            ("application_id", Schema.applicationID),
            ("user_version", Int64(Schema.migrations.count)),
            ("auto_vacuum", 0),
        ]
        for setting in settings where try Schema.pragma(setting.name, database) != setting.value {
            add(.layout, "`\(setting.name)` is not `\(setting.value)`")
        }
    }

    /// Patient by patient, so that memory holds one patient's row headers at a time.
    private mutating func checkPatients() throws {
        let patients = try RawStatement(
            database,
            "SELECT ordinal, pseudonym, records, segments FROM patient ORDER BY ordinal"
        )
        defer { patients.reset() }
        let rows = try RawStatement(
            database,
            """
            SELECT key, state, segment, number, version, tag_high, tag_low
            FROM record_version ORDER BY key
            """
        )
        defer { rows.reset() }
        var next = try self.next(rows)
        while try patients.step() {
            let ordinal = patients.integer(0)
            var own: [Row] = []
            while let row = next, RowKey.ordinal(row.key) <= ordinal {
                if RowKey.ordinal(row.key) == ordinal {
                    own.append(row)
                } else {
                    add(.patient, "row \(row.key) belongs to no patient")
                }
                next = try self.next(rows)
            }
            check(own, records: patients.integer(2), patient: Hex.encode(patients.bytes(1)))
            try checkSegments(
                own,
                list: patients.bytes(3),
                patient: Hex.encode(patients.bytes(1))
            )
        }
        while let row = next, problems.count < IntegrityProblem.limit {
            add(.patient, "row \(row.key) belongs to no patient")
            next = try self.next(rows)
        }
    }

    private func next(_ rows: RawStatement) throws -> Row? {
        guard try rows.step() else { return nil }
        return Row(
            key: rows.integer(0),
            state: rows.integer(1),
            segment: rows.integer(2),
            number: rows.integer(3),
            version: rows.integer(4),
            tag: TagHalves(high: rows.integer(5), low: rows.integer(6))
        )
    }

    private mutating func check(_ rows: [Row], records: Int64, patient: String) {
        if patient.utf8.count != 32 { add(.value, "pseudonym `\(patient)` is not 16 bytes") }
        if rows.isEmpty { add(.patient, "patient \(patient) has no rows") }
        let sorted = rows.sorted { ($0.number, $0.version) < ($1.number, $1.version) }
        var tags: Set<[Int64]> = []
        var expectedNumber: Int64 = 0
        for (index, row) in sorted.enumerated() {
            let place = "patient \(patient) record \(row.number) version \(row.version)"
            if !RowState.known.contains(row.state) { add(.value, "\(place): state") }
            if !(1...Int64(UInt32.max)).contains(row.version) { add(.value, "\(place): version") }
            let previous = index > 0 ? sorted[index - 1] : nil
            if let previous, previous.number == row.number {
                if row.version != previous.version + 1 { add(.version, "\(place): gap before it") }
                if row.tag != previous.tag { add(.record, "\(place): another record's tag") }
            } else {
                if row.number != expectedNumber { add(.number, "\(place): gap before it") }
                expectedNumber = row.number &+ 1
                if !tags.insert([row.tag.high, row.tag.low]).inserted {
                    add(.record, "\(place): a second number for the record")
                }
            }
            let isNewest = index + 1 == sorted.count || sorted[index + 1].number != row.number
            if isNewest != row.isCurrent { add(.version, "\(place): marked current wrongly") }
        }
        if expectedNumber != records { add(.number, "patient \(patient): count of records") }
    }

    private mutating func checkSegments(
        _ rows: [Row],
        list: UnsafeRawBufferPointer,
        patient: String
    ) throws {
        guard list.count.isMultiple(of: 16) else {
            return add(.segment, "patient \(patient): list of segments is cut")
        }
        let tags = try SegmentList(list).tags
        let used = Set(rows.map(\.segment))
        for place in used.sorted() {
            let index = Int(truncatingIfNeeded: place)
            if !tags.indices.contains(index) || tags[index] == SegmentList.free {
                add(.segment, "patient \(patient): rows of unknown segment \(place)")
            }
        }
        for (index, tag) in tags.enumerated() where !used.contains(Int64(index)) {
            if tag != SegmentList.free {
                add(.segment, "patient \(patient): segment \(index) has no rows")
            }
        }
        let named = tags.filter { $0 != SegmentList.free }
        if Set(named).count != named.count { add(.segment, "patient \(patient): segment twice") }
    }

    /// A record may be under several patients only one after the other: the newest version counts, and
    /// the chains it was in before end with a tombstone.
    private mutating func checkTags() throws {
        let statement = try RawStatement(
            database,
            "SELECT tag_high, key FROM record_version ORDER BY tag_high, key"
        )
        defer { statement.reset() }
        var group: (high: Int64, keys: [Int64]) = (0, [])
        while try statement.step() {
            if statement.integer(0) != group.high {
                try checkGroup(group.keys)
                group = (statement.integer(0), [])
            }
            group.keys.append(statement.integer(1))
        }
        try checkGroup(group.keys)
    }

    private mutating func checkGroup(_ keys: [Int64]) throws {
        guard let first = keys.first, let last = keys.last,
            RowKey.ordinal(first) != RowKey.ordinal(last)
        else { return }
        var rows: [Row] = []
        let statement = try RawStatement(
            database,
            """
            SELECT key, state, segment, number, version, tag_high, tag_low
            FROM record_version WHERE key = ?1
            """
        )
        for key in keys {
            defer { statement.reset() }
            try statement.bind(key, at: 1)
            if let row = try next(statement) { rows.append(row) }
        }
        for (_, chain) in Dictionary(grouping: rows, by: \.tag.low) {
            let sorted = chain.sorted { $0.version < $1.version }
            for (row, following) in zip(sorted, sorted.dropFirst())
            where RowKey.ordinal(row.key) != RowKey.ordinal(following.key) {
                if row.state != RowState.current | RowState.deleted
                    || row.version == following.version
                {
                    add(.record, "rows \(row.key) and \(following.key) share a record")
                }
            }
        }
    }
}

extension SQLiteRecordStore {
    /// Checks everything that a seal cannot see; reads the whole store.
    ///
    /// - Returns: What is wrong, at most ``IntegrityProblem/limit`` of them; empty where all is well.
    /// - Throws: ``RecordsError`` where the check itself could not run.
    public func integrityCheck() throws -> [IntegrityProblem] {
        try readers.readConsistently { database in
            var check = IntegrityCheck(database)
            do {
                try check.run()
            } catch {
                let error = RecordsError(error)
                guard error.kind == .integrity else { throw error }
                check.add(.structure, "the file cannot be read to its end")
            }
            return check.problems
        }
    }
}
