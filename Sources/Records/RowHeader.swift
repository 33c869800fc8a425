public import VaultCore

/// What is stored about one version of one record beside its sealed bytes.
///
/// All of it is either bound by the seal (patient, segment, epoch, record, version), or compared with
/// the log by `verify` (number, log index, tombstone), so that no stored value goes unchecked.
public struct RowHeader: Sendable, Hashable {
    /// Whose record this is.
    public var patient: PatientPseudonym
    /// The record's place in the patient's list, from 0 without gaps; all versions have the same.
    public var number: Int64
    /// Which version, from 1 without gaps.
    public var version: UInt32
    /// Which read key opens the sealed bytes.
    public var segment: SegmentTag
    /// Which record this is.
    public var record: RecordTag
    /// The write session whose key sealed the bytes.
    public var epoch: Epoch
    /// Zero-based index of the log entry that announced this row as it is now.
    public var logIndex: Int64
    /// Whether this version says that the record was deleted.
    public var isDeleted: Bool

    /// Joins the parts.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - number: The record's place in the patient's list, from 0.
    ///   - version: From 1.
    ///   - segment: Which read key opens it; not sixteen zero bytes.
    ///   - record: Which record.
    ///   - epoch: The write session.
    ///   - logIndex: The announcing log entry.
    ///   - isDeleted: Whether this version is a tombstone.
    public init(
        patient: PatientPseudonym,
        number: Int64,
        version: UInt32,
        segment: SegmentTag,
        record: RecordTag,
        epoch: Epoch,
        logIndex: Int64,
        isDeleted: Bool = false
    ) {
        self.patient = patient
        self.number = number
        self.version = version
        self.segment = segment
        self.record = record
        self.epoch = epoch
        self.logIndex = logIndex
        self.isDeleted = isDeleted
    }

    /// Bytes that ``appendCommittedBytes(to:)`` adds.
    public static let committedByteCount = 77

    /// Appends what a log entry commits to beside the sealed bytes.
    ///
    /// Shape: patient 16, record 16, segment 16, epoch 16, number 8 (big-endian), version 4
    /// (big-endian), tombstone 1 (0 or 1). The log index is left out: it is the entry's own.
    ///
    /// - Parameter bytes: Grows by ``committedByteCount``.
    public func appendCommittedBytes(to bytes: inout [UInt8]) {
        bytes += patient.bytes
        bytes += record.bytes
        bytes += segment.bytes
        bytes += epoch.bytes
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
        withUnsafeBytes(of: version.bigEndian) { bytes += $0 }
        bytes.append(isDeleted ? 1 : 0)
    }
}

/// One stored version with a copy of its sealed bytes.
public struct SealedRow: Sendable, Hashable {
    /// What is stored beside the sealed bytes.
    public var header: RowHeader
    /// Whether this is the newest version of its record.
    public var isCurrent: Bool
    /// Ciphertext.
    public var sealed: [UInt8]

    /// Joins the parts.
    ///
    /// - Parameters:
    ///   - header: What is stored beside the sealed bytes.
    ///   - isCurrent: Whether this is the newest version.
    ///   - sealed: Ciphertext.
    public init(header: RowHeader, isCurrent: Bool, sealed: [UInt8]) {
        self.header = header
        self.isCurrent = isCurrent
        self.sealed = sealed
    }
}

/// One stored version, lent for the length of a call.
public struct BorrowedRow {
    /// What is stored beside the sealed bytes.
    public let header: RowHeader
    /// Whether this is the newest version of its record.
    public let isCurrent: Bool
    /// Ciphertext; the memory is SQLite's and valid only until the closure that got it returns.
    public let sealed: UnsafeRawBufferPointer

    /// Views a row that is held elsewhere.
    ///
    /// - Parameters:
    ///   - header: What the row says.
    ///   - isCurrent: Whether it is the newest version.
    ///   - sealed: Valid as long as the view is used.
    public init(header: RowHeader, isCurrent: Bool, sealed: UnsafeRawBufferPointer) {
        self.header = header
        self.isCurrent = isCurrent
        self.sealed = sealed
    }

    /// Copies the row, so that it may outlive the call.
    ///
    /// - Returns: The same row with its own bytes.
    public func copy() -> SealedRow {
        SealedRow(header: header, isCurrent: isCurrent, sealed: Array(sealed))
    }
}
