internal import Consent
internal import MerkleLog
public import VaultCore

/// To whom a breach letter goes.
public struct Correspondent: Sendable, Hashable {
    /// The patient on the record side.
    public let patient: PatientPseudonym
    /// The patient's FHIR reference, where the vault still knows it.
    public let reference: String?
    /// Name, address and language; `nil` for a patient whose record was erased.
    public let identity: PatientIdentity?
}

extension GuardCore {
    /// What the persons who ask for letters' addresses sign.
    ///
    /// - Parameters:
    ///   - patients: Whose.
    ///   - incident: For which case.
    /// - Returns: The request in its one form.
    public static func correspondenceBody(
        _ patients: [PatientPseudonym],
        incident: String
    ) -> JSONValue {
        [
            "kind": "correspondence", "incident": .string(incident),
            "patients": .strings(patients.map(\.description)),
        ]
    }

    /// Names, addresses and languages of the affected persons of a case; an entry with a part for each,
    /// written first, so that they see it in their own list.
    ///
    /// - Parameters:
    ///   - patients: Whose.
    ///   - incident: For which case.
    ///   - caller: A privacy officer.
    ///   - context: Where the call came from.
    /// - Returns: In the order given.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` and others.
    public func correspondents(
        _ patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> [Correspondent] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: Self.correspondenceBody(patients, incident: incident),
                state: state,
                allowsOperator: false
            )
            try actor.require([.privacyOfficer], action: "write breach letters")
            guard Set(patients).count == patients.count else {
                throw GuardError.invalid(field: "patients")
            }
            guard try state.incident(incident) != nil else {
                throw GuardError.unknown(what: "breach case")
            }
            var header = try state.header(.breach, by: actor, context: context)
            header.action = "letters"
            header.decision = .permit
            header.legalBasis = ["45 CFR 164.404"]
            header.more = [.init("case", .string(incident))]
            try state.append(
                header,
                parts: patients.map {
                    GuardState.Part(patient: $0, body: ["letter": .string(incident)])
                }
            )
            try state.commit()
            let now = state.clock.now()
            return try patients.map { pseudonym in
                Correspondent(
                    patient: pseudonym,
                    reference: try state.patient(pseudonym)?.reference,
                    identity: try state.correspondence(of: pseudonym, policies, now)
                )
            }
        }
    }
}
