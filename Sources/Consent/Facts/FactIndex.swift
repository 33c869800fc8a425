internal import FHIRModel
internal import VaultCore

/// Facts laid out so that a decision looks up instead of searching; shared by all who decide with them.
final class FactIndex: Sendable {
    let tables: FactTables

    init(_ entries: [PatientFacts.Entry]) {
        tables = FactTables(entries)
    }
}

/// The content of a ``FactIndex``.
struct FactTables: Sendable {
    /// A related person with what authorises them.
    struct Relation: Sendable {
        let origin: String
        let keys: [String]
        let codes: [CodedValue]
        let period: TimeBounds
    }

    /// A claim or coverage with its payers.
    struct Payment: Sendable {
        let id: String
        let payers: [Party]
        let links: [String]
        let isSelfPay: Bool
        let period: FactPeriod
    }

    /// A restriction with whom and what it concerns.
    struct Restriction: Sendable {
        let id: String
        let kind: RestrictionKind
        let blocked: [Party]
        let items: Set<String>
        let period: TimeBounds
    }

    /// A document with whom it serves and when.
    struct Document: Sendable {
        let evidence: Evidence
        let holders: [String]
        let period: TimeBounds
        /// Categories it is limited to, one bit each; `nil` where it names none.
        let scope: UInt64?
    }

    /// A member or employer, and when.
    typealias Timed = (key: String, period: TimeBounds)

    var patientKeys: Set<String> = []
    var birthDate: PartialDate?
    var isDeceased = false
    var country: String?
    /// ISO 3166-1 alpha-2 of ``country``, where it can be read.
    var jurisdiction: String?
    /// Every key of the person or organization that a key belongs to, itself included.
    var aliases: [String: [String]] = [:]
    /// Names of organizations by their keys.
    var names: [String: [String]] = [:]
    /// When each key is in a treatment relationship with the patient.
    var treating: [String: [TimeBounds]] = [:]
    /// Organizations a practitioner works for, by the practitioner's keys.
    var employers: [String: [Timed]] = [:]
    /// Members of groups, care teams and roles, by their reference.
    var members: [String: [Timed]] = [:]
    var relations: [Relation] = []
    var coverages: [Payment] = []
    var claims: [Payment] = []
    var encounterLinks: [String: [String]] = [:]
    /// Who took part in each encounter.
    var encounterParties: [String: [String]] = [:]
    var consents: [ConsentDirective] = []
    var restrictions: [Restriction] = []
    /// Items of self-paid claims, the claims themselves, and self-paid items the patient named.
    var selfPaid: Set<String> = []
    /// Items that a minor alone controls.
    var minorControlled: Set<String> = []
    /// Documents that give somebody a legal ground.
    var documents: [Document] = []
    var part2Organizations: Set<String> = []
    /// The same facts as numbers, where a decision reads them each time.
    private(set) var interned = InternedFacts()

    init(_ entries: [PatientFacts.Entry]) {
        for entry in entries {
            for fact in entry.facts { take(fact, id: entry.origin.description) }
        }
        spreadSelfPay()
        jurisdiction = Jurisdiction.code(country)
        interned = InternedFacts(self)
    }

    private mutating func take(_ fact: Fact, id: String) {
        switch fact.kind {
        case .patient: takePatient(fact, id: id)
        case .relatedPerson:
            takeIdentity(fact, id: id)
            guard fact.isActive else { return }
            relations.append(
                Relation(
                    origin: id,
                    keys: [id] + fact.identifiers,
                    codes: fact.codes,
                    period: fact.period.span
                )
            )
        case .practitioner: takeIdentity(fact, id: id)
        case .organization:
            takeIdentity(fact, id: id)
            for key in [id] + fact.identifiers { names[key, default: []] += fact.names }
            if fact.codes.contains(Fact.part2Program) {
                part2Organizations.formUnion([id] + fact.identifiers)
            }
        case .practitionerRole: takeRole(fact, id: id)
        case .careTeam:
            guard fact.isActive else { return }
            takeMembers(fact, id: id)
            takeTreating(fact)
        case .group: if fact.isActive { takeMembers(fact, id: id) }
        case .encounter:
            encounterLinks[id, default: []] += fact.links
            encounterParties[id, default: []] +=
                fact.parties.filter { $0.role != .organization }.flatMap(\.keys)
            if fact.isActive { takeTreating(fact) }
        case .order: if fact.isActive { takeTreating(fact) }
        case .appointment: break
        case .coverage: if fact.isActive { coverages.append(payment(fact, id: id)) }
        case .claim: if fact.isActive { claims.append(payment(fact, id: id)) }
        case .consent:
            if let source = fact.source {
                consents.append(ConsentDirective(text: source, fallbackID: id))
            }
        case .restriction: if fact.isActive { takeRestriction(fact, id: id) }
        case .evidence:
            guard fact.isActive, let evidence = fact.evidence else { return }
            documents.append(
                Document(
                    evidence: evidence,
                    holders: fact.parties.filter { $0.role == .holder }.flatMap(\.keys),
                    period: fact.period.span,
                    // A category that nobody knows limits to nothing.
                    scope: fact.links.isEmpty
                        ? nil
                        : fact.links.reduce(0) { $0 | (DataCategory(rawValue: $1)?.bit ?? 0) }
                )
            )
        }
    }

