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
        let isOfficers = entries.contains { $0.facts.contains { !$0.isThePatientsToState } }
        return try change(
            of: patient,
            by: caller,
            body: body,
            action: "state",
            onlyOfficer: isOfficers,
            context
        ) { facts in
            for entry in entries { facts.merge(entry) }
            return ["facts": .array(entries.map(\.encoded))]
        }
    }

    /// Withdraws what a record states; a revoked consent counts no more from the next decision on.
    ///
    /// - Parameters:
    ///   - origin: `Consent/42` or `Restriction/…`.
    ///   - patient: Whose.
    ///   - caller: The patient, an officer or a registrar; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: The withdrawal's entry.
    /// - Throws: ``GuardError/unknown(what:)`` where nothing of this origin is in force, and others.
    public func withdraw(
        _ origin: RecordID,
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        let body: JSONValue = [
            "kind": "withdraw", "patient": patient.json, "origin": .string(origin.description),
        ]
        return try change(of: patient, by: caller, body: body, action: "withdraw", context) {
            facts in
            guard facts.entry(of: origin) != nil else {
                throw GuardError.unknown(what: origin.type.lowercased())
            }
            facts.remove(origin)
            return ["withdrawn": .strings([origin.description])]
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

    /// What an origin states, and of whom.
    ///
    /// - Parameter origin: `Consent/42`.
    /// - Returns: `nil` where no patient has it.
    /// - Throws: A ``Failure``.
    /// - Complexity: O(patients).
    public func statement(_ origin: RecordID) throws -> StatedFact? {
        try exclusively { mutable in
            let state = mutable.state
            var found: StatedFact?
            try state.forEachStoredItem(.facts) { key, bytes in
                guard found == nil, let pseudonym = PatientPseudonym(bytes: key),
                    let entry = try CachedFacts(decoding: bytes).facts.entry(of: origin),
                    let patient = try state.patient(pseudonym).flatMap({ RecordID($0.reference) })
                else { return }
                found = StatedFact(patient: patient, entry: entry)
            }
            return found
        }
    }

    private func change(
        of patient: PatientDesignation,
        by caller: Caller,
        body: JSONValue,
        action: String,
        onlyOfficer: Bool = false,
        _ context: CallContext,
        _ edit: (inout PatientFacts) throws -> JSONValue
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: body,
                state: state,
                allowsOperator: false
            )
            try state.requireConsentKeeper(actor, of: try state.pseudonym(of: patient))
            if onlyOfficer, actor.principal?.requester.kind != .privacyOfficer {
                throw GuardError.notPermitted(action: "state that a document was seen")
            }
            let (pseudonym, _) = try state.known(patient)
            var facts = try state.facts(of: pseudonym)
            let part = try edit(&facts.facts)
            var header = try state.header(.fact, by: actor, context: context)
            header.action = action
            let (index, leaf) = try state.append(
                header,
                parts: [GuardState.Part(patient: pseudonym, body: part)]
            )
            facts.index = index
            try state.setFacts(facts, of: pseudonym)
            try state.commit()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }
}

extension GuardState {
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
