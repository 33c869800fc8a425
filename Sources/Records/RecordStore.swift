public import VaultCore

/// Which versions a read visits.
public enum VersionSelection: Sendable, Hashable {
    /// The newest version of each record that is not deleted.
    case current
    /// Every version, superseded and deleted ones too.
    case all
}

/// How much a store holds.
public struct StoreCounts: Sendable, Hashable {
    /// Patients with at least one record.
    public var patients: Int
    /// Records, deleted ones included.
    public var records: Int
    /// Versions of all records.
    public var versions: Int

    /// Joins the counts.
    ///
    /// - Parameters:
    ///   - patients: Patients with at least one record.
    ///   - records: Records, deleted ones included.
    ///   - versions: Versions of all records.
    public init(patients: Int, records: Int, versions: Int) {
        self.patients = patients
        self.records = records
        self.versions = versions
    }
}

/// Stores and finds sealed versions; synchronous, safe to call from any thread.
///
/// Reads run beside each other and beside one writer, and see the last committed state. A read inside
/// a read is allowed as long as fewer than ``SQLiteRecordStore/Options/readerCount`` are nested.
public protocol RecordStore: Sendable {
    /// Runs one transaction; when it returns, everything written is on disk.
    ///
    /// - Parameter body: Writes through the writer it gets, which ends with the call; an error undoes
    ///   the transaction. Must not call `write` again.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or ``RecordsError``.
    @discardableResult
    func write<Result>(_ body: (any RecordWriter) throws -> Result) throws -> Result

    /// Visits a patient's rows in the order in which they were stored.
    ///
    /// - Parameters:
    ///   - patient: Whose; an unknown patient has no rows.
    ///   - segments: Only rows of these; `nil` means all.
    ///   - versions: Which versions.
    ///   - body: Gets each row for the length of the call.
    /// - Throws: What `body` throws, or ``RecordsError``.
    func forEachRow(
        of patient: PatientPseudonym,
        segments: Set<SegmentTag>?,
        versions: VersionSelection,
        body: (BorrowedRow) throws -> Void
    ) throws

    /// Finds one version of a record.
    ///
    /// - Parameters:
    ///   - record: Which record.
    ///   - version: Which version; `nil` means the newest, which may be a tombstone.
    /// - Returns: The row, or `nil` where there is none.
    /// - Throws: ``RecordsError``.
    func row(_ record: RecordTag, version: UInt32?) throws -> SealedRow?

    /// Finds all versions of a record, newest first.
    ///
    /// - Parameter record: Which record.
    /// - Returns: The rows; none where the record is unknown.
    /// - Throws: ``RecordsError``.
    func history(of record: RecordTag) throws -> [SealedRow]

    /// Visits everything, patient by patient, then by number and version, in one consistent state.
    ///
    /// - Parameter body: Gets each row for the length of the call.
    /// - Throws: What `body` throws, or ``RecordsError``.
    func forEachVersion(_ body: (BorrowedRow) throws -> Void) throws

    /// Lists the patients, in the order in which they came.
    ///
    /// - Returns: Each pseudonym with its number of records, deleted ones included.
    /// - Throws: ``RecordsError``.
    func patients() throws -> [(patient: PatientPseudonym, records: Int64)]

    /// How many records a patient has, deleted ones included: the number the next one gets.
    ///
    /// - Parameter patient: Whose; 0 for an unknown patient.
    /// - Returns: The count.
    /// - Throws: ``RecordsError``.
    func recordCount(of patient: PatientPseudonym) throws -> Int64

    /// Counts everything.
    ///
    /// - Returns: Patients, records, versions.
    /// - Throws: ``RecordsError``.
    func counts() throws -> StoreCounts

    /// Checks everything that a seal cannot see; reads the whole store.
    ///
    /// - Returns: What is wrong, at most ``IntegrityProblem/limit`` of them; empty where all is well.
    /// - Throws: ``RecordsError`` where the check itself could not run.
    func integrityCheck() throws -> [IntegrityProblem]

