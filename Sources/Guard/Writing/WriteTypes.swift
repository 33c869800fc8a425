public import Consent
public import FHIRModel
public import Sealing
public import VaultCore

/// A write session's id: 16 random bytes.
public typealias WriteSessionID = SessionID

/// One resource that a write wants to keep; the Guard sees what it is, never what it says.
public struct WriteItem: Sendable {
    /// Type and id.
    public var record: RecordID
    /// SHA-256 of the bytes to be stored, 32 bytes.
    public var digest: [UInt8]
    /// Data category.
    public var category: DataCategory
    /// Labels that the record itself shows.
    public var labels: LabelSet
    /// Whether it names a second patient.
    public var namesOthers: Bool
    /// Those of the labels that codes or marks set, not words alone.
    public var coded: LabelSet
    /// Records it refers to, and how their labels follow.
    public var links: [LabelGraph<RecordID>.Link]
    /// Why each label was given: table, code or word list, and element; never the record's words.
    public var bases: [String]
    /// Whether this version is a deletion.
    public var isDeletion: Bool

    /// Describes a resource.
    ///
    /// - Parameters:
    ///   - record: Type and id.
    ///   - digest: SHA-256 of the bytes to be stored.
    ///   - category: Data category.
    ///   - labels: Labels that the record itself shows.
    ///   - namesOthers: Whether it names a second patient.
    ///   - coded: Those of the labels that codes or marks set.
    ///   - links: Records it refers to, and how their labels follow.
    ///   - bases: Why each label was given.
    ///   - isDeletion: Whether this version is a deletion.
    public init(
        record: RecordID,
        digest: [UInt8],
        category: DataCategory,
        labels: LabelSet,
        namesOthers: Bool,
        coded: LabelSet = .none,
        links: [LabelGraph<RecordID>.Link] = [],
        bases: [String] = [],
        isDeletion: Bool = false
    ) {
        self.record = record
        self.digest = digest
        self.category = category
        self.labels = labels
        self.namesOthers = namesOthers
        self.coded = coded
        self.links = links
        self.bases = bases
        self.isDeletion = isDeletion
    }
}

/// All that a write has for one patient, or for the shared directory.
public struct PatientWrite: Sendable {
    /// `Patient/ID`, or `nil` for the shared directory.
    public var patient: RecordID?
    /// The resources, in order; a record may come once.
    public var items: [WriteItem]
    /// Facts that the resources state, in effect only where the writer may state facts.
    public var facts: [PatientFacts.Entry]
    /// Who the patient is, where the patient's own resource is among the items.
    public var identity: PatientIdentity?
    /// Whom RelatedPerson resources among the items name; kept for letters, never searched for.
    public var related: [PatientIdentity.Representative] = []

    /// Collects a patient's share of a write.
    ///
    /// - Parameters:
    ///   - patient: `Patient/ID`, or `nil` for the shared directory.
    ///   - items: The resources.
    ///   - facts: Facts that the resources state.
    ///   - identity: Who the patient is.
    public init(
        patient: RecordID?,
        items: [WriteItem],
        facts: [PatientFacts.Entry],
        identity: PatientIdentity?
    ) {
        self.patient = patient
        self.items = items
        self.facts = facts
        self.identity = identity
    }
}

/// Where and under which key one version is to be sealed.
public struct StorePlan: Sendable {
    /// Record number, dense per patient.
    public let number: UInt32
    /// Version, from 1.
    public let version: UInt32
    /// The record's name on the record side.
    public let tag: RecordTag
    /// The segment's name on the record side.
    public let segment: SegmentTag
    /// Seals this session's records of that segment; opens nothing that others wrote.
    public let writeKey: SecretKey
}

/// A stored record whose labels change with this write: sealed again in its new segment.
public struct MovePlan: Sendable {
    /// Record number; number and version stay.
    public let number: UInt32
    /// The version that moves.
    public let version: UInt32
    /// The segment it lies in now.
    public let from: SegmentTag
    /// The segment's name it goes to.
    public let to: SegmentTag
    /// Seals it there.
    public let writeKey: SecretKey
}

/// What the Guard answers to one patient's share of a write.
public struct PatientPlan: Sendable {
    /// The patient's name on the record side.
    public let pseudonym: PatientPseudonym
    /// The session's epoch.
    public let epoch: Epoch
    /// For each item where to store it; `nil` where the same bytes are stored already.
    public let stores: [StorePlan?]
    /// Stored records that must move.
    public let moves: [MovePlan]
}

/// Hashes of what was sealed for one patient: the stores that are not `nil`, then the moves.
public struct SealedHashes: Sendable {
    /// The patient's name on the record side.
    public var pseudonym: PatientPseudonym
    /// SHA-256 of each sealed version as a Merkle leaf, 32 bytes.
    public var hashes: [[UInt8]]

    /// Collects hashes.
    ///
    /// - Parameters:
    ///   - pseudonym: The patient's name on the record side.
    ///   - hashes: In the plan's order.
    public init(pseudonym: PatientPseudonym, hashes: [[UInt8]]) {
        self.pseudonym = pseudonym
        self.hashes = hashes
    }
}

/// An intent that a crash left open: whether its rows are there decides how it is closed.
public struct OpenIntent: Sendable {
    /// Index of the intent in the log.
    public let index: UInt64
    /// Its write session; all intents of a session share one transaction of rows.
    public let session: WriteSessionID
    /// A row that is there exactly when the transaction was committed.
    public let probe: (record: RecordTag, version: UInt32)?
}
