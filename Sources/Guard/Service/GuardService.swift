public import Consent
public import Sealing
public import VaultCore

/// Everything that the record side may ask of a Guard, wherever the Guard runs.
///
/// `GuardCore` is the Guard in this process; `GuardLink`'s client is one in another. Every call takes and
/// returns values, blocks until its answer may be relied on, and names who asks: by a caller, or by
/// something that only a caller could have got (a grant, a write session). What was answered is durable.
public protocol GuardService: Sendable {
    /// The vault's id.
    var vault: VaultID { get }
    /// The log's name, first line of every checkpoint.
    var origin: String { get }
    /// The policies in force.
    var policies: PolicySet { get }
    /// Whether the vault's first entry says `demo`.
    var isDemo: Bool { get }
    /// SHA-256 over the policies in force (as a Merkle leaf), in hexadecimal.
    var policyDigest: String { get }
    /// The public key that checkpoints are checked with, in C2SP's text form.
    var verifierKey: String { get }

    // MARK: The Guard itself

    /// Signs a checkpoint over the present log; it tells nothing but size and root.
    func checkpoint() throws -> String
    /// The time that a step of a breach case is recorded at.
    func incidentTime() throws -> Instant
    /// Counts what there is.
    func status(by caller: Caller) throws -> GuardStatus
    /// Ends the use of the Guard: one in this process is sealed, one elsewhere goes on.
    func close() throws

    // MARK: Principals

    /// Registers a principal.
    func register(_ principal: Principal, by caller: Caller, context: CallContext) throws
    /// Ends a principal's right to act.
    func disable(_ id: PrincipalID, by caller: Caller, context: CallContext) throws
    /// Principals that the caller may know of, by id.
    func principals(by caller: Caller) throws -> [Principal]
    /// Opens a session for a principal that signs for it.
    func openSession(_ statement: SignedStatement, context: CallContext) throws -> SessionID

    // MARK: Disclosure

