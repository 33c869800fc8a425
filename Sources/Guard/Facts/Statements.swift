public import Consent
internal import MerkleLog
public import VaultCore

/// A consent or restriction as the Guard knows it: a fact with its origin.
public struct StatedFact: Sendable, Hashable {
    /// Whose.
    public let patient: RecordID
    /// The record that states it, `Consent/42` or `Restriction/…`.
    public let entry: PatientFacts.Entry
}

extension GuardCore {
    /// States facts of a patient that are no record: restrictions.
    ///
    /// - Parameters:
    ///   - entries: What is stated; replaces what the same origin stated before.
    ///   - patient: Whose.
    ///   - caller: The patient, an officer or a registrar; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: The fact's entry; in effect from the next decision on.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` and others.
    public func state(
        _ entries: [PatientFacts.Entry],
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        let body: JSONValue = [
            "kind": "state", "patient": patient.json, "facts": .array(entries.map(\.encoded)),
        ]
        return try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: body,
                state: state,
                allowsOperator: false
            )
            try state.requireConsentKeeper(actor, of: try state.pseudonym(of: patient))
            if entries.contains(where: { $0.facts.contains { !$0.isThePatientsToState } }),
                actor.principal?.requester.kind != .privacyOfficer
            {
                throw GuardError.notPermitted(action: "state that a document was seen")
            }
            let (pseudonym, _) = try state.known(patient)
            var facts = try state.facts(of: pseudonym)
            for entry in entries { facts.facts.merge(entry) }
            return try state.keep(
                &facts,
                of: pseudonym,
                by: actor,
                "state",
                part: ["facts": .array(entries.map(\.encoded))],
                context
            )
        }
    }

    /// The consents and restrictions in the facts of a patient.
    ///
    /// - Parameters:
    ///   - patient: Whose.
    ///   - caller: The patient, an officer or a registrar; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: By origin.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` and others.
    public func statements(
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> [StatedFact] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "statements", "patient": patient.json],
                state: state,
                allowsOperator: false
            )
            try state.requireConsentKeeper(actor, of: try state.pseudonym(of: patient))
            let (pseudonym, reference) = try state.known(patient)
            var header = try state.header(.decision, by: actor, context: context)
            header.action = "list-consents"
            header.purpose = []
            header.decision = .permit
            header.rules = ["consent-keeper.role"]
            try state.append(
                header,
                parts: [GuardState.Part(patient: pseudonym, body: ["read": "consents"])]
            )
            try state.commit()
            return try state.facts(of: pseudonym).facts.entries
                .filter { entry in
                    entry.facts.contains { [.consent, .restriction, .evidence].contains($0.kind) }
                }
                .map { StatedFact(patient: reference, entry: $0) }
        }
    }

    /// What an origin states, and of whom, for callers who know only the record's id.
    ///
    /// - Parameters:
    ///   - origin: `Consent/42`.
    ///   - caller: The patient, an officer or a registrar, by ``GuardRequest/statement(_:)``.
    ///   - context: Where the call came from.
    /// - Returns: The fact; the look is an entry.
    /// - Throws: ``GuardError/unknown(what:)`` where there is none or it is not the caller's to see.
    /// - Complexity: O(patients), except for a patient's own.
    public func statement(
        _ origin: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> StatedFact {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.statement(origin),
                state: state,
                allowsOperator: false
            )
            let own = try state.ownPseudonym(of: actor)
            if own == nil { try state.requireConsentKeeper(actor, of: nil) }
            guard let patient = try state.patient(stating: origin, own: own),
                let entry = try state.facts(of: patient).facts.entry(of: origin),
                let reference = try state.patient(patient).flatMap({ RecordID($0.reference) })
            else { throw GuardError.unknown(what: "consent") }
            var header = try state.header(.decision, by: actor, context: context)
            header.action = "list-consents"
            header.purpose = []
            header.decision = .permit
            header.rules = ["consent-keeper.role"]
            try state.append(
                header,
                parts: [GuardState.Part(patient: patient, body: ["read": "consents"])]
            )
            try state.commit()
            return StatedFact(patient: reference, entry: entry)
        }
    }

    /// Withdraws what a record states, whoever's it is: for callers who know only the record's id.
    ///
    /// Who may not withdraw it gets the answer for a record that does not exist.
    ///
    /// - Parameters:
    ///   - origins: `Consent/42`, `Restriction/42`; the first that is in force is withdrawn.
    ///   - caller: The patient, an officer or a registrar, by ``GuardRequest/withdrawal(_:)``.
    ///   - context: Where the call came from.
    /// - Returns: The withdrawal's entry.
    /// - Throws: ``GuardError/unknown(what:)`` and other ``Failure``s.
    /// - Complexity: O(patients), except for a patient's own.
    public func withdraw(
        anyOf origins: [RecordID],
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.withdrawal(origins),
                state: state,
                allowsOperator: false
            )
            let own = try state.ownPseudonym(of: actor)
            if own == nil { try state.requireConsentKeeper(actor, of: nil) }
            for origin in origins {
                guard let patient = try state.patient(stating: origin, own: own) else { continue }
                return try state.withdraw(origin, of: patient, by: actor, context)
            }
            throw GuardError.unknown(what: "consent")
        }
    }
}

