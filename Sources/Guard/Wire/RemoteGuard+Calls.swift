public import Consent
public import Sealing
public import VaultCore

/// Every call of ``GuardService``, as a message.
extension RemoteGuard {
    /// Signs a checkpoint over the present log.
    public func checkpoint() throws -> String { try call(.checkpoint) }

    /// What is sent to a witness.
    public func witnessRequest(
        from oldSize: UInt64
    ) throws -> (body: [UInt8], checkpoint: String) {
        try callForKeys(.witnessRequest, oldSize) { (try $0.take(), try $0.take()) }
    }

    /// The Guard's time.
    public func incidentTime() throws -> Instant { try call(.time) }

    /// Counts what there is.
    public func status(by caller: Caller) throws -> GuardStatus { try call(.status, caller) }

    /// Registers a principal.
    public func register(_ principal: Principal, by caller: Caller, context: CallContext) throws {
        try run(.register, principal, caller, context)
    }

    /// Ends a principal's right to act.
    public func disable(_ id: PrincipalID, by caller: Caller, context: CallContext) throws {
        try run(.disable, id, caller, context)
    }

    /// Principals that the caller may know of.
    public func principals(by caller: Caller) throws -> [Principal] {
        try call(.principals, caller)
    }

    /// Opens a session.
    public func openSession(
        _ statement: SignedStatement,
        context: CallContext
    ) throws -> SessionID {
        try call(.openSession, statement, context)
    }

    /// Decides, writes the decision, and only then hands over read keys.
    public func release(_ request: ReleaseRequest, by caller: Caller) throws -> ReleaseOutcome {
        try callForKeys(.release, request, caller, directoryKnown) { try ReleaseOutcome(&$0) }
    }

    /// Records what a response carries, before it leaves.
    public func recordDisclosure(_ grant: Grant, carrying manifest: Manifest) throws -> Receipt {
        try call(.recordDisclosure, GrantHandle(grant), manifest)
    }

    /// Whether a record may go as far as another patient whom it names is concerned.
    public func permits(
        _ record: RecordAttributes,
        of other: RecordID,
        under grant: Grant
    ) throws -> Bool {
        try call(.permits, record, other, GrantHandle(grant))
    }

    /// Names of shared directory records on the record side.
    public func directoryTags(
        of records: [RecordID],
        under grant: Grant
    ) throws -> [RecordTag] {
        try call(.directoryTags, records, GrantHandle(grant))
    }

    /// How records that a response refers to stand to its request.
    public func standing(
        of records: [RecordID],
        to context: DecisionContext,
        under grant: Grant
    ) throws -> [ReferenceStanding] {
        try standing(of: records, to: context.request, under: grant)
    }

    /// The same, by the request alone.
    public func standing(
        of records: [RecordID],
        to request: AccessRequest,
        under grant: Grant
    ) throws -> [ReferenceStanding] {
        guard !records.isEmpty else { return [] }
        return try call(.standing, records, request, GrantHandle(grant))
    }

    /// Finds patients by the blind index.
    public func find(_ query: FindQuery, by caller: Caller) throws -> FindOutcome {
        try call(.find, query, caller)
    }

    /// States facts of a patient that are no record.
    public func state(
        _ entries: [PatientFacts.Entry],
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try call(.state, entries, patient, caller, context)
    }

    /// Withdraws what a record states.
    public func withdraw(
        anyOf origins: [RecordID],
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try call(.withdraw, origins, caller, context)
    }

    /// What an origin states, and of whom.
    public func statement(
        _ origin: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> StatedFact {
        try call(.statement, origin, caller, context)
    }

    /// The consents and restrictions in the facts of a patient.
    public func statements(
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> [StatedFact] {
        try call(.statements, patient, caller, context)
    }

    /// Begins a write.
    public func beginWrite(
        by caller: Caller,
        origin: String,
        context: CallContext
    ) throws -> WriteSessionID {
        try call(.beginWrite, caller, origin, context)
    }

    /// Begins a write that states one patient's consent.
    public func beginConsent(
        of patient: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> WriteSessionID {
        try call(.beginConsent, patient, caller, context)
    }

    /// Whether the vault holds a patient's own resource.
    public func holds(_ patient: RecordID, in id: WriteSessionID) throws -> Bool {
        try call(.holds, patient, id)
    }

    /// The patient that an identifier names.
    public func patient(
        identifiedBy system: String,
        _ value: String,
        in id: WriteSessionID
    ) throws -> RecordID? {
        try call(.patientByIdentifier, system, value, id)
    }

    /// The names that a record may have.
    public func candidates(
        for record: RecordID,
        of patients: [PatientPseudonym]?,
        in id: WriteSessionID
    ) throws -> [RecordCandidate] {
        try call(.candidates, record, patients, id)
    }

    /// Who stands behind a pseudonym.
    public func holder(
        _ pseudonym: PatientPseudonym,
        in id: WriteSessionID
    ) throws -> RecordHolder? {
        try call(.holder, pseudonym, id)
    }

    /// The Guard does this itself where it runs.
    public func settle() {}

    /// Plans where every resource of some patients goes.
    public func plan(_ writes: [PatientWrite], in id: WriteSessionID) throws -> [PatientPlan] {
        try callForKeys(.plan, writes, id) { try $0.take() }
    }

    /// Releases the epoch keys of records that a write moves.
    public func releaseForResealing(
        _ rows: [(UInt32, Epoch)],
        of patient: PatientPseudonym,
        in id: WriteSessionID
    ) throws -> [ResealingKey: SecretKey] {
        let named = rows.map { ResealingKey(number: $0.0, epoch: $0.1) }
        return try callForKeys(.releaseForResealing, named, patient, id) { wire in
            var keys: [ResealingKey: SecretKey] = [:]
            for _ in 0..<(try wire.count(elementByteCount: 52)) {
                let row: ResealingKey = try wire.take()
                keys[row] = try SecretKey.take(&wire)
            }
            return keys
        }
    }

    /// Announces what is about to be stored.
    public func recordIntent(_ hashes: [SealedHashes], in id: WriteSessionID) throws -> UInt64? {
        try call(.recordIntent, hashes, id)
    }

    /// Says that the rows of all intents of a session are durable.
    public func finishWrite(_ id: WriteSessionID) throws -> Receipt? { try call(.finishWrite, id) }

    /// Gives a write up.
    public func abandonWrite(_ id: WriteSessionID) throws { try run(.abandonWrite, id) }

    /// Intents that a crash left open.
    public func openIntents(by caller: Caller) throws -> [OpenIntent] {
        try call(.openIntents, caller)
    }

    /// Closes what a crash left open.
    public func resolve(_ session: WriteSessionID, hasRows: Bool, by caller: Caller) throws {
        try run(.resolve, session, hasRows, caller)
    }

    /// Patients whose key was destroyed.
    public func erasedPatients(by caller: Caller) throws -> [PatientPseudonym] {
        try call(.erasedPatients, caller)
    }
}
