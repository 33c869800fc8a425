internal import VaultCore
internal import Yams

/// What one policy file says, and what is wrong with it.
struct PolicyContent {
    /// A rule or obligation, and where it stands.
    struct Place {
        let id: String
        let line: Int
        let column: Int
    }

    let file: String
    var rules: [PolicyRule] = []
    var obligations: [Obligation] = []
    var problems: [PolicyProblem] = []
    /// Index by index the places of ``rules``.
    var places: [Place] = []
    /// Index by index the places of ``obligations``.
    var obligationPlaces: [Place] = []
}

/// Reads a policy file: a mapping with `topic` and `rules` or `obligations`.
///
/// What ``PolicyGrammar`` does not name is an error, as is an empty list: it would widen what it should
/// narrow.
struct PolicyParser {
    var content: PolicyContent

    static func parse(_ file: PolicySet.File) -> PolicyContent {
        var parser = PolicyParser(content: PolicyContent(file: file.name))
        guard let root = parser.compose(file.text) else { return parser.content }
        parser.read(root)
        return parser.content
    }

    mutating func fail(_ what: String, at node: Node) {
        fail(what, at: node.mark)
    }

    private mutating func fail(_ what: String, at mark: Mark?) {
        content.problems.append(
            PolicyProblem(
                file: content.file,
                line: mark?.line ?? 1,
                column: mark?.column ?? 1,
                what: what
            )
        )
    }

    /// The tree of a YAML text; `nil` where it is none.
    mutating func compose(_ text: String) -> Node? {
        do {
            if let root = try Yams.compose(yaml: text) { return root }
            fail("the file is empty", at: nil as Mark?)
        } catch {
            fail("not readable as YAML", at: (error as? YamlError).flatMap(Self.mark))
        }
        return nil
    }

    private mutating func read(_ root: Node) {
        guard let fields = fields(of: root, allowed: ["topic", "rules", "obligations"]) else {
            return
        }
        if text(fields["topic"]) == nil, fields["topic"] == nil {
            fail("`topic` is missing", at: root)
        }
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
        guard let fields = fields(of: node, keys: PolicyGrammar.obligation) else { return }
        _ = texts(fields["legal_basis"])
        let text = text(fields["text"])
        let kind: ObligationKind? = value(fields["kind"], "a kind of obligation")
        let elements = texts(fields["elements"])
        let profile = self.text(fields["profile"])
        let hours = number(fields["hours"], upTo: 87_600, "a number of hours")
        guard let code = self.text(fields["code"]) else { return }
        var obligation = Obligation(code: code, text: text)
        obligation.kind = kind
        obligation.elements = elements
        obligation.profile = profile
        obligation.hours = hours
        if kind == .redact, elements.isEmpty { fail("`redact` needs `elements`", at: node) }
        if kind == .notice, text == nil { fail("a notice needs `text`", at: node) }
        content.obligations.append(obligation)
        content.obligationPlaces.append(place(of: node, id: code))
    }

    private mutating func readRule(_ node: Node) {
        guard let fields = fields(of: node, keys: PolicyGrammar.rule) else { return }
        let effect: PolicyRule.RuleEffect? = value(fields["effect"], "an effect")
        var layer: Layer?
        if effect == .oblige {
            if let stray = fields["layer"] { fail("an obligation has no layer", at: stray) }
        } else {
            layer = value(fields["layer"], "a layer")
            if fields["layer"] == nil { fail("`layer` is missing", at: node) }
            if let node = fields["layer"], layer == .defaultDeny {
                fail("the default needs no rule", at: node)
            }
        }
        let when = fields["when"].map { condition($0) } ?? PolicyRule.Condition()
        let unless = fields["unless"].map { conditions($0) } ?? []
        let days = (from: date(fields["valid_from"]), to: date(fields["valid_to"]))
        if let from = days.from, let to = days.to, to < from, let place = fields["valid_to"] {
            fail("`valid_to` lies before `valid_from`", at: place)
        }
        let jurisdictions = countries(fields["jurisdiction"])
        let title = text(fields["title"]) ?? ""
        let basis = texts(fields["legal_basis"])
        let obligations = texts(fields["obligations"])
        guard let id = text(fields["id"]), let effect else { return }
        content.places.append(place(of: node, id: id))
        content.rules.append(
            PolicyRule(
                id: id,
                title: title,
                legalBasis: basis,
                validFrom: days.from,
                validTo: days.to,
                jurisdictions: jurisdictions,
                layer: layer,
                effect: effect,
                when: when,
                unless: unless,
                obligations: obligations,
                source: "\(content.file):\(node.mark?.line ?? 1)"
            )
        )
    }

    private func place(of node: Node, id: String) -> PolicyContent.Place {
        PolicyContent.Place(id: id, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func countries(_ node: Node?) -> [String] {
        let found = texts(node)
        for code in found where !Jurisdiction.isCode(code) {
            if let node { fail("`\(code)` is no country code", at: node) }
        }
        return found
    }

    private mutating func conditions(_ node: Node) -> [PolicyRule.Condition] {
        guard case .sequence(let items) = node else { return [condition(node)] }
        if items.isEmpty { fail("an empty list", at: node) }
        return items.map { condition($0) }
    }
}
