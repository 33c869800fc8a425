public import VaultCore

/// The log, erasure and breach cases, as messages.
extension RemoteGuard {
    /// Reads the log.
    public func entries(_ query: LogQuery, by caller: Caller) throws -> [LoggedEntry] {
        try call(.entries, query, caller)
    }

    /// One entry.
    public func entry(
        at index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> LoggedEntry {
        try call(.entry, index, caller, context)
    }

    /// A decision's entry with everything that decided it.
    public func explanation(
        of index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> ExplainedEntry {
        try call(.explanation, index, caller, context)
    }

    /// A portable proof of one entry.
    public func proof(
        ofEntry index: UInt64,
        patient: PatientDesignation?,
        by caller: Caller
    ) throws -> String {
        try call(.proof, index, patient, caller)
    }

    /// A portable proof of a patient's whole list.
    public func historyProof(of patient: PatientDesignation, by caller: Caller) throws -> String {
        try call(.historyProof, patient, caller)
    }

    /// Who could read what in a window.
    public func accessLog(
        _ query: AccessLogQuery,
        by caller: Caller,
        context: CallContext
    ) throws -> AccessLog {
        try call(.accessLog, query, caller, context)
    }

    /// Replays the whole log and compares everything the Guard keeps with it.
    public func audit(_ share: AuditShare, by caller: Caller) throws -> GuardAudit {
        try call(.audit, share, caller)
    }

    /// Checks the log alone.
    public func auditLog(
        extending checkpoint: [UInt8]?,
        by caller: Caller
    ) throws -> GuardAudit {
        try call(.auditLog, checkpoint, caller)
    }

    /// Destroys a patient's key by order of two persons.
    public func erase(
        _ patient: PatientDesignation,
        reason: String,
        basis: String,
        by first: Caller,
        and second: Caller,
        context: CallContext
    ) throws -> ErasureCertificate {
        try call(.erase, patient, reason, basis, first, second, context)
    }

    /// Writes one step of a breach case into the log.
    public func recordIncident(
        _ record: JSONValue,
        by callers: [Caller],
        context: CallContext
    ) throws -> Receipt {
        try call(.recordIncident, record, callers, context)
    }

    /// All breach cases.
    public func incidents(by caller: Caller) throws -> [IncidentSummary] {
        try call(.incidents, caller)
    }

    /// The records of one case.
    public func incidentRecords(_ id: String, by caller: Caller) throws -> [JSONValue] {
        try call(.incidentRecords, id, caller)
    }

    /// Signs that persons stand by a document.
    public func certify(
        _ request: CertificationRequest,
        by callers: [Caller],
        context: CallContext
    ) throws -> Certification {
        try call(.certify, request, callers, context)
    }

    /// Notes an officer's review of an emergency access.
    public func reviewEmergency(
        _ index: UInt64,
        finding: ReviewFinding,
        note: String?,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try call(.reviewEmergency, index, finding, note, caller, context)
    }

    /// Names and addresses of the affected persons of a case.
    public func correspondents(
        _ patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> [Correspondent] {
        try call(.correspondents, patients, incident, caller, context)
    }

    /// Everything that is closed, by name.
    public func seals(by caller: Caller) throws -> [AccessSeal] { try call(.seals, caller) }

    /// The pseudonym that a seal on a patient needs.
    public func sealedName(of patient: PatientDesignation, by caller: Caller) throws -> String? {
        try call(.sealedName, patient, caller)
    }

    /// Closes something, or opens it again.
    @discardableResult
    public func apply(
        _ seal: AccessSeal,
        closes: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt? {
        try call(.applySeal, seal, closes, caller, context)
    }

    /// Gives a disabled principal the right to act back.
    public func reinstate(_ id: PrincipalID, by caller: Caller, context: CallContext) throws {
        try run(.reinstate, id, caller, context)
    }

    /// Counts where the affected persons of a case live.
    public func residents(
        of patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> AffectedResidents {
        try call(.residents, patients, incident, caller, context)
    }
}
