internal import Consent
internal import FHIRModel
internal import VaultCore

extension GuardState {
    /// Who a patient is to be written to as, without anybody whom the patient has barred.
    ///
    /// Of an erased patient nothing is left that could bar anybody; what the audit key keeps is all there is.
    func correspondence(
        of pseudonym: PatientPseudonym,
        _ policies: PolicySet,
        _ now: Instant
    ) throws -> PatientIdentity? {
        guard var identity = try searchFields(of: pseudonym) else { return nil }
        guard identity.representatives.contains(where: { $0.source != nil }),
            let patient = try patient(pseudonym), patient.erasedAt == nil,
            let reference = RecordID(patient.reference)
        else { return identity }
        let facts = try facts(of: pseudonym).facts
        let directory = try directoryFacts()
        identity.representatives.removeAll { person in
            guard let source = person.source else { return false }
            return facts.blocks(source)
                || Self.purposes.contains { purpose in
                    let decision = DecisionContext(
                        request: AccessRequest(
                            requester: Requester(kind: .family, references: [source.description]),
                            patient: reference,
                            purposes: [purpose],
                            now: now
                        ),
                        facts: facts,
                        directory: directory,
                        policies: policies
                    ).decision()
                    return decision.effect == .deny
                        && [.patientAbsolute, .patientDeny].contains(decision.layer)
                }
        }
        return identity
    }

    /// Purposes for which somebody asks in a patient's stead.
    private static let purposes = ["FAMRQT", "PWATRNY"]
}

extension PatientFacts {
    /// Whether a restriction names a person, also where it closes only some items: a letter tells kinds of data.
    fileprivate func blocks(_ person: RecordID) -> Bool {
        entries.flatMap(\.facts).contains { fact in
            guard fact.restriction == .blockedPerson || fact.restriction == .blockedPersonAlways
            else { return false }
            return fact.parties.contains {
                $0.role == .blocked && $0.reference == person.description
            }
        }
    }
}
