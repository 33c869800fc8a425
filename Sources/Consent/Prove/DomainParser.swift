internal import Yams

/// Reads `domain.yaml` and compares it with what the rules can tell apart: a value that is missing there
/// would be a hole in every proof, so it is an error.
struct DomainParser {
    private var parser: PolicyParser

    /// Facts whose values the rules' texts give.
    static let open = "from-rules"

    static func problems(in file: PolicySet.File, against domain: ProofDomain) -> [PolicyProblem] {
        var reader = DomainParser(
            parser: PolicyParser(content: PolicyContent(file: file.name))
        )
        reader.read(file.text, domain)
        return reader.parser.content.problems
    }

    private mutating func read(_ text: String, _ domain: ProofDomain) {
        guard let root = parser.compose(text),
            let fields = parser.fields(of: root, allowed: ["topic", "facts"]),
            let node = fields["facts"], case .mapping(let declared) = node
        else { return }
        var seen: Set<String> = []
        for (key, value) in declared {
            guard let name = key.string else { continue }
            seen.insert(name)
            let variables = domain.variables.filter { Self.family(of: $0.name) == name }
            if variables.isEmpty, value.string != Self.open {
                parser.fail("no rule and no layer reads `\(name)`", at: key)
            }
            for variable in variables { compare(variable, value) }
        }
        for variable in domain.variables where !seen.contains(Self.family(of: variable.name)) {
            parser.fail("`\(Self.family(of: variable.name))` is missing", at: node)
        }
    }

    private mutating func compare(_ variable: ProofDomain.Variable, _ node: Node) {
        if node.string == Self.open { return }
        let listed = parser.texts(node)
        for value in variable.values where !listed.contains(value) {
            parser.fail("`\(value)` of `\(variable.name)` is missing", at: node)
        }
        for value in listed where !variable.values.contains(value) {
            parser.fail("`\(value)` is no value of `\(variable.name)`", at: node)
        }
    }

    /// Facts that come in numbers are declared once: `label`, `evidence`, `role`.
    static func family(of name: String) -> String {
        for family in ["evidence", "role", "organization", "label", "time", "consent names"]
        where name.hasPrefix(family + " ") {
            return family
        }
        return name
    }
}
