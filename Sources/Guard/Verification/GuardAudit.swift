public import VaultCore

/// Something that is not as it was written.
public struct AuditProblem: Sendable, Hashable {
    /// Which promise is broken: `log`, `checkpoint`, `state`, `key`, `index`, `record`, `file`.
    public let kind: String
    /// What and where, without naming anybody.
    public let detail: String

    /// Describes a problem.
    ///
    /// - Parameters:
    ///   - kind: Which promise is broken.
    ///   - detail: What and where.
    public init(kind: String, detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

/// One sealed version that the record side must hold, as the log says.
public struct ExpectedVersion: Sendable, Hashable {
    /// Record number.
    public let number: UInt32
    /// Version, from 1.
    public let version: UInt32
    /// Index of the intent that announced it.
    public let logIndex: UInt64
    /// What the intent committed to, 32 bytes.
    public let commitment: [UInt8]
}

/// A share of the patients: an audit takes the shares one after the other, so that what it must remember of
/// their records does not grow with the vault.
public struct AuditShare: Sendable, Hashable {
    /// Which share, from 0; the first one also checks what belongs to no patient.
    public let number: UInt32
    /// How many there are, at least 1.
    public let count: UInt32

    /// All patients at once.
    public static let whole = AuditShare(number: 0, of: 1)

    /// Names a share.
    ///
    /// - Parameters:
    ///   - number: Which, from 0 to `count - 1`.
    ///   - count: How many there are, at least 1.
    public init(number: UInt32, of count: UInt32) {
        precondition(number < count, "no such share")
        self.number = number
        self.count = count
    }

    /// Whether a patient is in this share; pseudonyms are evenly spread.
    ///
    /// - Parameter patient: By the name on the record side.
    /// - Returns: True in exactly one of the shares.
    public func holds(_ patient: PatientPseudonym) -> Bool {
        patient.high % UInt64(count) == UInt64(number)
    }

    /// Whether it is the one that checks what belongs to no patient.
    public var isFirst: Bool { number == 0 }
}

/// What a replay of the whole log found.
public struct GuardAudit: Sendable {
    /// Entries in the log.
    public var entries: UInt64 = 0
    /// Everything that does not hold.
    public var problems: [AuditProblem] = []
    /// What is worth knowing and no problem: abandoned writes, open intents.
    public var notes: [String] = []
    /// What the record side must hold, by patient, in order of number and version.
    public var expected: [PatientPseudonym: [ExpectedVersion]] = [:]
    /// Records of each breach case, in order, for whoever knows which steps are allowed.
    public var incidents: [String: [JSONValue]] = [:]
}
