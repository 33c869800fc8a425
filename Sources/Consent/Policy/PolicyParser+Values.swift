internal import VaultCore
internal import Yams

/// Values of the language, each with its place where it is wrong.
extension PolicyParser {
    /// The members of a mapping whose keys the grammar names; required ones must be there.
    mutating func fields(of node: Node, keys: [PolicyGrammar.Key]) -> [String: Node]? {
        guard let found = fields(of: node, allowed: Set(keys.map(\.name))) else { return nil }
        for key in keys where key.isRequired && found[key.name] == nil {
            fail("`\(key.name)` is missing", at: node)
        }
        return found
    }

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

    /// A text that is there and not empty.
    mutating func text(_ node: Node?) -> String? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            fail("expected a text", at: node)
            return nil
        }
        return scalar.string
    }

    /// The items of a list of at least one, or the one value that stands for it; none stands twice.
    private mutating func some(_ node: Node?) -> [Node] {
        guard let node else { return [] }
        guard case .sequence(let sequence) = node else { return [node] }
        if sequence.isEmpty { fail("an empty list", at: node) }
        var seen: Set<String> = []
        for item in sequence {
            if let text = item.string, !seen.insert(text).inserted {
                fail("`\(text)` stands twice", at: item)
            }
        }
        return Array(sequence)
    }

    /// A list of texts, or one text.
    mutating func texts(_ node: Node?) -> [String] {
        some(node).compactMap { text($0) }
    }

    mutating func value<Value: RawRepresentable<String>>(_ node: Node?, _ what: String) -> Value? {
        guard let node else { return nil }
        guard let text = node.string, let value = Value(rawValue: text) else {
            fail("`\(node.string ?? "?")` is not \(what)", at: node)
            return nil
        }
        return value
    }

    mutating func values<Value: RawRepresentable<String>>(
        _ node: Node?,
        _ what: String
    ) -> [Value] {
        some(node).compactMap { value($0, what) as Value? }
    }

    /// Words of a table, joined.
    mutating func options<Value: OptionSet>(
        _ node: Node?,
        _ table: [(String, Value)],
        _ what: String
    ) -> Value where Value.Element == Value {
        var found: Value = []
        for item in some(node) {
            guard let entry = table.first(where: { $0.0 == item.string }) else {
                fail("`\(item.string ?? "?")` is not \(what)", at: item)
                continue
            }
            found.insert(entry.1)
        }
        return found
    }

    mutating func number(_ node: Node?, upTo most: Int, _ what: String) -> Int? {
        guard let node else { return nil }
        guard let number = node.string.flatMap({ Int($0) }), (0...most).contains(number) else {
            fail("expected \(what), 0 to \(most)", at: node)
            return nil
        }
        return number
    }

    mutating func date(_ node: Node?) -> CivilDate? {
        guard let node else { return nil }
        guard let text = node.string, let date = PartialDate(text), date.precision == .day else {
            fail("`\(node.string ?? "?")` is no day that exists", at: node)
            return nil
        }
        return date.date
    }
}
