internal import VaultCore

/// The requester with every key that facts add, so that a rule compares numbers, and texts where it must.
struct Identity: Sendable {
    /// References and identifiers of the principal itself.
    let keys: [String]
    /// References and identifiers of the organizations it belongs to.
    let organizations: [String]
    /// The principal's keys among the patient's.
    let own: KeySet
    /// The principal's and its organizations' keys among the patient's.
    let named: KeySet
    /// Name of its organization as stated: good for payers that are named by text only.
    private let statedName: String?
    /// Whether it is in a treatment relationship with the patient now, if it is a clinician.
    let isTreating: Bool
    private let hasReference: Bool
    private let hasIdentifier: Bool

    init(_ asker: SharedRequester, facts: FactIndex, directory: FactIndex, now: Instant) {
        var keys = asker.requester.keys
        var organizations = asker.requester.organizationKeys
        statedName = asker.requester.organizationName
        var own = KeySet()
        var isTreating = false
        let given = keys.count
        var next = 0
        while next < keys.count {
            let id = Self.take(keys[next], facts, directory, into: &own, &keys)
            if id >= 0, !isTreating {
                isTreating = facts.tables.interned.treating[id].contains { $0.contains(now) }
            }
            next += 1
        }
        Self.takeEmployers(of: keys, facts, now, &organizations)
        Self.takeEmployers(of: keys, directory, now, &organizations)
        var named = own
        next = 0
        while next < organizations.count {
            _ = Self.take(organizations[next], facts, directory, into: &named, &organizations)
            next += 1
        }
        let added = keys.dropFirst(given)
        hasReference = asker.hasReference || added.contains { !$0.isIdentifierKey }
        hasIdentifier = asker.hasIdentifier || added.contains { $0.isIdentifierKey }
        self.keys = keys
        self.organizations = organizations
        self.own = own
        self.named = named
        self.isTreating = isTreating
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

    /// Takes a key's number, and adds every other key of the same person or organization; the text is looked
    /// up once.
    private static func take(
        _ key: String,
        _ facts: FactIndex,
        _ directory: FactIndex,
        into set: inout KeySet,
        _ found: inout [String]
    ) -> KeyID {
        let id = facts.tables.interned.keys.id(of: key)
        if id >= 0 {
            if id < facts.tables.interned.namedCount { set.insert(id) }
            for alias in facts.tables.interned.aliases[id] where !found.contains(alias) {
                found.append(alias)
            }
        }
        if !directory.tables.aliases.isEmpty, let aliases = directory.tables.aliases[key] {
            for alias in aliases where !found.contains(alias) { found.append(alias) }
        }
        return id
    }

    /// Whether a key names the requester or an organization it belongs to.
    func isNamed(by key: String) -> Bool { keys.contains(key) || organizations.contains(key) }

    /// Whether one of some keys names the requester or an organization it belongs to.
    func isNamed(byAnyOf keys: [String]) -> Bool {
        for key in keys where isNamed(by: key) { return true }
        return false
    }

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
