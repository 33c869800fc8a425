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
        guard !identity.representatives.isEmpty,
            let patient = try patient(pseudonym), patient.erasedAt == nil,
            let reference = RecordID(patient.reference)
        else { return identity }
        let facts = try facts(of: pseudonym).facts
        let directory = try directoryFacts()
        func isDenied(_ references: [String], _ facts: PatientFacts) -> Bool {
            Self.purposes.contains { purpose in
                let decision = DecisionContext(
                    request: AccessRequest(
                        requester: Requester(kind: .family, references: references),
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
        let barred = Set(
            identity.representatives.compactMap(\.source).filter {
                facts.blocks($0) || isDenied([$0.description], facts)
            }
        )
        // A contact of the patient's own resource has no reference that a bar could name, and may be
        // the very person whom the patient means: where anybody near is barred, no contact is written to.
        let isSomebodyBarred = !barred.isEmpty || isDenied([], facts.withoutBlockedStaff)
        identity.representatives.removeAll { person in
            person.source.map(barred.contains) ?? isSomebodyBarred
        }
        return identity
    }

    /// Purposes for which somebody asks in a patient's stead.
    private static let purposes = ["FAMRQT", "PWATRNY"]
}

extension PatientFacts {
    /// Whether a restriction names a person, also where it closes only some items: a letter tells kinds of data.
    fileprivate func blocks(_ person: RecordID) -> Bool {
        blocked.contains { $0.reference == person.description }
    }

    /// The same without the restrictions that name members of the staff: whoever has no reference might be
    /// anybody that is named, and no contact is a member of the staff by being a contact.
    fileprivate var withoutBlockedStaff: PatientFacts {
        PatientFacts(
            entries.map { entry in
                let facts = entry.facts.filter { fact in
                    let named = fact.isBlock ? fact.parties.filter { $0.role == .blocked } : []
                    return named.isEmpty
                        || !named.allSatisfy { $0.reference?.hasPrefix("Practitioner") == true }
                }
                return Entry(origin: entry.origin, version: entry.version, facts: facts)
            }
        )
    }

    private var blocked: [Party] {
        entries.flatMap(\.facts).filter(\.isBlock).flatMap(\.parties).filter { $0.role == .blocked }
    }
}

extension Fact {
    /// Whether the fact is a restriction that names whom it shuts out.
    fileprivate var isBlock: Bool {
        restriction == .blockedPerson || restriction == .blockedPersonAlways
    }
}
