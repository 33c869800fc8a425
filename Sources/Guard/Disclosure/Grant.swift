public import Consent
internal import MerkleLog
public import Sealing
internal import Synchronization
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
    /// The question, and what it was decided by.
    package let filter: GrantFilter
    /// Decides on single records of segments that need it; the same rules and facts as the Guard's.
    public var context: DecisionContext { filter.context }
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
    /// Proves to the Guard that this grant was handed out; its id alone stands in the log for others to read.
    package let ticket: [UInt8]

    package init(
        id: GrantID,
        patient: PatientPseudonym,
        reference: RecordID,
        decision: Decision,
        segments: [GrantedSegment],
        filter: GrantFilter,
        record: (tag: RecordTag, number: UInt32)?,
        manifest: Manifest?,
        directory: DirectoryGrant?,
        end: Instant,
        receipt: Receipt,
        ticket: [UInt8]
    ) {
        self.id = id
        self.patient = patient
        self.reference = reference
        self.decision = decision
        self.segments = segments
        self.filter = filter
        self.record = record
        self.manifest = manifest
        self.directory = directory
        self.end = end
        self.receipt = receipt
        self.ticket = ticket
    }
}

/// The question and the facts by which single records of a grant are decided, with the answering rules.
package final class GrantFilter: Sendable {
    /// What was asked, by whom, when.
    package let request: AccessRequest
    /// What is known of the patient.
    package let facts: PatientFacts
    /// What is known of practitioners and organizations.
    package let directory: PatientFacts
    /// Index of the entry that last changed ``directory``: who has it need not be sent it again.
    package let directoryIndex: UInt64
    private let policies: PolicySet
    private let made: Mutex<DecisionContext?>

    init(
        request: AccessRequest,
        facts: PatientFacts,
        directory: PatientFacts,
        directoryIndex: UInt64,
        policies: PolicySet = .empty,
        context: DecisionContext? = nil
    ) {
        self.request = request
        self.facts = facts
        self.directory = directory
        self.directoryIndex = directoryIndex
        self.policies = policies
        made = Mutex(context)
    }

    /// Gives the answers; worked out when it is first asked for, because whole segments need none.
    package var context: DecisionContext {
        made.withLock { made in
            if let made { return made }
            let context = DecisionContext(
                request: request,
                facts: facts,
                directory: directory,
                policies: policies
            )
            made = context
            return context
        }
    }

    /// Stands where a grant is only shown, by its id and ticket.
    static let nothing = GrantFilter(
        request: AccessRequest(
            requester: Requester(kind: .patient),
            patient: Question.nobody,
            purposes: [],
            now: Instant(microseconds: 0)
        ),
        facts: PatientFacts(),
        directory: PatientFacts(),
        directoryIndex: 0
    )
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
