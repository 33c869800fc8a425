internal import GRDB
internal import VaultCore

/// The writer that ``SQLiteRecordStore/write(_:)`` lends.
final class SQLiteRecordWriter: RecordWriter {
    /// One row of a record, without its bytes.
    private struct Place {
        var key: Int64
        var state: Int64
        var number: Int64
        var version: UInt32

        var isDeleted: Bool { state & RowState.deleted != 0 }
    }

    private let database: Database
    private var patients: WriterPatients
    private var inserting: RawStatement?
    private var finding: RawStatement?
    private var failure: RecordsError?
    private var hasEnded = false

    init(_ database: Database) {
        self.database = database
        patients = WriterPatients(database)
    }

    func insert(_ header: RowHeader, sealed: UnsafeRawBufferPointer) throws(RecordsError) {
        try guarded { () throws(RecordsError) in
            guard header.segment != SegmentList.free else { throw .reservedTag }
            let known = try patients.known(header.patient)
            let tag = TagHalves(header.record)
            let newest = try newest(tag)
            let own = newest.flatMap { RowKey.ordinal($0.key) == known?.ordinal ? $0 : nil }
            if let newest, own == nil, !newest.isDeleted { throw .recordOfAnotherPatient }
            let expected = (newest?.version ?? 0) + 1
            guard header.version == expected else { throw .versionConflict(expected: expected) }
            let number = own?.number ?? known?.records ?? 0
            guard header.number == number else { throw .numberConflict(expected: number) }

            let patient = if let known { known } else { try patients.add(header.patient) }
            if let own { try supersede(own) }
            try add(header, tag: tag, patient: patient, sealed: sealed)
            if own == nil { patient.records += 1 }
            patient.hasChanged = true
        }
    }

    func reseal(_ header: RowHeader, sealed: UnsafeRawBufferPointer) throws(RecordsError) {
        try guarded { () throws(RecordsError) in
            guard header.segment != SegmentList.free else { throw .reservedTag }
            guard let patient = try patients.known(header.patient),
                let place = try places(of: TagHalves(header.record)).first(where: {
                    $0.version == header.version && RowKey.ordinal($0.key) == patient.ordinal
                        && $0.number == header.number && $0.isDeleted == header.isDeleted
                })
            else { throw .noSuchRow }
            let statement = try RawStatement(
                database,
                """
                UPDATE record_version
                SET segment = ?2, log = ?3, epoch_high = ?4, epoch_low = ?5, sealed = ?6
                WHERE key = ?1
                """
            )
            let epoch = TagHalves(header.epoch)
            try statement.bind(place.key, at: 1)
            try statement.bind(patient.place(of: header.segment), at: 2)
            try statement.bind(header.logIndex, at: 3)
            try statement.bind(epoch.high, at: 4)
            try statement.bind(epoch.low, at: 5)
            try statement.bind(sealed, at: 6)
            try statement.run()
            patient.hasChanged = true
            patient.mayHaveUnusedSegments = true
        }
    }

    func erase(_ patient: PatientPseudonym) throws(RecordsError) -> Int {
        try guarded { () throws(RecordsError) in try patients.remove(patient) }
    }

    func recordCount(of patient: PatientPseudonym) throws(RecordsError) -> Int64 {
        try guarded { () throws(RecordsError) in try patients.known(patient)?.records ?? 0 }
    }

    func newest(_ record: RecordTag) throws(RecordsError) -> NewestVersion? {
        try guarded { () throws(RecordsError) in
            guard let newest = try newest(TagHalves(record)) else { return nil }
            return NewestVersion(
                number: newest.number,
                version: newest.version,
                isDeleted: newest.isDeleted,
                patient: try patients.pseudonym(RowKey.ordinal(newest.key))
            )
        }
    }

