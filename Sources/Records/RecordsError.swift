internal import GRDB
internal import GRDBSQLite
public import VaultCore

/// Why the store could not do something.
public enum RecordsError: Failure, Hashable {
    /// Another process, or another part of this one, has the store open.
    case inUse
    /// There is no store at the path.
    case missing
    /// Something is at the path already.
    case alreadyExists
    /// The file or its folder may not be written.
    case notWritable
    /// The disk is full; the transaction was undone and a later one may succeed.
    case diskFull
    /// The file is not a record store.
    case notARecordStore
    /// The file belongs to another vault.
    case anotherVault
    /// The file has a layout this program does not know.
    case unsupportedSchema(version: Int)
    /// The file is not as it was written.
    case damaged
    /// A reader held the store longer than the busy timeout.
    case busy
    /// Reading or writing failed; the number is SQLite's extended result code.
    case storageFailed(code: Int32)
    /// An earlier write failed in a way that leaves it unknown what the disk holds.
    case stopped
    /// The store was closed.
    case closed
    /// The version does not follow the newest one.
    case versionConflict(expected: UInt32)
    /// The number is neither the record's nor the patient's next.
    case numberConflict(expected: Int64)
    /// The record belongs to another patient and is not deleted there.
    case recordOfAnotherPatient
    /// Sixteen zero bytes cannot be a segment's tag.
    case reservedTag
    /// There is no such version to reseal.
    case noSuchRow

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .inUse, .notWritable, .diskFull, .busy, .storageFailed, .stopped: .inputOutput
        case .missing: .missingInput
        case .alreadyExists: .cannotCreate
        case .notARecordStore, .anotherVault, .damaged: .integrity
        case .unsupportedSchema, .recordOfAnotherPatient: .badInput
        case .closed, .versionConflict, .numberConflict, .reservedTag, .noSuchRow: .internalError
        }
    }

    /// Stable dotted code, `records.inUse`.
    public var code: String {
        switch self {
        case .inUse: "records.inUse"
        case .missing: "records.missing"
        case .alreadyExists: "records.alreadyExists"
        case .notWritable: "records.notWritable"
        case .diskFull: "records.diskFull"
        case .notARecordStore: "records.notARecordStore"
        case .anotherVault: "records.anotherVault"
        case .unsupportedSchema: "records.unsupportedSchema"
        case .damaged: "records.damaged"
        case .busy: "records.busy"
        case .storageFailed: "records.storageFailed"
        case .stopped: "records.stopped"
        case .closed: "records.closed"
        case .versionConflict: "records.versionConflict"
        case .numberConflict: "records.numberConflict"
        case .recordOfAnotherPatient: "records.recordOfAnotherPatient"
        case .reservedTag: "records.reservedTag"
        case .noSuchRow: "records.noSuchRow"
        }
    }

    /// One line that names no patient and no content.
    public var message: String {
        switch self {
        case .inUse: "the record store is in use by another process"
        case .missing: "there is no record store here"
        case .alreadyExists: "a file is here already"
        case .notWritable: "the record store or its folder may not be written"
        case .diskFull: "the disk is full; nothing of this write was kept"
        case .notARecordStore: "the file is not a record store"
        case .anotherVault: "the record store belongs to another vault"
        case .unsupportedSchema(let version):
            "the record store has layout `\(version)`, which this program does not know"
        case .damaged: "the record store is not as it was written"
        case .busy: "the record store was held by a reader for too long"
        case .storageFailed(let code): "the record store could not be read or written (`\(code)`)"
        case .stopped: "an earlier write failed, and what the disk holds is unknown"
        case .closed: "the record store is closed"
        case .versionConflict(let expected): "the next version of this record is `\(expected)`"
        case .numberConflict(let expected): "the number of this record is `\(expected)`"
        case .recordOfAnotherPatient: "a record with this type and id belongs to another patient"
        case .reservedTag: "a segment tag of zero bytes is reserved"
        case .noSuchRow: "there is no such version of this record"
        }
    }

    /// One line that says what to do next.
    public var hint: String {
        switch self {
        case .inUse: "stop the other process, or ask it to do this"
        case .missing: "check the vault's folder, or restore a backup"
        case .alreadyExists: "choose a path that does not exist"
        case .notWritable: "check who owns the vault's folder and how it is mounted"
        case .diskFull: "free some space and try again"
        case .notARecordStore, .damaged: "run `verify`, then restore a backup"
        case .anotherVault: "put back the file that belongs to this vault"
        case .unsupportedSchema: "use the program that wrote it, or a newer one"
        case .busy: "try again"
        case .storageFailed: "check the disk, then run `verify`"
        case .stopped: "restart the program, then run `verify`"
        case .recordOfAnotherPatient: "delete it there first, or give it another id"
        case .closed, .versionConflict, .numberConflict, .reservedTag, .noSuchRow:
            "please report this"
        }
    }

    /// Whether the transaction it happened in is lost.
    public var isStorageFailure: Bool {
        switch self {
        case .diskFull, .damaged, .busy, .storageFailed, .stopped, .closed, .notWritable: true
        default: false
        }
    }

    /// Translates SQLite's extended result code.
    init(sqlite code: Int32) {
        self =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_FULL: .diskFull
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN: .notWritable
            case SQLITE_CORRUPT, SQLITE_CONSTRAINT, SQLITE_MISMATCH: .damaged
            case SQLITE_NOTADB: .notARecordStore
            // GRDB answers so for a connection that was closed.
            case SQLITE_MISUSE: .closed
            default: .storageFailed(code: code)
            }
    }

    /// Translates what GRDB threw; the text of its errors goes no further.
    init(_ error: any Error) {
        switch error {
        case let error as RecordsError: self = error
        case let error as DatabaseError: self.init(sqlite: error.extendedResultCode.rawValue)
        default: self = .storageFailed(code: SQLITE_ERROR)
        }
    }
}
