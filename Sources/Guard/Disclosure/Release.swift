internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    /// Decides on a request, writes the decision, waits until it is on disk, and only then hands over
    /// the read keys of the permitted segments.
    ///
    /// Why a read was allowed: `DecisionContext` says which rules decided, and this function is the only
    /// place from which read keys leave.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - caller: Who asks; the operator may not.
    /// - Returns: A grant, or a refusal that looks the same whatever the reason.
    /// - Throws: A ``Failure`` where the question could not be decided or the log not written; then no
    ///   key has left.
    public func release(
        _ request: ReleaseRequest,
        by caller: Caller
    ) throws -> ReleaseOutcome {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: request.json,
                state: state,
                allowsOperator: false
            )
            guard let principal = actor.principal else { throw GuardError.notAuthenticated }
            let isExport = request.action == ReleaseRequest.export
            try admit(isExport ? .export : .release, actor, request.context, &mutable)
            // Keys that open are for reading; what nobody knows must not be taken for it.
            guard AccessAction(name: request.action) == .read else {
                throw GuardError.invalid(field: "action")
            }
            try actor.requireWithinToken(request)
            let subject = try state.subject(of: request)
            // An emergency that was declared goes on without a new reason, and is noted all the same.
            let emergency = try mutable.emergencies.session(
                for: request,
                by: principal,
                on: subject,
                state: state
            )
            let declared = request
            var request = request
            if let emergency { request.breakGlass = BreakGlass(reason: emergency.reason) }
            let question = try Question(
                request: request,
                requester: principal.requester,
                subject: subject,
                state: state,
                policies: policies,
                seal: try state.seal(stopping: request, by: principal, of: subject?.pseudonym)
            )
            let entry = try ReleaseEntry(
                request: request,
                question: question,
                actor: actor,
                policyDigest: policyDigest,
                continues: emergency?.index,
                state: state
            )
            let receipt = try entry.write(to: state)
            try state.commit()
            // From here on the log knows: keys may move.
            guard question.isPermitted, let subject else {
                return .denied(
                    Denial(receipt: receipt, reason: Denial.reason)
                )
            }
            if let reason = declared.breakGlass?.reason, question.decision.layer == .emergency {
                mutable.emergencies.note(
                    reason,
                    by: principal,
                    on: subject.pseudonym,
                    at: receipt,
                    time: entry.time
                )
            }
            if question.manifest == nil {
                mutable.grants.add(
                    entry.id,
                    entry.live(for: principal.id, subject: subject),
                    now: entry.time
                )
            }
            return .granted(
                try question.grant(
                    id: entry.id,
                    end: entry.end,
                    receipt: receipt,
                    ticket: mutable.tickets.ticket(
                        of: entry.id,
                        patient: subject.pseudonym,
                        end: entry.end
                    ),
                    subject: subject,
                    state: state
                )
            )
        }
    }
}

/// The patient of a request, where this vault knows one.
struct Subject {
    var pseudonym: PatientPseudonym
    var state: PatientState
    var reference: RecordID
    var facts: CachedFacts
    /// Index of the entry that last changed the shared directory's facts.
    var directoryIndex: UInt64
}

extension GuardState {
    /// Finds the patient a request names; `nil` for unknown and erased ones.
    func subject(of request: ReleaseRequest) throws -> Subject? {
        try pseudonym(of: request.patient).flatMap { try subject($0) }
    }

    /// The patient of a pseudonym; `nil` for unknown and erased ones.
    func subject(_ pseudonym: PatientPseudonym) throws -> Subject? {
        guard let patient = try patient(pseudonym), patient.erasedAt == nil,
            let reference = RecordID(patient.reference)
        else { return nil }
        let facts = try facts(of: pseudonym)
        let directory = ring.pseudonym(of: Self.directoryReference)
        return Subject(
            pseudonym: pseudonym,
            state: patient,
            reference: reference,
            facts: facts,
            directoryIndex: try self.facts(of: directory).index
        )
    }

    /// The pseudonym that a designation stands for, whether or not there is such a patient.
    func pseudonym(of designation: PatientDesignation) throws -> PatientPseudonym? {
        switch designation {
        case .id(let id): return ring.pseudonym(of: "Patient/\(id.text)")
        case .identifier(let system, let value):
            var query = FindQuery()
            query.identifier = (system, value)
            let hits = try patients(matching: query)
            return hits.count == 1 ? hits[0] : nil
        }
    }
}
