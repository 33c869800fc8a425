internal import VaultCore

/// The requester with every key that facts add, so that a rule compares numbers, and texts where it must.
struct Identity: Sendable {
    /// References and identifiers of the principal itself.
    private(set) var keys: [String]
    /// References and identifiers of the organizations it belongs to.
    private(set) var organizations: [String] = []
    /// The principal's keys among the patient's.
    private(set) var own = KeySet()
    /// The principal's and its organizations' keys among the patient's.
    private(set) var named = KeySet()
    /// Name of its organization as stated: good for payers that are named by text only.
    private let statedName: String?
    private let hasReference: Bool
    private let hasIdentifier: Bool

    init(_ requester: borrowing Requester, facts: FactIndex, directory: FactIndex, now: Instant) {
        keys = requester.references
        for identifier in requester.identifiers { keys.append(identifier.key) }
        switch requester.organization {
        case nil: statedName = nil
        case .name(let name)?: statedName = name
        case .reference(let key)?:
            organizations.append(key)
            statedName = nil
        case .identifier(let system, let value)?:
            organizations.append("\(system)|\(value)")
            statedName = nil
        }
        Self.close(&keys, facts, directory)
        Self.takeEmployers(of: keys, facts, now, &organizations)
        Self.takeEmployers(of: keys, directory, now, &organizations)
        Self.close(&organizations, facts, directory)
        let table = facts.tables.interned.keys
        for key in keys { own.insert(table.id(of: key)) }
        named = own
        for key in organizations { named.insert(table.id(of: key)) }
        hasReference = keys.contains { !$0.utf8.contains(0x7C) }
        hasIdentifier = keys.contains { $0.utf8.contains(0x7C) }
    }

    private static func takeEmployers(
        of keys: [String],
        _ index: FactIndex,
        _ now: Instant,
        _ found: inout [String]
    ) {
        guard !index.tables.employers.isEmpty else { return }
        for key in keys {
            for employer in index.tables.employers[key] ?? [] where employer.period.contains(now) {
                found.append(employer.key)
            }
        }
    }

    /// Adds every other key of the same persons.
    private static func close(_ found: inout [String], _ facts: FactIndex, _ directory: FactIndex) {
        var next = 0
        while next < found.count {
            takeAliases(of: found[next], facts, &found)
            takeAliases(of: found[next], directory, &found)
            next += 1
        }
    }

    private static func takeAliases(of key: String, _ index: FactIndex, _ found: inout [String]) {
        guard !index.tables.aliases.isEmpty, let aliases = index.tables.aliases[key] else { return }
        for alias in aliases where !found.contains(alias) { found.append(alias) }
    }

    /// Whether a key names the requester or an organization it belongs to.
    func isNamed(by key: String) -> Bool { keys.contains(key) || organizations.contains(key) }

    /// Whether a name is its organization's.
    func hasName(_ name: String, _ facts: FactIndex, _ directory: FactIndex) -> Bool {
        name == statedName || hasName(name, facts) || hasName(name, directory)
    }

    private func hasName(_ name: String, _ index: FactIndex) -> Bool {
        guard !index.tables.names.isEmpty else { return false }
        return keys.contains { index.tables.names[$0]?.contains(name) ?? false }
            || organizations.contains { index.tables.names[$0]?.contains(name) ?? false }
    }

    /// Whether the actor of a rule is the requester, as far as facts show.
    func matches(
        _ actor: ActorKey,
        _ facts: FactIndex,
        _ directory: FactIndex,
        now: Instant
    ) -> Bool {
        guard actor.id >= 0 else { return false }
        if named.contains(actor.id) { return true }
        if actor.hasMembers {
            for member in facts.tables.interned.members[actor.id]
            where member.period.contains(now) && named.contains(member.id) {
                return true
            }
        }
        guard actor.form == .group, !directory.tables.members.isEmpty else { return false }
        let members = directory.tables.members[facts.tables.interned.keys.texts[Int(actor.id)]]
        return members?.contains { $0.period.contains(now) && isNamed(by: $0.key) } ?? false
    }

    /// Whether the actor of a rule might be the requester, so that a deny counts.
    ///
    /// It might where nothing identifies the actor, or the facts do not show who it is.
    func mayMatch(
        _ actor: ActorKey,
        _ facts: FactIndex,
        _ directory: FactIndex,
        now: Instant
    ) -> Bool {
        guard actor.id >= 0 else { return true }
        if matches(actor, facts, directory, now: now) { return true }
        let key = facts.tables.interned.keys.texts[Int(actor.id)]
        if actor.hasNames || directory.tables.names[key] != nil {
            for index in [facts, directory] {
                for name in index.tables.names[key] ?? [] where hasName(name, facts, directory) {
                    return true
                }
            }
        }
        if actor.isResolved || directory.tables.aliases[key] != nil { return false }
        switch actor.form {
        case .nothing: return true
        case .identifier: return !hasIdentifier
        case .person: return !hasReference
        case .group: return !actor.hasMembers && directory.tables.members[key] == nil
        }
    }
}
