internal import GRDB
internal import VaultCore

/// What a transaction knows of one patient; written back at its end.
final class WriterPatient {
    let ordinal: Int64
    var nextKey: Int64
    var records: Int64
    var segments: SegmentList
    var hasChanged = false
    var mayHaveUnusedSegments = false

    init(ordinal: Int64, lastKey: Int64, records: Int64, segments: SegmentList) {
        self.ordinal = ordinal
        // SQLite numbers patients from 1, so that 0 means no row.
        nextKey = lastKey == 0 ? RowKey.first(ordinal) : lastKey + 1
        self.records = records
        self.segments = segments
    }

    /// The place of a segment in the patient's list, which grows where the tag is new.
    func place(of segment: SegmentTag) -> Int64 {
        segments.place(of: segment) ?? segments.add(segment)
    }
}

/// The patients that a transaction has met.
struct WriterPatients {
    private let database: Database
    private var met: [PatientPseudonym: WriterPatient] = [:]
    private var last: (pseudonym: PatientPseudonym, patient: WriterPatient)?

    init(_ database: Database) {
        self.database = database
    }

    /// A patient with a row in the table; `nil` where there is none.
    mutating func known(_ pseudonym: PatientPseudonym) throws(RecordsError) -> WriterPatient? {
        if let last, last.pseudonym == pseudonym { return last.patient }
        var patient = met[pseudonym]
        if patient == nil {
            patient = try load(pseudonym)
            met[pseudonym] = patient
        }
        last = patient.map { (pseudonym, $0) }
        return patient
    }

    mutating func add(_ pseudonym: PatientPseudonym) throws(RecordsError) -> WriterPatient {
        let statement = try RawStatement(
            database,
            "INSERT INTO patient (pseudonym, records, segments) VALUES (?1, 0, x'')"
        )
        try statement.bind(copying: pseudonym.bytes, at: 1)
        try statement.run()
        guard let patient = try known(pseudonym) else { throw .damaged }
        return patient
    }

    mutating func remove(_ pseudonym: PatientPseudonym) throws(RecordsError) -> Int {
        guard let patient = try known(pseudonym) else { return 0 }
        met[pseudonym] = nil
        last = nil
        let rows = try RawStatement(
            database,
            "DELETE FROM record_version WHERE key BETWEEN ?1 AND ?2"
        )
        try rows.bind(RowKey.first(patient.ordinal), at: 1)
        try rows.bind(RowKey.last(patient.ordinal), at: 2)
        try rows.run()
        let count = database.changeCount
        let name = try RawStatement(database, "DELETE FROM patient WHERE ordinal = ?1")
        try name.bind(patient.ordinal, at: 1)
        try name.run()
        return count
    }

    /// Writes back what has changed.
    func save() throws(RecordsError) {
        for (_, patient) in met where patient.hasChanged {
            if patient.mayHaveUnusedSegments {
                patient.segments.keep(try usedSegments(of: patient.ordinal))
            }
            let statement = try RawStatement(
                database,
                "UPDATE patient SET records = ?2, segments = ?3 WHERE ordinal = ?1"
            )
            try statement.bind(patient.ordinal, at: 1)
            try statement.bind(patient.records, at: 2)
            try statement.bind(copying: patient.segments.bytes, at: 3)
            try statement.run()
        }
    }

    func pseudonym(_ ordinal: Int64) throws(RecordsError) -> PatientPseudonym {
        let statement = try RawStatement(
            database,
            "SELECT pseudonym FROM patient WHERE ordinal = ?1"
        )
        defer { statement.reset() }
        try statement.bind(ordinal, at: 1)
        guard try statement.step(), let found = PatientPseudonym(bytes: statement.bytes(0)) else {
            throw .damaged
        }
        return found
    }

    private func load(_ pseudonym: PatientPseudonym) throws(RecordsError) -> WriterPatient? {
        let statement = try RawStatement(
            database,
            """
            SELECT p.ordinal, p.records, p.segments,
                (SELECT max(key) FROM record_version
                    WHERE key BETWEEN p.ordinal << \(RowKey.sequenceBits)
                        AND (p.ordinal << \(RowKey.sequenceBits)) + \(RowKey.last(0)))
            FROM patient p WHERE p.pseudonym = ?1
            """
        )
        defer { statement.reset() }
        try statement.bind(copying: pseudonym.bytes, at: 1)
        guard try statement.step() else { return nil }
        return WriterPatient(
            ordinal: statement.integer(0),
            lastKey: statement.integer(3),
            records: statement.integer(1),
            segments: try SegmentList(statement.bytes(2))
        )
    }

    private func usedSegments(of ordinal: Int64) throws(RecordsError) -> Set<Int64> {
        let statement = try RawStatement(
            database,
            "SELECT DISTINCT segment FROM record_version WHERE key BETWEEN ?1 AND ?2"
        )
        defer { statement.reset() }
        try statement.bind(RowKey.first(ordinal), at: 1)
        try statement.bind(RowKey.last(ordinal), at: 2)
        var used: Set<Int64> = []
        while try statement.step() { used.insert(statement.integer(0)) }
        return used
    }
}
