public import FHIRModel
public import VaultCore

/// The clinically relevant time of a record, both ends as written.
public struct ClinicalTime: Sendable, Hashable {
    /// Start, or the only date.
    public let first: PartialDate
    /// End, or the only date.
    public let last: PartialDate

    /// Joins two dates.
    ///
    /// - Parameters:
    ///   - first: Start, or the only date.
    ///   - last: End, or the only date.
    public init(first: PartialDate, last: PartialDate) {
        self.first = first
        self.last = last
    }
}

/// What the rules can tell about one record beyond its segment.
public struct RecordDetail: Sendable, Hashable {
    /// FHIR resource type.
    public var resourceType: String
    /// Logical id, where the record has one.
    public var id: RecordID?
    /// `meta.security` as received.
    public var securityCodes: [CodedValue] = []
    /// Every coding in the record that says what it is about, and media types of its attachments.
    public var codes: [CodedValue] = []
    /// `meta.profile`.
    public var profiles: [String] = []
    /// Clinically relevant time; `nil` where the record has none.
    public var time: ClinicalTime?
    /// Who wrote it: references and `SYS|VAL` identifiers.
    public var authors: [String] = []
    /// Every reference in the record: literal ones and `SYS|VAL` of logical ones.
    public var references: [String] = []

    /// Describes a record with nothing but its type.
    ///
    /// - Parameter resourceType: FHIR resource type.
    public init(resourceType: String) {
        self.resourceType = resourceType
    }
}

/// What the rules can tell about a record: its segment, and the rest unless only the segment is asked.
///
/// A record that names two patients is decided twice, once with the facts of each, and released only
/// where both permit; ``otherPatients`` tells the caller whose facts to load.
public struct RecordAttributes: Sendable, Hashable {
    /// Data category.
    public var category: DataCategory
    /// Sensitivity labels.
    public var labels: LabelSet
    /// Everything finer than the segment; `nil` asks for all records of the segment at once.
    public var detail: RecordDetail?
    /// Patients besides the subject whom the record names: `Patient/2`.
    public var otherPatients: [RecordID] = []

    /// Describes a record or, without detail, a whole segment.
    ///
    /// - Parameters:
    ///   - category: Data category.
    ///   - labels: Sensitivity labels.
    ///   - detail: Everything finer than the segment.
    public init(category: DataCategory, labels: LabelSet, detail: RecordDetail? = nil) {
        self.category = category
        self.labels = labels
        self.detail = detail
    }
}
