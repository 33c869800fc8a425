public import VaultCore

/// Clients, their tokens, and what a record server asks while it answers them, as messages.
extension RemoteGuard {
    /// Registers a client program of a principal.
    public func register(_ client: Client, by caller: Caller, context: CallContext) throws {
        try run(.registerClient, client, caller, context)
    }

    /// Ends a client's right to ask.
    public func disableClient(_ id: String, by caller: Caller, context: CallContext) throws {
        try run(.disableClient, id, caller, context)
    }

    /// All clients, by id.
    public func clients(by caller: Caller) throws -> [Client] { try call(.clients, caller) }

    /// Gives a client the members of a Group.
    public func state(
        rosterOf group: FHIRID,
        members: [PatientDesignation],
        for client: String,
        by caller: Caller,
        context: CallContext
    ) throws -> Int {
        let count: UInt64 = try call(.stateRoster, group, members, client, caller, context)
        return Int(count)
    }

    /// The members of a Group, where the caller's client was given them.
    public func roster(of group: FHIRID, by caller: Caller) throws -> [PatientPseudonym]? {
        try call(.roster, group, caller)
    }

    /// Gives a client a token for its assertion.
    public func issueToken(_ request: TokenRequest) throws -> TokenOutcome {
        try call(.issueToken, request)
    }

    /// Gives an enrolled person a token for a sign-in at an outside provider.
    public func exchangeIdentity(_ request: IdentityExchange) throws -> TokenOutcome {
        try call(.exchangeIdentity, request)
    }

    /// Says which principal a provider's subject is.
    public func enrol(
        _ subject: String,
        as principal: PrincipalID?,
        at client: String,
        by caller: Caller,
        context: CallContext
    ) throws {
        try run(.enrolSubject, subject, principal, client, caller, context)
    }

    /// What a token says; `nil` where it does not hold (any more).
    public func tokenFacts(_ token: String) throws -> TokenFacts? { try call(.tokenFacts, token) }

    /// Whether who shows a bound token holds its key.
    public func proves(_ proof: PossessionProof, possessionOf token: String) throws -> Bool {
        try call(.proves, proof, token)
    }

    /// Proves a client by its assertion.
    public func authenticate(_ request: TokenRequest) throws -> String? {
        try call(.authenticate, request)
    }

    /// Whether a grant still holds.
    public func isLive(_ grant: Grant) throws -> Bool { try call(.isLive, GrantHandle(grant)) }

    /// Opens the shared directory.
    public func releaseDirectory(
        types: [String],
        by caller: Caller,
        context: CallContext
    ) throws -> DirectoryGrant? {
        try callForKeys(.releaseDirectory, types, caller, context) { try $0.take() }
    }

    /// Names of a patient's records on the record side.
    public func recordTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag] {
        try call(.recordTags, records, GrantHandle(grant))
    }

    /// The patients who have a record of this name.
    public func patients(holding record: RecordID, by caller: Caller) throws -> [RecordID] {
        try call(.holders, record, caller)
    }

    /// Whether a patient had a record of this name that is deleted now.
    public func isDeleted(
        _ record: RecordID,
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> Bool {
        try call(.isDeleted, record, patient, caller)
    }

    /// When entries were written.
    public func times(
        ofEntries indexes: Set<Int64>,
        by caller: Caller
    ) throws -> [Int64: Instant] {
        guard !indexes.isEmpty else { return [:] }
        let pairs: EntryTimes = try call(.times, Array(indexes), caller)
        return pairs.times
    }

    /// Notes that somebody begins an export.
    public func beginExport(
        _ request: ReleaseRequest,
        level: String,
        by caller: Caller
    ) throws -> Receipt {
        try call(.beginExport, request, level, caller)
    }

    /// Which of some patients an export is worth asking for.
    public func exportable(
        _ candidates: [PatientPseudonym],
        request: ReleaseRequest,
        by caller: Caller
    ) throws -> [RecordID] {
        try call(.exportable, candidates, request, caller)
    }

    /// Records exactly what one file carries of many patients, before it leaves.
    public func recordDisclosure(
        ofFile file: String,
        carrying carried: [(grant: Grant, manifest: Manifest)]
    ) throws -> Receipt {
        try call(.recordFile, file, carried.map { GrantHandle($0.grant) }, carried.map(\.manifest))
    }
}