    /// Deletes all rows of a patient and overwrites their bytes, in the log file too.
    ///
    /// Without its key a row is unreadable already; this removes the rest. A reader that stays in
    /// `forEachRow` longer than the busy timeout keeps the old log file until ``close()``.
    ///
    /// - Parameter patient: Whose.
    /// - Returns: How many versions were deleted.
    /// - Throws: ``RecordsError``.
    @discardableResult
    func erase(_ patient: PatientPseudonym) throws -> Int

    /// Copies the last committed state into a new file, while reads and writes go on.
    ///
    /// - Parameter path: A file that does not exist yet; complete and on disk when this returns.
    /// - Throws: ``RecordsError/alreadyExists``, or another ``RecordsError`` and no file.
    func backup(to path: String) throws

    /// Gives back what a bulk write left beside the data; to be called after one.
    ///
    /// - Throws: ``RecordsError``; nothing is lost then.
    func settle() throws

    /// Ends all use; waits for reads in progress and leaves one file without a log beside it.
    ///
    /// - Throws: ``RecordsError``; the store is closed all the same.
    func close() throws
}

extension RecordStore {
    /// Nothing to give back.
    ///
    /// - Throws: Never.
    public func settle() throws {}
}

/// Writes inside one transaction of ``RecordStore/write(_:)``; sees what it has written.
///
/// After an error of the storage (``RecordsError/isStorageFailure``) every further call throws it
/// again, so that nothing is written outside the transaction it belonged to.
public protocol RecordWriter {
    /// Adds a version and makes it the current one of its record.
    ///
    /// - Parameters:
    ///   - header: The version must follow the newest one, or be 1. The number must be the record's,
    ///     or the next of the patient.
    ///   - sealed: Ciphertext; read before the call returns, not copied.
    /// - Throws: ``RecordsError/versionConflict(expected:)``,
    ///   ``RecordsError/numberConflict(expected:)``, ``RecordsError/recordOfAnotherPatient``,
    ///   ``RecordsError/reservedTag`` or a storage failure.
    func insert(_ header: RowHeader, sealed: UnsafeRawBufferPointer) throws(RecordsError)

    /// Replaces segment, epoch, log index and sealed bytes of a stored version: its labels or its
    /// patient's key changed.
    ///
    /// - Parameters:
    ///   - header: Patient, record, number, version and tombstone must be those of the stored row.
    ///   - sealed: Ciphertext; read before the call returns, not copied.
    /// - Throws: ``RecordsError/noSuchRow``, ``RecordsError/reservedTag`` or a storage failure.
    func reseal(_ header: RowHeader, sealed: UnsafeRawBufferPointer) throws(RecordsError)

    /// Deletes all rows of a patient.
    ///
    /// - Parameter patient: Whose.
    /// - Returns: How many versions were deleted.
    /// - Throws: A storage failure.
    @discardableResult
    func erase(_ patient: PatientPseudonym) throws(RecordsError) -> Int

    /// How many records a patient has: the number the next one gets.
    ///
    /// - Parameter patient: Whose; 0 for an unknown patient.
    /// - Returns: The count.
    /// - Throws: A storage failure.
    func recordCount(of patient: PatientPseudonym) throws(RecordsError) -> Int64

    /// The newest version of a record, as this transaction sees it.
    ///
    /// - Parameter record: Which record.
    /// - Returns: Its place, or `nil` where the record is unknown.
    /// - Throws: A storage failure.
    func newest(_ record: RecordTag) throws(RecordsError) -> NewestVersion?

    /// The current rows of some records of a patient, as this transaction sees them.
    ///
    /// - Parameters:
    ///   - patient: Whose; an unknown patient has none.
    ///   - numbers: Record numbers.
    /// - Returns: In the order in which they were stored; deleted records are left out.
    /// - Throws: A storage failure.
    /// - Complexity: O(rows of the patient).
    func currentRows(
        of patient: PatientPseudonym,
        numbers: Set<Int64>
    ) throws(RecordsError) -> [SealedRow]
}

/// Where a record stands inside a transaction.
public struct NewestVersion: Sendable, Hashable {
    /// The record's place in its patient's list.
    public var number: Int64
    /// The newest version.
    public var version: UInt32
    /// Whether that version is a tombstone.
    public var isDeleted: Bool
    /// Whose record it is.
    public var patient: PatientPseudonym
}
