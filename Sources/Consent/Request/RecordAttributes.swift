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

/// What the rules can tell about one record beyond its segment; never changes once read.
public final class RecordDetail: Sendable {
    /// FHIR resource type.
    public let resourceType: String
    /// Logical id, where the record has one.
    public let id: RecordID?
    /// `meta.security` as received.
    public let securityCodes: [CodedValue]
    /// Every coding in the record that says what it is about, and media types of its attachments.
    public let codes: [CodedValue]
    /// `meta.profile`.
    public let profiles: [String]
    /// Clinically relevant time; `nil` where the record has none.
    public let time: ClinicalTime?
    /// Who wrote it: references and `SYS|VAL` identifiers.
    public let authors: [String]
    /// Every reference in the record: literal ones and `SYS|VAL` of logical ones.
    public let references: [String]
    /// `Type/id`, the form in which facts name records.
    let key: String?
    /// Order of the strictest confidentiality code, -1 where there is none.
    let confidentiality: Int8
    /// What its security codes say of topics, as bits where all of them are v3 codes.
    let topics: RecordView.Topics

    /// Describes a record.
    ///
    /// - Parameters:
    ///   - resourceType: FHIR resource type.
    ///   - id: Logical id.
    ///   - securityCodes: `meta.security`.
    ///   - codes: Every coding that says what it is about.
    ///   - profiles: `meta.profile`.
    ///   - time: Clinically relevant time.
    ///   - authors: Who wrote it.
    ///   - references: Every reference in it.
    public init(
        resourceType: String,
        id: RecordID? = nil,
        securityCodes: [CodedValue] = [],
        codes: [CodedValue] = [],
        profiles: [String] = [],
        time: ClinicalTime? = nil,
        authors: [String] = [],
        references: [String] = []
    ) {
        self.resourceType = resourceType
        self.id = id
        self.securityCodes = securityCodes
        self.codes = codes
        self.profiles = profiles
        self.time = time
        self.authors = authors
        self.references = references
        key = id?.description
        confidentiality = Int8(
            securityCodes.compactMap { LabelCodes.confidentialityRank($0) }.max() ?? -1
        )
        topics = LabelCodes.topics(of: securityCodes).map { .known($0) } ?? .foreign
    }
}

/// What the rules can tell about a record: its segment, and the rest unless only the segment is asked.
///
/// A record that names two patients is decided twice, once with the facts of each, and released only
/// where both permit; ``otherPatients`` tells the caller whose facts to load.
public struct RecordAttributes: Sendable {
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
