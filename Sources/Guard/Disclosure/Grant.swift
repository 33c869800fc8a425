public import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

/// Where an entry stands in the log, for who must be able to prove it later.
public struct Receipt: Sendable, Hashable {
    /// Index of the entry.
    public let index: UInt64
    /// Its leaf hash, 32 bytes.
    public let leafHash: [UInt8]

    /// Describes an entry's place.
    ///
    /// - Parameters:
    ///   - index: Index of the entry.
    ///   - leafHash: 32 bytes.
    public init(index: UInt64, leafHash: [UInt8]) {
        self.index = index
        self.leafHash = leafHash
    }
}

/// A segment whose read key is in a grant.
public struct GrantedSegment: Sendable {
    /// The segment.
    public let segment: Segment
    /// Its name on the record side.
    public let tag: SegmentTag
    /// Opens every epoch of it.
    public let readKey: SecretKey
    /// Whether each record must still be asked for after it was opened.
    public let needsFilter: Bool
}

/// What a permitted request gets: read keys of the permitted segments, for one principal, patient and
/// purpose, for five minutes.
///
/// Keys were released the moment this value exists: the scope of a breach counts a grant as reach for all
/// versions of its segments until the patient's key is rotated.
public struct Grant: Sendable {
    /// The grant's id.
    public let id: GrantID
    /// Whose record.
    public let patient: PatientPseudonym
    /// The patient's FHIR reference.
    public let reference: RecordID
    /// The decision, with its rules and obligations.
    public let decision: Decision
    /// The permitted segments that hold something.
    public let segments: [GrantedSegment]
    /// Decides on single records of segments that need it; the same rules and facts as the Guard's.
    public let context: DecisionContext
    /// The one record that was asked for by id.
    public let record: (tag: RecordTag, number: UInt32)?
    /// What the response carries, where that is known already and stands in the decision's own entry.
    public let manifest: Manifest?
    /// The shared directory's segment; organizations and practitioners are nobody's patient data.
    public let directory: DirectoryGrant?
    /// When the grant ends.
    public let end: Instant
    /// The decision's entry.
    public let receipt: Receipt
}

/// The keys of the shared directory.
public struct DirectoryGrant: Sendable {
    /// The directory's name on the record side.
    public let pseudonym: PatientPseudonym
    /// Its segments.
    public let segments: [GrantedSegment]
}

/// How a request for a disclosure ended; a refusal is a value with reasons, not an error.
public enum ReleaseOutcome: Sendable {
    /// Permitted.
    case granted(Grant)
    /// Refused; unknown, hidden and denied patients look alike.
    case denied(Denial)
}

/// A refusal, in words that reveal nothing.
public struct Denial: Sendable, Hashable {
    /// The refusal's entry.
    public let receipt: Receipt
    /// What the requester may know.
    public let reason: String

    /// The same words for a patient who is unknown, erased, hidden or denied.
    static let reason = "nothing is available to you for this purpose"
}

/// The live grants of this process.
struct GrantTable {
    struct Live {
        var principal: PrincipalID
        var patient: PatientPseudonym
        var factsIndex: UInt64
        /// Of the shared directory, whose facts decide too.
        var directoryIndex: UInt64
        var segments: Set<Segment>
        var end: Instant
        /// The decision's header, repeated by the disclosure's entry.
        var header: EntryHeader
    }

    private(set) var live: [GrantID: Live] = [:]

    mutating func add(_ id: GrantID, _ grant: Live, now: Instant) {
        if live.count > 10_000 { live = live.filter { $0.value.end > now } }
        live[id] = grant
    }

    mutating func end(_ id: GrantID) { live[id] = nil }
    mutating func revokeAll() { live = [:] }
    mutating func revokeAll(of principal: PrincipalID) {
        live = live.filter { $0.value.principal != principal }
    }
    mutating func revokeAll(for patient: PatientPseudonym) {
        live = live.filter { $0.value.patient != patient }
    }
}
