internal import VaultCore

/// What a decision reads of a patient's facts each time, as numbers: built once for each value of the facts.
///
/// Says nothing that ``FactTables`` does not say; texts stay there, for reasons and rare questions.
struct InternedFacts: Sendable {
    /// A related person's keys, and what authorizes them.
    struct Relation: Sendable {
        let keys: [KeyID]
        let period: TimeBounds
        let authority: Authority
    }

    /// What the relationship codes of a related person say.
    struct Authority: OptionSet, Sendable {
        let rawValue: UInt8
        static let parent = Authority(rawValue: 1)
        /// A health care power of attorney.
        static let representative = Authority(rawValue: 2)
        /// Represents an adult.
        static let guardian = Authority(rawValue: 4)
        /// Represents the dead.
        static let executor = Authority(rawValue: 8)
    }

    /// A member of a group, team or role, and when.
    struct Member: Sendable {
        let id: KeyID
        let period: TimeBounds
    }

    var keys = KeyTable()
    /// Keys below this number are those that rules, groups and relations name; the others only lead on.
    private(set) var namedCount: KeyID = 0
    /// Every key of the person or organization that a key belongs to.
    private(set) var aliases = KeyedList<String>.empty
    /// When a key is in a treatment relationship with the patient.
    private(set) var treating = KeyedList<TimeBounds>.empty
    private(set) var members = KeyedList<Member>.empty
    private(set) var relations: [Relation] = []
    private(set) var consents: [ConsentNode] = []
    /// The provisions of all consents, each consent's together.
    private(set) var provisions: [ProvisionNode] = []
    private(set) var actors: [ActorKey] = []
    /// Whom each restriction blocks; a party without a key is an actor that nothing identifies.
    private(set) var blocked: [[ActorKey]] = []

    /// Nothing known.
    init() {}

    init(_ tables: FactTables) {
        for consent in tables.consents {
            for actor in consent.provisions.flatMap({ $0.actors ?? [] }) where !actor.key.isEmpty {
                _ = keys.intern(actor.key)
            }
        }
        for party in tables.restrictions.flatMap(\.blocked) {
            for key in party.keys { _ = keys.intern(key) }
        }
        for text in tables.members.keys.sorted() { _ = keys.intern(text) }
        for member in tables.members.values.joined() { _ = keys.intern(member.key) }
        relations = tables.relations.map { relation in
            Relation(
                keys: relation.keys.map { keys.intern($0) },
                period: relation.period,
                authority: Authority(relation.codes)
            )
        }
        namedCount = KeyID(keys.count)
        for text in tables.aliases.keys { _ = keys.intern(text) }
        for text in tables.treating.keys { _ = keys.intern(text) }
        let table = keys
        aliases = KeyedList(tables.aliases, keys: table)
        treating = KeyedList(tables.treating, keys: table)
        members = KeyedList(
            tables.members.mapValues {
                $0.map { Member(id: table.id(of: $0.key), period: $0.period) }
            },
            keys: table
        )
        for consent in tables.consents { take(consent, tables) }
        blocked = tables.restrictions.map { restriction in
            restriction.blocked.flatMap { $0.keys.isEmpty ? [""] : $0.keys }
                .map { ActorKey($0, table, tables) }
        }
    }

    private mutating func take(_ consent: ConsentDirective, _ tables: FactTables) {
        let start = provisions.count
        for provision in consent.provisions {
            let recipients = (provision.actors ?? []).filter { $0.part == .recipient }
            let first = actors.count
            actors += recipients.map { ActorKey($0.key, keys, tables) }
            provisions.append(
                ProvisionNode(provision, of: consent, recipients: first..<actors.count)
            )
        }
        let isOwn =
            consent.patients.isEmpty
            || consent.patients.contains { tables.patientKeys.contains($0) }
        consents.append(ConsentNode(consent, nodes: start..<provisions.count, isOwn: isOwn))
    }
}

extension InternedFacts.Authority {
    /// v3 RoleCode of parents and guardians; step and foster parents need recorded authority of their own.
    private static let parents: Set<String> = [
        "PRN", "NPRN", "MTH", "NMTH", "FTH", "NFTH", "ADOPTP", "ADOPTM", "ADOPTF", "GUARD",
        "GUADLTM",
    ]
    /// v3 RoleCode of those with authority for health care; a financial power of attorney is none
    /// (45 CFR 164.502(g)(1)).
    private static let representatives: Set<String> = ["HPOWATT"]
    private static let guardians: Set<String> = ["GUARD", "GUADLTM"]
    private static let executors: Set<String> = ["EXCEST"]

    init(_ codes: [CodedValue]) {
        let codes = Set(codes.filter { $0.system == CodeSystem.roleCode }.map(\.code))
        self = []
        if !codes.isDisjoint(with: Self.parents) { insert(.parent) }
        if !codes.isDisjoint(with: Self.representatives) { insert(.representative) }
        if !codes.isDisjoint(with: Self.guardians) { insert(.guardian) }
        if !codes.isDisjoint(with: Self.executors) { insert(.executor) }
    }
}

/// The recipient of a rule as a number, with what must be known where it is not the requester's.
struct ActorKey: Sendable {
    enum Form: Sendable {
        /// Only a display text.
        case nothing
        /// `SYS|VAL`.
        case identifier
        /// A reference to one person, device or organization.
        case person
        /// A reference to a group, team or role, or anything else.
        case group
    }

    /// Negative where nothing identifies the actor.
    let id: KeyID
    let form: Form
    /// Whether the patient's facts say who it is.
    let isResolved: Bool
    /// Whether the patient's facts say who is in it.
    let hasMembers: Bool
    /// Whether the patient's facts give it a name.
    let hasNames: Bool

    init(_ key: String, _ keys: KeyTable, _ tables: FactTables) {
        id = keys.id(of: key)
        isResolved = tables.aliases[key] != nil
        hasMembers = tables.members[key] != nil
        hasNames = tables.names[key] != nil
        if key.isEmpty {
            form = .nothing
        } else if key.utf8.contains(0x7C) {
            form = .identifier
        } else {
            switch key.prefix(while: { $0 != "/" }) {
            case "Practitioner", "RelatedPerson", "Patient", "Organization", "Person", "Device":
                form = .person
            default: form = .group
            }
        }
    }
}
