internal import GRDB
public import VaultCore

/// Turns rows of the statements below into ``BorrowedRow`` values.
///
/// Keeps the last epoch: an import's rows share one.
struct RowReader {
    /// Columns 0 to 10 of every statement that reads rows.
    static let columns = """
        r.key, r.state, r.segment, r.number, r.version, r.log,
        r.tag_high, r.tag_low, r.epoch_high, r.epoch_low, r.sealed
        """

    private var epoch: (halves: TagHalves, tag: Epoch)?

    mutating func row(
        _ statement: RawStatement,
        patient: PatientPseudonym,
        segment: SegmentTag
    ) throws(RecordsError) -> BorrowedRow {
        let state = statement.integer(1)
        guard RowState.known.contains(state), let version = UInt32(exactly: statement.integer(4)),
            version > 0
        else { throw .damaged }
        let record = TagHalves(high: statement.integer(6), low: statement.integer(7))
        let header = RowHeader(
            patient: patient,
            number: statement.integer(3),
            version: version,
            segment: segment,
            record: record.tag(),
            epoch: epochTag(
                TagHalves(high: statement.integer(8), low: statement.integer(9))
            ),
            logIndex: statement.integer(5),
            isDeleted: state & RowState.deleted != 0
        )
        return BorrowedRow(
            header: header,
            isCurrent: state & RowState.current != 0,
            sealed: statement.bytes(10)
        )
    }

    private mutating func epochTag(_ halves: TagHalves) -> Epoch {
        if let epoch, epoch.halves == halves { return epoch.tag }
        let tag: Epoch = halves.tag()
        epoch = (halves, tag)
        return tag
    }
}

extension SQLiteRecordStore {
    /// Visits a patient's rows in the order in which they were stored.
    ///
    /// - Parameters:
    ///   - patient: Whose; an unknown patient has no rows.
    ///   - segments: Only rows of these; `nil` means all.
    ///   - versions: Which versions.
    ///   - body: Gets each row for the length of the call.
    /// - Throws: What `body` throws, or ``RecordsError``.
    public func forEachRow(
        of patient: PatientPseudonym,
        segments: Set<SegmentTag>?,
        versions: VersionSelection,
        body: (BorrowedRow) throws -> Void
    ) throws {
        try readers.read { database in
            let statement = try RawStatement(database, Self.rowsOfPatient)
            defer { statement.reset() }
            try statement.bind(copying: patient.bytes, at: 1)
            var reader = RowReader()
            var list = SegmentList()
            var isWanted: [Bool] = []
            while try statement.step() {
                if list.tags.isEmpty {
                    list = try SegmentList(statement.bytes(11))
                    isWanted = list.tags.map { segments?.contains($0) ?? true }
                }
                let place = Int(truncatingIfNeeded: statement.integer(2))
                guard isWanted.indices.contains(place) else { throw RecordsError.damaged }
                // Before anything else of the row is touched: most rows may be of other segments.
                if !isWanted[place] { continue }
                if versions == .current, statement.integer(1) != RowState.current { continue }
                let segment = try list.tag(at: Int64(place))
                try body(try reader.row(statement, patient: patient, segment: segment))
            }
        }
    }

    /// Finds one version of a record.
    ///
    /// - Parameters:
    ///   - record: Which record.
    ///   - version: Which version; `nil` means the newest, which may be a tombstone.
    /// - Returns: The row, or `nil` where there is none.
    /// - Throws: ``RecordsError``.
    public func row(_ record: RecordTag, version: UInt32?) throws -> SealedRow? {
        var found: SealedRow?
        try forEachVersion(of: record) { row in
            if let version {
                guard row.header.version == version else { return }
            } else {
                guard row.isCurrent, row.header.version > found?.header.version ?? 0 else { return }
            }
            found = row.copy()
        }
        return found
    }

