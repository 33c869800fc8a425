public import VaultCore

/// What an import did.
public struct ImportReport: Sendable, Hashable {
    /// Patients that the file has resources of, by type and id; reports of several files are joined by it.
    public var patientIDs: Set<RecordID> = []
    /// How many patients the file has resources of.
    public var patients: Int { patientIDs.count }
    /// Resources in the file.
    public var resources = 0
    /// Resources that were new or changed.
    public var stored = 0
    /// Stored records that moved to another segment because their labels changed.
    public var relabelled = 0
    /// Bytes of JSON stored.
    public var bytes = 0
    /// Resources with a clinical code that no table knows.
    public var unlabelled = 0
    /// Log index of the `stored` entry; `nil` where nothing was new.
    public var logIndex: UInt64?

    /// A report of nothing yet.
    public init() {}
}
