internal import GRDB
internal import VaultCore

extension SQLiteRecordStore {
    /// Visits everything, patient by patient, then by number and version, in one consistent state.
    ///
    /// Rows that belong to no patient are not visited; ``integrityCheck()`` finds them.
    ///
    /// - Parameter body: Gets each row for the length of the call.
    /// - Throws: What `body` throws, or ``RecordsError``.
    public func forEachVersion(_ body: (BorrowedRow) throws -> Void) throws {
        try readers.readConsistently { database in
            let patients = try RawStatement(
                database,
                "SELECT ordinal, pseudonym, segments FROM patient ORDER BY ordinal"
            )
            defer { patients.reset() }
            while try patients.step() {
                guard let patient = PatientPseudonym(bytes: patients.bytes(1)) else {
                    throw RecordsError.damaged
                }
                try forEachVersion(
                    of: patient,
                    ordinal: patients.integer(0),
                    segments: try SegmentList(patients.bytes(2)),
                    in: database,
                    body: body
                )
            }
        }
    }

    private func forEachVersion(
        of patient: PatientPseudonym,
        ordinal: Int64,
        segments: SegmentList,
        in database: Database,
        body: (BorrowedRow) throws -> Void
    ) throws {
        var reader = RowReader()
        for range in try ranges(ordinal, in: database) {
            let rows = try RawStatement(
                database,
                """
                SELECT \(RowReader.columns) FROM record_version r
                WHERE r.key BETWEEN ?1 AND ?2 ORDER BY r.key
                """
            )
            defer { rows.reset() }
            try rows.bind(range.lowerBound, at: 1)
            try rows.bind(range.upperBound, at: 2)
            while try rows.step() {
                let segment = try segments.tag(at: rows.integer(2))
                try body(try reader.row(rows, patient: patient, segment: segment))
            }
        }
    }

    /// Ranges of keys that give a patient's rows by number and version: one range where no record has
    /// a second version, so that a whole import is read in one go and never sorted.
    private func ranges(_ ordinal: Int64, in database: Database) throws -> [ClosedRange<Int64>] {
        let statement = try RawStatement(
            database,
            "SELECT key, number, version FROM record_version WHERE key BETWEEN ?1 AND ?2"
        )
        defer { statement.reset() }
        try statement.bind(RowKey.first(ordinal), at: 1)
        try statement.bind(RowKey.last(ordinal), at: 2)
        var places: [(key: Int64, number: Int64, version: Int64)] = []
        var isSorted = true
        while try statement.step() {
            let place = (statement.integer(0), statement.integer(1), statement.integer(2))
            if let last = places.last {
                isSorted = isSorted && (last.number, last.version) < (place.1, place.2)
            }
            places.append(place)
        }
        guard !isSorted else { return [RowKey.first(ordinal)...RowKey.last(ordinal)] }
        places.sort { ($0.number, $0.version) < ($1.number, $1.version) }
        return places.map { $0.key...$0.key }
    }
}