    /// Finds all versions of a record, newest first.
    ///
    /// - Parameter record: Which record.
    /// - Returns: The rows; none where the record is unknown.
    /// - Throws: ``RecordsError``.
    public func history(of record: RecordTag) throws -> [SealedRow] {
        var found: [SealedRow] = []
        try forEachVersion(of: record) { found.append($0.copy()) }
        return found.sorted { $0.header.version > $1.header.version }
    }

    private func forEachVersion(of record: RecordTag, body: (BorrowedRow) -> Void) throws {
        let halves = TagHalves(record)
        try readers.read { database in
            let statement = try RawStatement(database, Self.rowsOfRecord)
            defer { statement.reset() }
            try statement.bind(halves.high, at: 1)
            var reader = RowReader()
            while try statement.step() {
                guard statement.integer(7) == halves.low else { continue }
                guard let patient = PatientPseudonym(bytes: statement.bytes(12)) else {
                    throw RecordsError.damaged
                }
                let segment = try SegmentList.tag(
                    at: statement.integer(2),
                    in: statement.bytes(11)
                )
                body(try reader.row(statement, patient: patient, segment: segment))
            }
        }
    }

    /// Lists the patients, in the order in which they came.
    ///
    /// - Returns: Each pseudonym with its number of records, deleted ones included.
    /// - Throws: ``RecordsError``.
    public func patients() throws -> [(patient: PatientPseudonym, records: Int64)] {
        try readers.read { database in
            let statement = try RawStatement(
                database,
                "SELECT pseudonym, records FROM patient ORDER BY ordinal"
            )
            defer { statement.reset() }
            var found: [(patient: PatientPseudonym, records: Int64)] = []
            while try statement.step() {
                guard let patient = PatientPseudonym(bytes: statement.bytes(0)) else {
                    throw RecordsError.damaged
                }
                found.append((patient, statement.integer(1)))
            }
            return found
        }
    }

    /// How many records a patient has, deleted ones included: the number the next one gets.
    ///
    /// - Parameter patient: Whose; 0 for an unknown patient.
    /// - Returns: The count.
    /// - Throws: ``RecordsError``.
    public func recordCount(of patient: PatientPseudonym) throws -> Int64 {
        try readers.read { database in
            let statement = try RawStatement(
                database,
                "SELECT records FROM patient WHERE pseudonym = ?1"
            )
            defer { statement.reset() }
            try statement.bind(copying: patient.bytes, at: 1)
            return try statement.step() ? statement.integer(0) : 0
        }
    }

    /// Counts everything.
    ///
    /// - Returns: Patients, records, versions.
    /// - Throws: ``RecordsError``.
    public func counts() throws -> StoreCounts {
        try readers.read { database in
            let statement = try RawStatement(
                database,
                """
                SELECT (SELECT count(*) FROM patient), (SELECT ifnull(sum(records), 0) FROM patient),
                    (SELECT count(*) FROM record_version)
                """
            )
            defer { statement.reset() }
            guard try statement.step() else { throw RecordsError.damaged }
            return StoreCounts(
                patients: Int(statement.integer(0)),
                records: Int(statement.integer(1)),
                versions: Int(statement.integer(2))
            )
        }
    }

    // One statement, so that segments and rows are of one committed state. CROSS JOIN fixes the order
    // of the loops (https://www.sqlite.org/optoverview.html#crossjoin).
    private static let rowsOfPatient = """
        SELECT \(RowReader.columns), p.segments
        FROM patient p CROSS JOIN record_version r
        WHERE p.pseudonym = ?1
            AND r.key BETWEEN p.ordinal << \(RowKey.sequenceBits)
                AND (p.ordinal << \(RowKey.sequenceBits)) + \(RowKey.last(0))
        """

    private static let rowsOfRecord = """
        SELECT \(RowReader.columns), p.segments, p.pseudonym
        FROM record_version r CROSS JOIN patient p
        WHERE r.tag_high = ?1 AND p.ordinal = r.key >> \(RowKey.sequenceBits)
        """
}
