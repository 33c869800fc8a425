/// What an import did.
public struct ImportReport: Sendable, Hashable {
    /// Patients that the file has resources of.
    public var patients = 0
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
