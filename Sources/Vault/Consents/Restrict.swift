public import Consent
public import Guard
public import VaultCore

/// A restriction that a patient asks for.
public struct RestrictionStatement: Sendable, Hashable {
    /// Which kind.
    public var kind: RestrictionKind
    /// The person who is blocked, a reference, `SYS|VAL` or a principal's reference.
    public var person: String?
    /// The items that it concerns: self-paid claims, invoices, visits.
    public var items: [RecordID]

    /// Describes a restriction.
    ///
    /// - Parameters:
    ///   - kind: Which kind.
    ///   - person: The person who is blocked.
    ///   - items: The items that it concerns.
    public init(kind: RestrictionKind, person: String? = nil, items: [RecordID] = []) {
        self.kind = kind
        self.person = person
        self.items = items
    }
}

extension VaultService {
    /// Puts a restriction on a patient's record, from the next decision on.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - restriction: What is asked for.
    ///   - caller: The patient, an officer or a registrar.
    ///   - context: Where the call came from.
    /// - Returns: The restriction's id and its entry.
    /// - Throws: ``GuardError/invalid(field:)`` where person or items are missing, and others.
    public func restrict(
        _ patient: PatientDesignation,
        _ restriction: RestrictionStatement,
        by caller: Caller,
        context: CallContext
    ) throws -> (id: RecordID, receipt: Receipt) {
        var fact = Fact(.restriction)
        fact.restriction = restriction.kind
        switch restriction.kind {
        case .blockedPerson, .blockedPersonAlways:
            guard let person = restriction.person, !person.isEmpty else {
                throw GuardError.invalid(field: "person")
            }
            fact.parties = [
                person.contains("|")
                    ? Party(role: .blocked, identifier: person)
                    : Party(role: .blocked, reference: person)
            ]
        case .selfPaidItem, .minorControlled:
            guard !restriction.items.isEmpty else { throw GuardError.invalid(field: "item") }
        case .notEvenInAnEmergency, .agreed: break
        }
        fact.links = restriction.items.map(\.description)
        guard let id = FHIRID(Hex.encode(random.bytes(8))) else {
            throw GuardError.invalid(field: "id")
        }
        let origin = RecordID(type: "Restriction", id: id)
        let receipt = try `guard`.state(
            [PatientFacts.Entry(origin: origin, version: 1, facts: [fact])],
            of: patient,
            by: caller,
            context: context
        )
        return (origin, receipt)
    }
}
