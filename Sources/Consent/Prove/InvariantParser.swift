internal import Yams

/// Reads `invariants.yaml`: the conditions of the policy language, with `facts` of the domain beside them.
struct InvariantParser {
    private var parser: PolicyParser
    private let compiled: CompiledPolicies
    private let domain: ProofDomain
    private(set) var tables: PremiseTables
    private(set) var found: [Invariant] = []

    private static let keys: Set<String> = [
        "id", "title", "legal_basis", "given", "unless", "then", "obligations", "change",
    ]

    init(_ file: PolicySet.File, compiled: CompiledPolicies, domain: ProofDomain) {
        parser = PolicyParser(content: PolicyContent(file: file.name))
        self.compiled = compiled
        self.domain = domain
        tables = PremiseTables(texts: compiled.texts, conditions: compiled.conditions)
        read(file.text)
    }

    var problems: [PolicyProblem] { parser.content.problems }

    private mutating func read(_ text: String) {
        guard let root = parser.compose(text),
            let fields = parser.fields(of: root, allowed: ["topic", "invariants"])
        else { return }
        var seen: Set<String> = []
        for node in parser.items(of: fields["invariants"]) {
            guard let invariant = invariant(node) else { continue }
            if !seen.insert(invariant.id).inserted {
                parser.fail("invariant `\(invariant.id)` stands twice", at: node)
            }
            found.append(invariant)
        }
        if found.isEmpty { parser.fail("no invariant", at: root) }
    }

    private mutating func invariant(_ node: Node) -> Invariant? {
        guard let fields = parser.fields(of: node, allowed: Self.keys) else { return nil }
        for key in ["id", "title", "then"] where fields[key] == nil {
            parser.fail("`\(key)` is missing", at: node)
        }
        let given = readPremise(fields["given"])
        var unless: [Invariant.Premise] = []
        for node in Self.list(fields["unless"]) { unless.append(readPremise(node)) }
        let change = readChange(fields["change"])
        guard let id = parser.text(fields["id"]), let title = parser.text(fields["title"]),
            let conclusion = conclusion(fields, at: node)
        else { return nil }
        let compares = conclusion == .neverOpens || conclusion == .neverCloses
        if compares == change.isEmpty {
            parser.fail("`change` belongs to `never-opens` and `never-closes`", at: node)
        }
        return Invariant(
            id: id,
            title: title,
            legalBasis: parser.texts(fields["legal_basis"]),
            source: "\(parser.content.file):\(node.mark?.line ?? 1)",
            given: given,
            unless: unless,
            conclusion: conclusion,
            change: change
        )
    }

    private static func list(_ node: Node?) -> [Node] {
        guard let node else { return [] }
        if case .sequence(let items) = node { return Array(items) }
        return [node]
    }

    private mutating func conclusion(
        _ fields: [String: Node],
        at node: Node
    ) -> Invariant.Conclusion? {
        guard let then = fields["then"] else { return nil }
        switch then.string {
        case "deny": return .deny
        case "permit": return .permit
        case "never-opens": return .neverOpens
        case "never-closes": return .neverCloses
        case "obliges":
            let wanted = parser.texts(fields["obligations"])
            if wanted.isEmpty { parser.fail("`obliges` needs `obligations`", at: node) }
            var bits: UInt64 = 0
            for code in wanted {
                guard let place = compiled.obligations.firstIndex(of: code) else {
                    parser.fail("no rule obliges to `\(code)`", at: node)
                    continue
                }
                bits |= 1 << UInt64(place)
            }
            return .obliges(bits)
        default:
            parser.fail("`\(then.string ?? "?")` is not a conclusion", at: then)
            return nil
        }
    }

    private mutating func readPremise(_ node: Node?) -> Invariant.Premise {
        guard let node else { return premise([:]) }
        let names = Set(PolicyGrammar.condition.map(\.name)).union(["facts"])
        return premise(parser.fields(of: node, allowed: names) ?? [:])
    }

    private mutating func premise(_ fields: [String: Node]) -> Invariant.Premise {
        let condition = parser.condition(fields)
        check(condition, fields)
        var premises = CompiledPolicies.Builder(obligations: [])
        premises.texts = tables.texts
        premises.conditions = tables.conditions
        let request = premises.request(condition)
        let record = premises.record(condition.record)
        tables.texts = premises.texts
        tables.conditions = premises.conditions
        var facts: [(place: Int, values: UInt64)] = []
        if let node = fields["facts"], case .mapping(let mapping) = node {
            for (key, value) in mapping { facts += self.facts(key, value) }
        }
        return Invariant.Premise(request: request, record: record, facts: facts)
    }

    /// What no rule asks about is not in the domain, so a premise cannot ask about it either.
    private mutating func check(_ condition: PolicyRule.Condition, _ fields: [String: Node]) {
        let roles = condition.roles + condition.rolesNone
        for role in roles where domain.places.roles[role] == nil {
            if let node = fields["role"] ?? fields["role_none"] {
                parser.fail("no rule asks about role `\(role)`", at: node)
            }
        }
        for type in condition.record.types + condition.record.typesNone
        where !domain.types.contains(type) {
            if let node = fields["type"] ?? fields["type_none"] {
                parser.fail("no rule asks about type `\(type)`", at: node)
            }
        }
        if condition.record.consent != nil, domain.places.names[condition.record.labels] == nil,
            let node = fields["consent_names_label"]
        {
            parser.fail("no rule asks whether a consent names these labels", at: node)
        }
        if let time = condition.record.time, domain.places.times[time] == nil,
            let node = fields["data_time"] ?? fields["newer_than_days"]
        {
            parser.fail("no rule asks about this time", at: node)
        }
        if condition.ageFrom.map({ !domain.ages.contains($0) }) ?? false
            || condition.ageUnder.map({ !domain.ages.contains($0) }) ?? false,
            let node = fields["patient_age"]
        {
            parser.fail("no rule begins or ends at this age", at: node)
        }
    }

    /// Variables of the domain by their name, or by that of their kind (`consent names`), with values by
    /// theirs; without a value, every one.
    private mutating func facts(_ key: Node, _ value: Node?) -> [(place: Int, values: UInt64)] {
        let name = key.string ?? "?"
        let places = domain.places(named: name)
        if places.isEmpty { parser.fail("`\(name)` is no fact of the domain", at: key) }
        var found: [(place: Int, values: UInt64)] = []
        for place in places {
            let variable = domain.variables[place]
            guard let value else {
                found.append((place, variable.all))
                continue
            }
            var values: UInt64 = 0
            for text in parser.texts(value) {
                guard let number = variable.values.firstIndex(of: text) else {
                    parser.fail("`\(text)` is no value of `\(variable.name)`", at: value)
                    continue
                }
                values |= 1 << UInt64(number)
            }
            found.append((place, values))
        }
        return found
    }

    /// Facts and their values in the second point: a value, a list, or `any`.
    private mutating func readChange(_ node: Node?) -> [(place: Int, values: UInt64)] {
        guard let node else { return [] }
        guard case .mapping(let mapping) = node else {
            parser.fail("expected facts and their values", at: node)
            return []
        }
        var changes: [(place: Int, values: UInt64)] = []
        for (key, value) in mapping {
            let isAny = value.string == "any"
            changes += facts(key, isAny ? nil : value)
        }
        return changes
    }
}
