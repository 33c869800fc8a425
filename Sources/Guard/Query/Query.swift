internal import Consent
internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// Reads the log: officers and the operator all of it, a patient the entries about themselves.
    ///
    /// Reading the log is itself an entry, written first.
    ///
    /// - Parameters:
    ///   - query: Which entries.
    ///   - caller: Who reads.
    /// - Returns: Oldest first.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func entries(_ query: LogQuery, by caller: Caller) throws -> [LoggedEntry] {
        try apart { mutable in
            try permit(query, by: caller, &mutable)
        } _: { state, permit in
            let reader = LogReader(state: state)
            if let patient = permit.patient {
                return try reader.history(of: patient).reversed()
                    .filter { $0.index < permit.end && query.admits($0) }
            }
            var found: [LoggedEntry] = []
            try state.storage.forEachEntry(in: 0..<permit.end) { index, bytes in
                let entry = try reader.open(index, Array(bytes), parts: .all)
                if query.admits(entry) { found.append(entry) }
                return true
            }
            return found
        }
    }

    /// Whose entries may be read, and up to which; the reading is noted after them.
    private func permit(
        _ query: LogQuery,
        by caller: Caller,
        _ mutable: inout Mutable
    ) throws -> (patient: PatientPseudonym?, end: UInt64) {
        let state = mutable.state
        let actor = try mutable.authenticator.actor(
            caller,
            body: query.json,
            state: state,
            allowsOperator: true
        )
        try admit(.log, actor, query.context, &mutable)
        let patient = try query.patient.flatMap { try state.pseudonym(of: $0) }
        try state.requireLogReader(actor, of: patient)
        if query.patient != nil {
            guard let patient, try state.patient(patient) != nil else {
                throw GuardError.unknown(what: "patient")
            }
        }
        let end = state.frontier.size
        try state.logReading(query, by: actor, of: patient)
        return (patient, end)
    }

    /// One entry, opened for whoever may read it.
    ///
    /// - Parameters:
    ///   - index: Zero-based.
    ///   - caller: An officer, the operator, or the patient whom the entry is about.
    ///   - context: Where the call came from.
    /// - Returns: The entry, with the parts that the caller may see.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func entry(
        at index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> LoggedEntry {
        try exclusively { mutable in
            try entry(at: index, by: caller, context: context, &mutable)
        }
    }

    func entry(
        at index: UInt64,
        by caller: Caller,
        context: CallContext,
        _ mutable: inout Mutable
    ) throws -> LoggedEntry {
        let state = mutable.state
        let actor = try mutable.authenticator.actor(
            caller,
            body: GuardRequest.entry(index),
            state: state,
            allowsOperator: true
        )
        try admit(.log, actor, context, &mutable)
        let own = try state.ownPseudonym(of: actor)
        if own == nil { try state.requireLogReader(actor, of: nil) }
        let reader = LogReader(state: state)
        let entry = try reader.entry(index, parts: own.map { .only($0) } ?? .all)
        if own != nil, entry.parts.isEmpty {
            throw GuardError.notPermitted(action: "read the log")
        }
        if !entry.parts.isEmpty, own == nil {
            var query = LogQuery()
            query.action = "audit-entry"
            query.context = context
            try state.logReading(query, by: actor, of: nil)
        }
        return entry
    }
}

extension GuardState {
    /// Officers and the operator read everything; a patient reads about themselves; nobody else reads.
    func requireLogReader(_ actor: Actor, of patient: PatientPseudonym?) throws {
        guard let principal = actor.principal else { return }
        switch principal.requester.kind {
        case .privacyOfficer, .securityOfficer, .oversight: return
        case .patient:
            if let patient, try ownPseudonym(of: actor) == patient { return }
        default: break
        }
        throw GuardError.notPermitted(action: "read the log")
    }

    /// The pseudonym of the record that is a patient principal's own; `nil` for all others.
    func ownPseudonym(of actor: Actor) throws -> PatientPseudonym? {
        guard let requester = actor.principal?.requester, requester.kind == .patient,
            let reference = requester.references.first(where: { $0.hasPrefix("Patient/") })
        else { return nil }
        return ring.pseudonym(of: reference)
    }

    func logReading(
        _ query: LogQuery,
        by actor: Actor,
        of patient: PatientPseudonym?
    ) throws {
        var header = try self.header(.decision, by: actor, context: query.context)
        header.action = query.action
        header.purpose = []
        header.decision = .permit
        header.rules = ["log-reader.role"]
        header.scopeAsked = ["patient": .bool(patient != nil)]
        try append(
            header,
            parts: patient.map { [Part(patient: $0, body: ["read": "log"])] } ?? []
        )
        try commit()
    }
}
