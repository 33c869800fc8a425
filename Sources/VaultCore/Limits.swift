/// Bounds on everything that reaches the vault from outside; what is larger is refused, never cut.
public enum Limits {
    /// Most bytes of one record's JSON: 64 MiB.
    public static let maximumRecordByteCount = 64 << 20
    /// Deepest nesting of JSON arrays and objects; deeper input is refused, not recursed into.
    public static let maximumJSONDepth = 256
    /// Most entries of one Bundle.
    public static let maximumBundleEntryCount = 10_000_000
    /// Longest FHIR id in characters (FHIR R4 datatypes, `id`).
    public static let maximumIDLength = 64
    /// Longest free-text reason a requester may give, in UTF-8 bytes.
    public static let maximumReasonByteCount = 2_000
    /// Life of a read grant in microseconds: 5 minutes.
    public static let grantLifetime: Duration = .seconds(300)
    /// Life of a break-glass declaration: 4 hours; each request in it gets a grant of its own.
    public static let breakGlassLifetime: Duration = .seconds(4 * 3600)
    /// A write that nobody continues for so long has ended: 15 minutes.
    public static let writeIdleLifetime: Duration = .seconds(900)
    /// Patients whose keys one shard key wraps.
    public static let patientsPerShard = 256
}
