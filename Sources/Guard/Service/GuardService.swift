public import Consent
internal import MerkleLog
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
    /// What is sent to a witness: the newest checkpoint, and the way to it from what the witness knows.
    func witnessRequest(from oldSize: UInt64) throws -> (body: [UInt8], checkpoint: String)
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

    /// Registers a client program of a principal.
    func register(_ client: Client, by caller: Caller, context: CallContext) throws
    /// Ends a client's right to ask.
    func disableClient(_ id: String, by caller: Caller, context: CallContext) throws
    /// All clients, by id.
    func clients(by caller: Caller) throws -> [Client]
    /// Gives a client the members of a Group.
    func state(
        rosterOf group: FHIRID,
        members: [PatientDesignation],
        for client: String,
        by caller: Caller,
        context: CallContext
    ) throws -> Int
    /// The members of a Group, where the caller's client was given them.
    func roster(of group: FHIRID, by caller: Caller) throws -> [PatientPseudonym]?

    // MARK: Accounts

    /// Gives a person an account, or a new password and secret; returns the secret.
    func setAccount(
        _ id: PrincipalID,
        password: [UInt8],
        isNew: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> [UInt8]
    /// Ends an account.
    func disableAccount(_ id: PrincipalID, by caller: Caller, context: CallContext) throws
    /// All accounts, by principal.
    func accounts(by caller: Caller) throws -> [Account]
    /// Lets a person in by password and one-time code.
    func signIn(_ request: SignIn) throws -> SignedIn?
    /// Ends a sign-in.
    func signOut(_ session: SessionID) throws

    // MARK: Tokens

    /// Gives a client a token for its assertion.
    func issueToken(_ request: TokenRequest) throws -> TokenOutcome
    /// Gives an enrolled person a token for a sign-in at an outside provider.
    func exchangeIdentity(_ request: IdentityExchange) throws -> TokenOutcome
    /// Says which principal a provider's subject is.
    func enrol(
        _ subject: String,
        as principal: PrincipalID?,
        at client: String,
        by caller: Caller,
        context: CallContext
    ) throws
    /// What a token says; `nil` where it does not hold (any more).
    func tokenFacts(_ token: String) throws -> TokenFacts?
    /// Proves a client by its assertion.
    func authenticate(_ request: TokenRequest) throws -> String?

    // MARK: Subscriptions

    /// Makes a subscription in the name of a token's client.
    func subscribe(
        _ wish: Subscription.Wish,
        by caller: Caller,
        context: CallContext
    ) throws -> Subscription
    /// Ends a subscription of the caller's own client.
    func endSubscription(_ id: FHIRID, by caller: Caller, context: CallContext) throws
    /// Subscriptions: of a token its client's, of a record server all.
    func subscriptions(by caller: Caller) throws -> [Subscription]
    /// Whose records were written since an entry.
    func changes(from index: UInt64, by caller: Caller) throws -> RecordChanges
    /// Notes events, and that the log has been looked at up to an entry.
    func note(
        events: [(patient: PatientPseudonym, record: Subscription.Event.Record)],
        lookedUpTo cursor: UInt64,
        by caller: Caller
    ) throws -> Subscription
    /// Notes how an attempt ended.
    func note(
        deliveryUpTo number: Int64?,
        outcome: Bool?,
        watching watched: [PatientPseudonym],
        by caller: Caller
    ) throws -> Subscription
    /// Notes an event for each patient whose consent has ended.
    func noteEndedConsents(request: ReleaseRequest, by caller: Caller) throws -> Subscription
    /// References of the patients of events that say that a consent has ended.
    func references(
        of patients: [PatientPseudonym],
        in id: FHIRID,
        by caller: Caller
    ) throws -> [PatientPseudonym: RecordID]
    /// Notes that a subscription has ended by itself.
    func switchOff(_ id: FHIRID, by caller: Caller) throws

    /// Whether who shows a bound token holds its key.
    func proves(_ proof: PossessionProof, possessionOf token: String) throws -> Bool

    // MARK: Persons' apps

    /// Looks at an app's wish before anybody signs in.
    func beginLaunch(_ request: LaunchRequest) throws -> LaunchOutcome
    /// Takes a person's yes and gives a code for the app.
    func approveLaunch(_ approval: LaunchApproval, by caller: Caller) throws -> String?
    /// Takes a person's no.
    func denyLaunch(_ id: String, by caller: Caller, context: CallContext) throws
    /// Names the patient whom a clinician has in view, for an app that is to be started there.
    func launchContext(
        for patient: FHIRID,
        client: String,
        by token: String,
        context: CallContext
    ) throws -> String
    /// Gives an app tokens for its code.
    func exchangeCode(_ request: CodeExchange) throws -> LaunchTokenOutcome
    /// Gives an app new tokens for its refresh token.
    func refresh(_ request: RefreshExchange) throws -> LaunchTokenOutcome
    /// Ends a token of either kind; whether the client is who it says.
    func revoke(_ token: String, by proof: ClientProof, context: CallContext) throws -> Bool
    /// What a refresh token is good for, for its own client.
    func refreshFacts(_ token: String, of client: String) throws -> RefreshFacts?
    /// The apps that a person has let in.
    func authorizedApps(by caller: Caller, context: CallContext) throws -> [AuthorizedApp]
    /// Withdraws a person's yes to an app.
    func withdrawApp(_ id: String, by caller: Caller, context: CallContext) throws

    // MARK: Disclosure

    /// Decides, writes the decision, and only then hands over read keys.
    func release(_ request: ReleaseRequest, by caller: Caller) throws -> ReleaseOutcome
    /// Records what a response carries, before it leaves.
    func recordDisclosure(_ grant: Grant, carrying manifest: Manifest) throws -> Receipt
    /// Notes that somebody begins an export.
    func beginExport(
        _ request: ReleaseRequest,
        level: String,
        by caller: Caller
    ) throws -> Receipt
    /// Which of some patients an export is worth asking for.
    func exportable(
        _ candidates: [PatientPseudonym],
        request: ReleaseRequest,
        by caller: Caller
    ) throws -> [RecordID]
    /// Records exactly what one file carries of many patients, before it leaves.
    func recordDisclosure(
        ofFile file: String,
        carrying carried: [(grant: Grant, manifest: Manifest)]
    ) throws -> Receipt
    /// Whether a grant still holds.
    func isLive(_ grant: Grant) throws -> Bool
    /// Opens the shared directory.
    func releaseDirectory(
        types: [String],
        by caller: Caller,
        context: CallContext
    ) throws -> DirectoryGrant?
    /// Whether a record may go as far as another patient whom it names is concerned.
    func permits(
        _ record: RecordAttributes,
        of other: RecordID,
        under grant: Grant
    ) throws -> Bool
    /// Names of shared directory records on the record side.
    func directoryTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag]
    /// Names of a patient's records on the record side.
    func recordTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag]
    /// The patients who have a record of this name.
    func patients(holding record: RecordID, by caller: Caller) throws -> [RecordID]
    /// Whether a patient had a record of this name that is deleted now.
    func isDeleted(
        _ record: RecordID,
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> Bool
    /// When entries were written.
    func times(ofEntries indexes: Set<Int64>, by caller: Caller) throws -> [Int64: Instant]
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
    func audit(_ share: AuditShare, by caller: Caller) throws -> GuardAudit
    /// Checks the log alone.
    func auditLog(extending checkpoint: [UInt8]?, by caller: Caller) throws -> GuardAudit
    /// A portable proof that a window has no entry about a patient; `nil` where it is not so.
    func notAccessedProof(
        of patient: PatientDesignation,
        from: Instant,
        until: Instant,
        by caller: Caller
    ) throws -> String?
    /// Checkpoints of this log, oldest first, connected into one file; tells sizes and hashes only.
    func checkpointChain(_ notes: [String]) throws -> String

    // MARK: Keys

    /// The key that a part of backups is sealed to.
    func custody(of part: BackupPart, by caller: Caller) throws -> Custody?
    /// Names the key that a part of later backups is sealed to.
    func setCustody(
        _ key: CustodyPublicKey,
        of part: BackupPart,
        by caller: Caller,
        context: CallContext
    ) throws -> Int
    /// Begins to replace a patient's key; hands over keys of single epochs.
    func beginKeyRotation(
        of patient: PatientPseudonym,
        rows: [RotationRow],
        reason: String,
        by caller: Caller,
        context: CallContext
    ) throws -> KeyRotationPlan
    /// Gives the next shard a new key; call until nothing is left.
    func rotateNextShard(by caller: Caller, context: CallContext) throws -> ShardProgress
    /// The name under which the record side knows a patient, for those who may replace keys.
    func pseudonym(of patient: PatientDesignation, by caller: Caller) throws -> PatientPseudonym

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
    /// Everything that is closed, by name.
    func seals(by caller: Caller) throws -> [AccessSeal]
    /// The pseudonym that a seal on a patient needs.
    func sealedName(of patient: PatientDesignation, by caller: Caller) throws -> String?
    /// Closes something, or opens it again.
    @discardableResult
    func apply(
        _ seal: AccessSeal,
        closes: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt?
    /// Gives a disabled principal the right to act back.
    func reinstate(_ id: PrincipalID, by caller: Caller, context: CallContext) throws
    /// Counts where the affected persons of a case live.
    func residents(
        of patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> AffectedResidents
    /// Names and addresses of the affected persons of a case.
    func correspondents(
        _ patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> [Correspondent]
}

extension GuardService {
    /// Replays the whole log and compares everything the Guard keeps with it, all patients at once.
    ///
    /// - Parameter caller: Who may have everything checked, by ``GuardRequest/audit``.
    /// - Returns: Problems as values, and what the record side must hold.
    /// - Throws: A ``Failure``.
    public func audit(by caller: Caller) throws -> GuardAudit { try audit(.whole, by: caller) }

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
    /// Signed for ``GuardService/clients(by:)``.
    public static let clients: JSONValue = ["kind": "clients"]
    /// Signed for ``GuardService/times(ofEntries:by:)``.
    public static let times: JSONValue = ["kind": "times"]
    /// Signed for ``GuardService/seals(by:)``.
    public static let seals: JSONValue = ["kind": "seals"]
    /// Signed for a session.
    public static let session: JSONValue = ["kind": "session"]

    /// Signed for ``GuardService/entry(at:by:context:)`` and ``GuardService/explanation(of:by:context:)``.
    ///
    /// - Parameter index: The entry.
    /// - Returns: The request in its one form.
    public static func entry(_ index: UInt64) -> JSONValue {
        ["kind": "entry", "index": .int(Int64(clamping: index))]
    }

    /// Signed for ``GuardService/sealedName(of:by:)``.
    ///
    /// - Parameter patient: As named on a command line.
    /// - Returns: The request in its one form.
    public static func sealedName(of patient: PatientDesignation) -> JSONValue {
        ["kind": "sealed-name", "patient": patient.json]
    }

    /// Signed for ``GuardService/patients(holding:by:)`` and ``GuardService/isDeleted(_:of:by:)``.
    ///
    /// - Parameter record: Type and id.
    /// - Returns: The request in its one form.
    public static func whereabouts(_ record: RecordID) -> JSONValue {
        ["kind": "whereabouts", "record": .string(record.description)]
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

extension GuardService {
    /// What the log has lost, in words, as its name tells; empty where nothing is.
    public var lostEntries: [String] { LogOrigin(origin).gaps.map(\.description) }
}