    /// Decides, writes the decision, and only then hands over read keys.
    func release(_ request: ReleaseRequest, by caller: Caller) throws -> ReleaseOutcome
    /// Records what a response carries, before it leaves.
    func recordDisclosure(_ grant: Grant, carrying manifest: Manifest) throws -> Receipt
    /// Whether a record may go as far as another patient whom it names is concerned.
    func permits(
        _ record: RecordAttributes,
        of other: RecordID,
        under grant: Grant
    ) throws -> Bool
    /// Names of shared directory records on the record side.
    func directoryTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag]
    /// How records that a response refers to stand to its request.
    func standing(
        of records: [RecordID],
        to context: DecisionContext,
        under grant: Grant
    ) throws -> [ReferenceStanding]
    /// The same for a record side elsewhere, by the facts as they are in the Guard.
    func standing(
        of records: [RecordID],
        to request: AccessRequest,
        under grant: Grant
    ) throws -> [ReferenceStanding]
    /// Finds patients by the blind index.
    func find(_ query: FindQuery, by caller: Caller) throws -> FindOutcome

    // MARK: Facts

    /// States facts of a patient that are no record.
    func state(
        _ entries: [PatientFacts.Entry],
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt
    /// Withdraws what a record states, whoever's it is.
    func withdraw(
        anyOf origins: [RecordID],
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt
    /// What an origin states, and of whom.
    func statement(
        _ origin: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> StatedFact
    /// Decides as if a consent were in force.
    func tryConsent(
        _ consent: PatientFacts.Entry?,
        of patient: PatientDesignation,
        for requester: Requester,
        purposes: [String],
        by caller: Caller,
        context: CallContext
    ) throws -> ConsentTrial
    /// Notes an officer's review of an emergency access.
    func reviewEmergency(
        _ index: UInt64,
        finding: ReviewFinding,
        note: String?,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt
    /// The consents and restrictions in the facts of a patient.
    func statements(
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> [StatedFact]

    // MARK: Writing

    /// Begins a write with a fresh epoch.
    func beginWrite(
        by caller: Caller,
        origin: String,
        context: CallContext
    ) throws -> WriteSessionID
    /// Begins a write that states one patient's consent.
    func beginConsent(
        of patient: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> WriteSessionID
    /// Whether the vault holds a patient's own resource.
    func holds(_ patient: RecordID, in id: WriteSessionID) throws -> Bool
    /// The patient that an identifier names.
    func patient(
        identifiedBy system: String,
        _ value: String,
        in id: WriteSessionID
    ) throws -> RecordID?
    /// The names that a record may have, one for each patient.
    func candidates(
        for record: RecordID,
        of patients: [PatientPseudonym]?,
        in id: WriteSessionID
    ) throws -> [RecordCandidate]
    /// Who stands behind a pseudonym.
    func holder(_ pseudonym: PatientPseudonym, in id: WriteSessionID) throws -> RecordHolder?
    /// Plans where every resource of some patients goes.
    func plan(_ writes: [PatientWrite], in id: WriteSessionID) throws -> [PatientPlan]
    /// Releases the epoch keys of records that this write session moves.
    func releaseForResealing(
        _ rows: [(UInt32, Epoch)],
        of patient: PatientPseudonym,
        in id: WriteSessionID
    ) throws -> [ResealingKey: SecretKey]
    /// Announces what is about to be stored.
    func recordIntent(_ hashes: [SealedHashes], in id: WriteSessionID) throws -> UInt64?
    /// Says that the rows of all intents of a session are durable.
    func finishWrite(_ id: WriteSessionID) throws -> Receipt?
    /// Gives back the room that a bulk write needed beside the data; a Guard elsewhere does so itself.
    func settle() throws
    /// Gives a write up: none of its rows exist.
    func abandonWrite(_ id: WriteSessionID) throws
    /// Intents that a crash of the record side or the Guard left open.
    func openIntents(by caller: Caller) throws -> [OpenIntent]
    /// Closes what a crash left open.
    func resolve(_ session: WriteSessionID, hasRows: Bool, by caller: Caller) throws

    // MARK: The log

    /// Reads the log.
    func entries(_ query: LogQuery, by caller: Caller) throws -> [LoggedEntry]
    /// One entry, opened for whoever may read it.
    func entry(at index: UInt64, by caller: Caller, context: CallContext) throws -> LoggedEntry
    /// A decision's entry with everything that decided it.
    func explanation(
        of index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> ExplainedEntry
    /// Past decisions with the facts as they stood at each.
    func pastDecisions(
        by caller: Caller,
        context: CallContext
    ) throws -> (decisions: [PastDecision], omitted: Int)
    /// A portable proof of one entry.
    func proof(
        ofEntry index: UInt64,
        patient: PatientDesignation?,
        by caller: Caller
    ) throws -> String
    /// A portable proof of a patient's whole list.
    func historyProof(of patient: PatientDesignation, by caller: Caller) throws -> String
    /// Who could read what in a window.
    func accessLog(
        _ query: AccessLogQuery,
        by caller: Caller,
        context: CallContext
    ) throws -> AccessLog
    /// Replays the whole log and compares everything the Guard keeps with it.
    func audit(by caller: Caller) throws -> GuardAudit
    /// Checks the log alone.
    func auditLog(extending checkpoint: [UInt8]?, by caller: Caller) throws -> GuardAudit

    // MARK: Erasure

    /// Destroys a patient's key by order of two persons.
    func erase(
        _ patient: PatientDesignation,
        reason: String,
        basis: String,
        by first: Caller,
        and second: Caller,
        context: CallContext
    ) throws -> ErasureCertificate
    /// Patients whose key was destroyed.
    func erasedPatients(by caller: Caller) throws -> [PatientPseudonym]

    // MARK: Breach cases

    /// Writes one step of a breach case into the log.
    func recordIncident(
        _ record: JSONValue,
        by callers: [Caller],
        context: CallContext
    ) throws -> Receipt
    /// All breach cases.
    func incidents(by caller: Caller) throws -> [IncidentSummary]
    /// The records of one case.
    func incidentRecords(_ id: String, by caller: Caller) throws -> [JSONValue]
    /// Signs that persons stand by a document.
    func certify(
        _ request: CertificationRequest,
        by callers: [Caller],
        context: CallContext
    ) throws -> Certification
    /// Names and addresses of the affected persons of a case.
    func correspondents(
        _ patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> [Correspondent]
}

extension GuardService {
    /// The names that a record may have, one for each patient, the shared directory included.
    ///
    /// - Parameters:
    ///   - record: Type and id.
    ///   - id: The write session.
    /// - Returns: Whoever holds the rows sees which one is stored.
    /// - Throws: A ``Failure``.
    public func candidates(
        for record: RecordID,
        in id: WriteSessionID
    ) throws -> [RecordCandidate] {
        try candidates(for: record, of: nil, in: id)
    }
}

/// What a caller signs for the look-ups that have no other text of their own.
public enum GuardRequest {
    /// Signed for ``GuardService/status(by:)``.
    public static let status: JSONValue = ["kind": "status"]
    /// Signed for ``GuardService/principals(by:)``.
    public static let principals: JSONValue = ["kind": "principals"]
    /// Signed for ``GuardService/audit(by:)`` and ``GuardService/auditLog(extending:by:)``.
    public static let audit: JSONValue = ["kind": "verify"]
    /// Signed for ``GuardService/openIntents(by:)``, ``GuardService/resolve(_:hasRows:by:)`` and
    /// ``GuardService/erasedPatients(by:)``.
    public static let recovery: JSONValue = ["kind": "recover"]
    /// Signed for a session.
    public static let session: JSONValue = ["kind": "session"]

    /// Signed for ``GuardService/entry(at:by:context:)`` and ``GuardService/explanation(of:by:context:)``.
    ///
    /// - Parameter index: The entry.
    /// - Returns: The request in its one form.
    public static func entry(_ index: UInt64) -> JSONValue {
        ["kind": "entry", "index": .int(Int64(clamping: index))]
    }

    /// Signed for ``GuardService/statement(_:by:context:)``.
    ///
    /// - Parameter origin: `Consent/42`.
    /// - Returns: The request in its one form.
    public static func statement(_ origin: RecordID) -> JSONValue {
        ["kind": "statement", "origin": .string(origin.description)]
    }

    /// Signed for ``GuardService/withdraw(anyOf:by:context:)``.
    ///
    /// - Parameter origins: What may be withdrawn; the first that is in force is.
    /// - Returns: The request in its one form.
    public static func withdrawal(_ origins: [RecordID]) -> JSONValue {
        ["kind": "withdraw", "origins": .strings(origins.map(\.description))]
    }
}

extension GuardCore: GuardService {
    /// Seals the Guard: in one process nobody else uses it.
    ///
    /// - Throws: A ``Failure`` where the last checkpoint cannot be written.
    public func close() throws { try seal() }
}

extension GuardCore {
    /// Proves who makes a look-up that is no entry: one of these kinds, or the operator.
    func authorize(
        _ caller: Caller,
        _ mutable: inout Mutable,
        for body: JSONValue,
        kinds: Set<RequesterKind>,
        action: String
    ) throws -> Actor {
        let actor = try mutable.authenticator.actor(
            caller,
            body: body,
            state: mutable.state,
            allowsOperator: true
        )
        try actor.require(kinds, action: action)
        return actor
    }
}

extension Set<RequesterKind> {
    /// Kinds that may write records, and so finish what a crash left of a write.
    static let writers: Self = [.administrator, .registrar, .clinician, .integration]
    /// Kinds that may have everything checked.
    static let auditors: Self = [
        .administrator, .privacyOfficer, .securityOfficer, .oversight,
    ]
    /// Kinds whose names are nobody's health data.
    static let staff: Self = Set(RequesterKind.allCases).subtracting([.patient, .family])
}