    func currentRows(
        of patient: PatientPseudonym,
        numbers: Set<Int64>
    ) throws(RecordsError) -> [SealedRow] {
        try guarded { () throws(RecordsError) in
            guard let known = try patients.known(patient) else { return [] }
            let statement = try RawStatement(
                database,
                "SELECT \(RowReader.columns) FROM record_version r WHERE r.key BETWEEN ?1 AND ?2"
            )
            defer { statement.reset() }
            try statement.bind(RowKey.first(known.ordinal), at: 1)
            try statement.bind(RowKey.last(known.ordinal), at: 2)
            var reader = RowReader()
            var found: [SealedRow] = []
            while try statement.step() {
                guard statement.integer(1) == RowState.current,
                    numbers.contains(statement.integer(3))
                else { continue }
                let segment = try known.segments.tag(at: statement.integer(2))
                found.append(
                    try reader.row(statement, patient: patient, segment: segment).copy()
                )
            }
            return found
        }
    }

    /// Writes back what the transaction learned of each patient; the last step before COMMIT.
    func finish() throws(RecordsError) {
        try guarded { () throws(RecordsError) in try patients.save() }
        end()
    }

    /// Nothing may be written through this value any more.
    func end() {
        hasEnded = true
    }

    /// After a storage failure SQLite may have rolled back: what came later would stand alone.
    private func guarded<Result>(
        _ body: () throws(RecordsError) -> Result
    ) throws(RecordsError) -> Result {
        precondition(!hasEnded, "a record writer was used after its transaction")
        if let failure { throw failure }
        do throws(RecordsError) {
            return try body()
        } catch {
            if error.isStorageFailure { failure = error }
            throw error
        }
    }

    private func add(
        _ header: RowHeader,
        tag: TagHalves,
        patient: WriterPatient,
        sealed: UnsafeRawBufferPointer
    ) throws(RecordsError) {
        guard patient.nextKey <= RowKey.last(patient.ordinal) else { throw .diskFull }
        let statement = try prepared(
            &inserting,
            "INSERT INTO record_version VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"
        )
        let epoch = TagHalves(header.epoch)
        try statement.bind(patient.nextKey, at: 1)
        try statement.bind(
            RowState.current | (header.isDeleted ? RowState.deleted : 0),
            at: 2
        )
        try statement.bind(patient.place(of: header.segment), at: 3)
        try statement.bind(header.number, at: 4)
        try statement.bind(Int64(header.version), at: 5)
        try statement.bind(header.logIndex, at: 6)
        try statement.bind(tag.high, at: 7)
        try statement.bind(tag.low, at: 8)
        try statement.bind(epoch.high, at: 9)
        try statement.bind(epoch.low, at: 10)
        try statement.bind(sealed, at: 11)
        try statement.run()
        patient.nextKey += 1
    }

    private func supersede(_ place: Place) throws(RecordsError) {
        let statement = try RawStatement(
            database,
            "UPDATE record_version SET state = ?2 WHERE key = ?1"
        )
        try statement.bind(place.key, at: 1)
        try statement.bind(place.state & ~RowState.current, at: 2)
        try statement.run()
    }

    private func newest(_ tag: TagHalves) throws(RecordsError) -> Place? {
        try places(of: tag).max { $0.version < $1.version }
    }

    private func places(of tag: TagHalves) throws(RecordsError) -> [Place] {
        let statement = try prepared(
            &finding,
            """
            SELECT key, state, number, version, tag_low FROM record_version WHERE tag_high = ?1
            """
        )
        defer { statement.reset() }
        try statement.bind(tag.high, at: 1)
        var found: [Place] = []
        while try statement.step() {
            guard statement.integer(4) == tag.low else { continue }
            guard let version = UInt32(exactly: statement.integer(3)) else { throw .damaged }
            found.append(
                Place(
                    key: statement.integer(0),
                    state: statement.integer(1),
                    number: statement.integer(2),
                    version: version
                )
            )
        }
        return found
    }

    private func prepared(
        _ kept: inout RawStatement?,
        _ sql: String
    ) throws(RecordsError) -> RawStatement {
        if let kept { return kept }
        let statement = try RawStatement(database, sql)
        kept = statement
        return statement
    }
}
