internal import Consent
internal import MerkleLog
public import VaultCore

// An export asks for many patients. Each is decided by `release` like any other request; what is here is what an
// export has beside that: whom it is worth asking for, and one entry for each file that leaves.

extension GuardCore {
    /// Notes that somebody begins an export; nothing has been opened yet.
    ///
    /// - Parameters:
    ///   - request: What is asked of each patient; its own patient does not count.
    ///   - level: `system`, `patient` or `group`.
    ///   - caller: Who asks; the operator may not.
    /// - Returns: The entry, durable.
    /// - Throws: ``GuardError/notAuthenticated``, ``GuardError/notPermitted(action:)`` and others.
    public func beginExport(
        _ request: ReleaseRequest,
        level: String,
        by caller: Caller
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "export", "level": .string(level)],
                state: state,
                allowsOperator: false
            )
            try actor.requireWithinToken(request)
            try state.requireUnsealed(actor, request.context)
            var header = try state.header(.decision, by: actor, context: request.context)
            header.action = "export"
            header.purpose = request.purposes
            header.scopeAsked = ["level": .string(level), "types": .strings(request.types)]
            header.decision = EntryHeader.Outcome.none
            header.rules = ["export.each-patient-is-decided"]
            header.policyDigest = policyDigest
            header.grant = "none"
            let (index, leaf) = try state.append(header)
            try state.commit()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }

    /// Which of some patients an export is worth asking for: those of whom something would be released now.
    ///
    /// No key leaves and nothing of a record, so no entry is due; ``release(_:by:)`` decides about each of them
    /// again. Emergencies do not count: they are for one patient at a time.
    ///
    /// - Parameters:
    ///   - candidates: Pseudonyms, at most ``exportStep`` at a time; the others wait while this works.
    ///   - request: What is asked of each; its own patient does not count.
    ///   - caller: Who asks; the operator may not.
    /// - Returns: Their references, in the order given.
    /// - Throws: ``GuardError/notAuthenticated``, ``GuardError/invalid(field:)`` and others.
    public func exportable(
        _ candidates: [PatientPseudonym],
        request: ReleaseRequest,
        by caller: Caller
    ) throws -> [RecordID] {
        guard candidates.count <= Self.exportStep else {
            throw GuardError.invalid(field: "candidates")
        }
        return try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "exportable"],
                state: state,
                allowsOperator: false
            )
            guard let principal = actor.principal else { throw GuardError.notAuthenticated }
            try actor.requireWithinToken(request)
            let directory = state.ring.pseudonym(of: GuardState.directoryReference)
            return try candidates.compactMap { pseudonym in
                guard pseudonym != directory, let subject = try state.subject(pseudonym) else {
                    return nil
                }
                var asked = request
                asked.patient = .id(subject.reference.id)
                let question = try Question(
                    request: asked,
                    requester: principal.requester,
                    subject: subject,
                    state: state,
                    policies: policies,
                    seal: try state.seal(stopping: asked, by: principal, of: pseudonym)
                )
                return question.isPermitted && !question.segments.isEmpty
                    ? subject.reference : nil
            }
        }
    }

    /// Most patients of one ``exportable(_:request:by:)``.
    public static let exportStep = 64

    /// Records exactly what one file carries of many patients, before it leaves; every grant is checked again.
    ///
    /// One entry with a part for each patient, so that no patient's part tells of another. What decided differs
    /// from patient to patient and stands in the parts.
    ///
    /// - Parameters:
    ///   - file: Name of the file, without a word of anybody.
    ///   - carried: Live grants of different patients, each with what the file has of it.
    /// - Returns: The entry, durable.
    /// - Throws: ``GuardError/grantEnded`` where one of the grants holds no more, and others; then nothing of
    ///   the file may leave.
    public func recordDisclosure(
        ofFile file: String,
        carrying carried: [(grant: Grant, manifest: Manifest)]
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            var first: EntryHeader?
            var parts: [GuardState.Part] = []
            var isAccountable = false
            for (grant, manifest) in carried {
                try mutable.tickets.check(grant)
                let live = try Self.stillLive(mutable.grants.live[grant.id], state)
                try Self.check(manifest, against: live, state)
                let header = first ?? live.header
                // A file is one caller's: grants of two callers in it are a mistake of the record side.
                guard header.actor == live.header.actor, header.purpose == live.header.purpose
                else { throw GuardError.invalid(field: "grants") }
                first = header
                isAccountable = isAccountable || live.header.accountable == true
                parts.append(
                    GuardState.Part(patient: live.patient, body: live.exportPart(grant, manifest))
                )
            }
            guard var header = first else { throw GuardError.invalid(field: "grants") }
            header = EntryHeader(repeating: header, as: .disclosure, time: try state.entryTime())
            header.action = "export"
            header.scopeAsked = ["file": .string(file)]
            header.rules = ["export.by-part"]
            header.legalBasis = []
            header.consent = []
            header.categories = []
            header.accountable = isAccountable
            header.grant = "none"
            let (index, leaf) = try state.append(header, parts: parts)
            try state.commit()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }
}

extension GrantTable.Live {
    /// One patient's part of a file's entry.
    fileprivate func exportPart(_ grant: Grant, _ manifest: Manifest) -> JSONValue {
        [
            "manifest": .string(manifest.description),
            "released": .int(Int64(manifest.items.count)),
            "decision": .string(grant.id.description),
            "rules": .strings(header.rules ?? []),
            "legalBasis": .strings(header.legalBasis ?? []),
            "accountable": .bool(header.accountable ?? true),
        ]
    }
}
