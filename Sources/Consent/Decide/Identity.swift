internal import VaultCore

/// The requester with every key that facts add, so that a rule compares texts and nothing else.
struct Identity: Sendable {
    /// References and identifiers of the principal itself, groups and roles it is in included.
    let keys: [String]
    /// References and identifiers of the organizations it belongs to.
    let organizations: [String]
    /// Names of its organization: good for payers that are named by text only.
    let names: [String]
    private let hasReference: Bool
    private let hasIdentifier: Bool

    init(_ requester: Requester, facts: FactIndex, directory: FactIndex, now: Instant) {
        var own = requester.references + requester.identifiers.map(\.key)
        own = Self.closure(own, facts, directory)
        var organizations: [String] = []
        var names: [String] = []
        switch requester.organization {
        case .reference(let reference)?: organizations.append(reference)
        case .identifier(let system, let value)?: organizations.append("\(system)|\(value)")
        case .name(let name)?: names.append(name)
        case nil: break
        }
        for index in [facts, directory] {
            for key in own {
                for employer in index.tables.employers[key] ?? []
                where employer.period.contains(now) {
                    organizations.append(employer.key)
                }
            }
        }
        organizations = Self.closure(organizations, facts, directory)
        for key in own + organizations {
            names += (facts.tables.names[key] ?? []) + (directory.tables.names[key] ?? [])
        }
        keys = own
        self.organizations = organizations
        self.names = names
        hasReference = own.contains { !$0.utf8.contains(0x7C) }
        hasIdentifier = own.contains { $0.utf8.contains(0x7C) }
    }

    private static func closure(
        _ start: [String],
        _ facts: FactIndex,
        _ directory: FactIndex
    ) -> [String] {
        var found = start
        var next = 0
        while next < found.count {
            for alias in (facts.tables.aliases[found[next]] ?? [])
                + (directory.tables.aliases[found[next]] ?? [])
            where !found.contains(alias) {
                found.append(alias)
            }
            next += 1
        }
        return found
    }

    /// Whether a key names the requester or an organization it belongs to.
    func isNamed(by key: String) -> Bool { keys.contains(key) || organizations.contains(key) }

    /// Whether the actor of a rule is the requester, as far as facts show.
    func matches(_ key: String, _ facts: FactIndex, _ directory: FactIndex, now: Instant) -> Bool {
        guard !key.isEmpty else { return false }
        if isNamed(by: key) { return true }
        for index in [facts, directory] {
            for member in index.tables.members[key] ?? [] where member.period.contains(now) {
                if isNamed(by: member.key) { return true }
            }
        }
        return false
    }

    /// Whether the actor of a rule might be the requester, so that a deny counts.
    ///
    /// It might where nothing identifies the actor, or the facts do not show who it is.
    func mayMatch(_ key: String, _ facts: FactIndex, _ directory: FactIndex, now: Instant) -> Bool {
        if key.isEmpty || matches(key, facts, directory, now: now) { return true }
        for index in [facts, directory] {
            for name in index.tables.names[key] ?? [] where names.contains(name) { return true }
        }
        let isResolved = facts.tables.aliases[key] != nil || directory.tables.aliases[key] != nil
        if key.utf8.contains(0x7C) { return !hasIdentifier && !isResolved }
        switch key.prefix(while: { $0 != "/" }) {
        case "Practitioner", "RelatedPerson", "Patient", "Organization", "Person", "Device":
            return !hasReference && !isResolved
        default:
            let isKnown = facts.tables.members[key] != nil || directory.tables.members[key] != nil
            return !isKnown && !isResolved
        }
    }
}
