internal import VaultCore
internal import Yams

/// What one policy file says, and what is wrong with it.
struct PolicyContent {
    let file: String
    var rules: [PolicyRule] = []
    var obligations: [(Obligation, line: Int)] = []
    var problems: [PolicyProblem] = []
    /// Places of rule ids, for the check that none stands twice.
    var places: [(id: String, line: Int, column: Int)] = []
}

/// Reads a policy file: a mapping with `topic` and `rules` or `obligations`.
///
/// Unknown keys are errors.
struct PolicyParser {
    var content: PolicyContent

    static func parse(_ file: PolicySet.File) -> PolicyContent {
        var parser = PolicyParser(content: PolicyContent(file: file.name))
        parser.read(file.text)
        return parser.content
    }

    mutating func fail(_ what: String, at node: Node) {
        let mark = node.mark
        content.problems.append(
            PolicyProblem(
                file: content.file,
                line: mark?.line ?? 1,
                column: mark?.column ?? 1,
                what: what
            )
        )
    }

    private mutating func read(_ text: String) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            let mark = (error as? YamlError).flatMap(Self.mark)
            content.problems.append(
                PolicyProblem(
                    file: content.file,
                    line: mark?.line ?? 1,
                    column: mark?.column ?? 1,
                    what: "not readable as YAML"
                )
            )
            return
        }
        guard let root, let fields = fields(of: root, allowed: ["topic", "rules", "obligations"])
        else { return }
        if fields["topic"].flatMap(text(of:)) == nil { fail("`topic` is missing", at: root) }
        for node in items(of: fields["rules"]) { readRule(node) }
        for node in items(of: fields["obligations"]) { readObligation(node) }
        if fields["rules"] == nil, fields["obligations"] == nil {
            fail("neither `rules` nor `obligations`", at: root)
        }
    }

    private static func mark(of error: YamlError) -> Mark? {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            mark
        case .duplicatedKeysInMapping(_, let context): context.mark
        default: nil
        }
    }

    private mutating func readObligation(_ node: Node) {
        guard let fields = fields(of: node, allowed: ["code", "text", "legal_basis"]) else {
            return
        }
        guard let code = fields["code"].flatMap(text(of:)) else {
            fail("`code` is missing", at: node)
            return
        }
        _ = texts(fields["legal_basis"])
        let obligation = Obligation(code: code, text: fields["text"].flatMap(text(of:)))
        content.obligations.append((obligation, node.mark?.line ?? 1))
    }

    private static let ruleKeys: Set<String> = [
        "id", "title", "legal_basis", "valid_from", "valid_to", "jurisdiction", "layer", "effect",
        "when", "unless", "obligations",
    ]

    private mutating func readRule(_ node: Node) {
        guard let fields = fields(of: node, allowed: Self.ruleKeys) else { return }
        for key in ["id", "title", "legal_basis", "effect"] where fields[key] == nil {
            fail("`\(key)` is missing", at: node)
        }
        let effect: PolicyRule.RuleEffect? = value(fields["effect"], "an effect")
        var layer: Layer?
        if effect == .oblige {
            if let stray = fields["layer"] { fail("an obligation has no layer", at: stray) }
        } else {
            layer = value(fields["layer"], "a layer")
            if fields["layer"] == nil { fail("`layer` is missing", at: node) }
            if layer == .defaultDeny { fail("the default needs no rule", at: node) }
        }
        let when = fields["when"].map { condition($0) } ?? PolicyRule.Condition()
        let unless = unless(fields["unless"])
        guard let id = fields["id"].flatMap(text(of:)), let effect else { return }
        content.places.append((id, node.mark?.line ?? 1, node.mark?.column ?? 1))
        content.rules.append(
            PolicyRule(
                id: id,
                title: fields["title"].flatMap(text(of:)) ?? "",
                legalBasis: texts(fields["legal_basis"]),
                validFrom: date(fields["valid_from"]),
                validTo: date(fields["valid_to"]),
                jurisdictions: texts(fields["jurisdiction"]),
                layer: layer,
                effect: effect,
                when: when,
                unless: unless,
                obligations: texts(fields["obligations"]),
                source: "\(content.file):\(node.mark?.line ?? 1)"
            )
        )
        checkDates(of: node)
    }

    private mutating func checkDates(of node: Node) {
        guard let rule = content.rules.last, let from = rule.validFrom, let to = rule.validTo,
            to < from
        else { return }
        fail("`valid_to` lies before `valid_from`", at: node)
    }

    private mutating func unless(_ node: Node?) -> [PolicyRule.Condition] {
        guard let node else { return [] }
        guard case .sequence(let items) = node else { return [condition(node)] }
        return items.map { condition($0) }
    }
}

extension PolicyParser {
    /// The members of a mapping whose keys are all allowed.
    mutating func fields(of node: Node, allowed: Set<String>) -> [String: Node]? {
        guard case .mapping(let mapping) = node else {
            fail("expected keys and values", at: node)
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.string, allowed.contains(name) else {
                fail("unknown key `\(key.string ?? "?")`", at: key)
                continue
            }
            fields[name] = value
        }
        return fields
    }

    mutating func items(of node: Node?) -> [Node] {
        guard let node else { return [] }
        guard case .sequence(let sequence) = node else {
            fail("expected a list", at: node)
            return []
        }
        return Array(sequence)
    }

    func text(of node: Node) -> String? {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else { return nil }
        return scalar.string
    }

    /// A list of texts, or one text.
    mutating func texts(_ node: Node?) -> [String] {
        guard let node else { return [] }
        if let text = text(of: node) { return [text] }
        return items(of: node).compactMap { item in
            guard let text = text(of: item) else {
                fail("expected a text", at: item)
                return nil
            }
            return text
        }
    }

    mutating func value<Value: RawRepresentable<String>>(_ node: Node?, _ what: String) -> Value? {
        guard let node else { return nil }
        guard let text = text(of: node), let value = Value(rawValue: text) else {
            fail("`\(text(of: node) ?? "?")` is not \(what)", at: node)
            return nil
        }
        return value
    }

    mutating func values<Value: RawRepresentable<String>>(
        _ node: Node?,
        _ what: String
    ) -> [Value] {
        guard let node else { return [] }
        guard case .sequence(let sequence) = node else {
            return (value(node, what) as Value?).map { [$0] } ?? []
        }
        return sequence.compactMap { value($0, what) as Value? }
    }

    private mutating func date(_ node: Node?) -> CivilDate? {
        guard let node else { return nil }
        guard let text = text(of: node), let date = PartialDate(text), date.precision == .day else {
            fail("`\(text(of: node) ?? "?")` is no day that exists", at: node)
            return nil
        }
        return date.date
    }
}