    private mutating func takePatient(_ fact: Fact, id: String) {
        takeIdentity(fact, id: id)
        patientKeys.formUnion([id] + fact.identifiers)
        birthDate = fact.birthDate.flatMap { PartialDate($0) } ?? birthDate
        isDeceased = isDeceased || fact.deceased != nil
        country = fact.country ?? country
        takeTreating(fact, role: .generalPractitioner)
    }

    private mutating func takeIdentity(_ fact: Fact, id: String) {
        let keys = [id] + fact.identifiers
        for key in keys { aliases[key, default: []] += keys }
    }

    private mutating func takeRole(_ fact: Fact, id: String) {
        guard fact.isActive else { return }
        let practitioners = fact.parties.filter { $0.role == .practitioner }.flatMap(\.keys)
        let organizations = fact.parties.filter { $0.role == .organization }.flatMap(\.keys)
        for practitioner in practitioners {
            members[id, default: []].append((practitioner, fact.period.span))
            for organization in organizations {
                employers[practitioner, default: []].append((organization, fact.period.span))
            }
        }
    }

    private mutating func takeMembers(_ fact: Fact, id: String) {
        for party in fact.parties where party.role == .participant {
            for key in party.keys {
                members[id, default: []].append((key, party.period.span))
            }
        }
    }

    private mutating func takeTreating(_ fact: Fact, role: Party.Role? = nil) {
        for party in fact.parties where party.role != .organization {
            if let role, party.role != role { continue }
            // A team's own period bounds its members'.
            let period: FactPeriod =
                fact.kind == .careTeam ? .both(fact.period, party.period) : .always
            for key in party.keys { treating[key, default: []].append(period.span) }
        }
    }

    private func payment(_ fact: Fact, id: String) -> Payment {
        Payment(
            id: id,
            payers: fact.parties.filter { $0.role == .payer },
            links: fact.links,
            isSelfPay: fact.codes.contains(Fact.selfPay),
            period: fact.period
        )
    }

    private mutating func takeRestriction(_ fact: Fact, id: String) {
        guard let kind = fact.restriction else { return }
        if kind == .selfPaidItem { selfPaid.formUnion(fact.links) }
        if kind == .minorControlled { minorControlled.formUnion(fact.links) }
        restrictions.append(
            Restriction(
                id: id,
                kind: kind,
                blocked: fact.parties.filter { $0.role == .blocked },
                items: Set(fact.links),
                period: fact.period.span
            )
        )
    }

    /// Adds what hangs on a self-paid item.
    ///
    /// The encounters, procedures and orders of a self-paid claim, every claim that bills one of them, and
    /// the answers to those claims. A diagnosis is shared by many claims and spreads nothing.
    private mutating func spreadSelfPay() {
        for claim in claims where claim.isSelfPay {
            selfPaid.insert(claim.id)
            selfPaid.formUnion(claim.links.filter { !$0.hasPrefix("Condition/") })
        }
        guard !selfPaid.isEmpty else { return }
        var grew = true
        while grew {
            grew = false
            for claim in claims where !selfPaid.contains(claim.id) {
                guard claim.links.contains(where: selfPaid.contains) else { continue }
                selfPaid.insert(claim.id)
                grew = true
            }
        }
    }
}

extension FactPeriod {
    /// The time in which both hold, each bound from whichever is tighter.
    static func both(_ one: FactPeriod, _ other: FactPeriod) -> FactPeriod {
        FactPeriod(
            start: later(one.start, other.start, isStart: true),
            end: later(one.end, other.end, isStart: false)
        )
    }

    private static func later(_ one: String?, _ other: String?, isStart: Bool) -> String? {
        guard let one, let other else { return one ?? other }
        guard let first = PartialDate(one), let second = PartialDate(other) else { return "" }
        return (first.earliest < second.earliest) == isStart ? other : one
    }
}