extension GuardState {
    /// Takes what a record states out of a patient's facts.
    func withdraw(
        _ origin: RecordID,
        of patient: PatientPseudonym,
        by actor: Actor,
        _ context: CallContext
    ) throws -> Receipt {
        var facts = try self.facts(of: patient)
        facts.facts.remove(origin)
        return try keep(
            &facts,
            of: patient,
            by: actor,
            "withdraw",
            part: ["withdrawn": .strings([origin.description])],
            context
        )
    }

    /// Writes the entry of changed facts and keeps them.
    fileprivate func keep(
        _ facts: inout CachedFacts,
        of patient: PatientPseudonym,
        by actor: Actor,
        _ action: String,
        part: JSONValue,
        _ context: CallContext
    ) throws -> Receipt {
        var header = try header(.fact, by: actor, context: context)
        header.action = action
        let (index, leaf) = try append(header, parts: [Part(patient: patient, body: part)])
        facts.index = index
        try setFacts(facts, of: patient)
        try commit()
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    /// The patient in whose facts an origin stands; only the own record is looked at where one is given.
    fileprivate func patient(
        stating origin: RecordID,
        own: PatientPseudonym?
    ) throws -> PatientPseudonym? {
        if let own { return try facts(of: own).facts.entry(of: origin) == nil ? nil : own }
        var found: PatientPseudonym?
        try forEachStoredItem(.facts) { key, bytes in
            guard found == nil, let pseudonym = PatientPseudonym(bytes: key),
                try CachedFacts(decoding: bytes).facts.entry(of: origin) != nil
            else { return }
            found = pseudonym
        }
        return found
    }

    /// A patient that this vault knows and has not erased.
    func known(_ patient: PatientDesignation) throws -> (PatientPseudonym, RecordID) {
        guard let pseudonym = try pseudonym(of: patient), let found = try self.patient(pseudonym),
            found.erasedAt == nil, let reference = RecordID(found.reference)
        else { throw GuardError.unknown(what: "patient") }
        return (pseudonym, reference)
    }

    /// Who may see and state a patient's consents: the patient, and those whose work it is.
    ///
    /// Asked before anything is looked up: who may not learns not even whether there is such a patient. A
    /// clinician may not: whom the patient has blocked must not see it, nor take it back.
    func requireConsentKeeper(_ actor: Actor, of patient: PatientPseudonym?) throws {
        guard let kind = actor.principal?.requester.kind else { throw GuardError.notAuthenticated }
        switch kind {
        case .privacyOfficer, .registrar, .administrator: return
        case .patient:
            if let patient, try ownPseudonym(of: actor) == patient { return }
        default: break
        }
        throw GuardError.notPermitted(action: "see or state this patient's consents")
    }
}

extension Fact {
    /// Whether the patient may state it: all but documents that an officer must have seen.
    fileprivate var isThePatientsToState: Bool {
        guard kind == .evidence else { return true }
        return evidence == .patientAgreed || evidence == .involvedInCare
    }
}
