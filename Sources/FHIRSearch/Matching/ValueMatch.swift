internal import FHIRModel
internal import VaultCore

/// Whether a node of a resource is what one value of a parameter asks for.
struct ValueMatch {
    let parameter: SearchParameter
    let modifier: Criterion.Modifier?
    private let value: String
    private let folded: String
    private let token: (system: String?, code: String)
    private let date: (prefix: SearchDate.Prefix, range: SearchDate)?
    private let quantity: SearchQuantity?

    init(_ parameter: SearchParameter, modifier: Criterion.Modifier?, value: String) {
        self.parameter = parameter
        self.modifier = modifier
        self.value = SearchText.unescaped(value)
        folded = parameter.kind == .string || modifier == .text ? SearchText.folded(self.value) : ""
        let parts = SearchText.splitUnescaped(value, at: "|").map(SearchText.unescaped)
        token =
            parts.count >= 2
            ? (parts[0], parts.dropFirst().joined(separator: "|")) : (nil, self.value)
        if parameter.kind == .date {
            let (prefix, rest) = SearchDate.split(value)
            date = SearchDate(rest).map { (prefix, $0) }
        } else {
            date = nil
        }
        quantity =
            parameter.kind == .quantity || parameter.kind == .number ? SearchQuantity(value) : nil
    }

    /// Whether the value is `true`.
    var isTrue: Bool { value == "true" }

    func matches(_ node: JSONNode) -> Bool {
        switch parameter.kind {
        case .token:
            switch modifier {
            case .text: texts(of: node).contains { SearchText.folded($0).hasPrefix(folded) }
            case .ofType: matchesIdentifierType(node)
            default: matchesToken(node)
            }
        case .string: matchesString(node)
        case .date:
            date.map { asked in
                SearchDate.ranges(of: node).contains { $0.meets(asked.prefix, asked.range) }
            } ?? false
        case .reference: matchesReference(node)
        case .quantity, .number: quantity?.matches(node) ?? false
        case .uri: node.string == value
        // Compared part by part.
        case .composite: false
        }
    }

    // MARK: Tokens

    private func matchesToken(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .string: return matchesBare(node.string ?? "")
        case .boolean: return matchesBare(node.boolean == true ? "true" : "false")
        case .number: return matchesBare(node.numberText ?? "")
        case .object: break
        default: return false
        }
        if let codings = node["coding"] {
            return codings.elements.contains {
                matchesPair($0["system"]?.string, $0["code"]?.string)
            }
        }
        // Coding, Identifier, ContactPoint.
        if let code = node["code"]?.string { return matchesPair(node["system"]?.string, code) }
        if let number = node["value"]?.string {
            if token.system == nil { return number == token.code }
            return matchesPair(node["system"]?.string, number)
        }
        if token.code.isEmpty { return matchesPair(node["system"]?.string, nil) }
        return false
    }

    private func matchesBare(_ text: String) -> Bool {
        // A bare code has no system of its own in the JSON; only its text can be compared.
        text == token.code || token.code.isEmpty && token.system != nil
    }

    private func matchesPair(_ system: String?, _ code: String?) -> Bool {
        switch token.system {
        case nil: return code == token.code
        case "": return (system ?? "").isEmpty && code == token.code
        case let wanted?:
            return system == wanted && (token.code.isEmpty || code == token.code)
        }
    }

    private func matchesIdentifierType(_ node: JSONNode) -> Bool {
        let parts = value.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, node["value"]?.string == String(parts[2]) else { return false }
        return node["type"]?["coding"]?.elements.contains {
            $0["system"]?.string == String(parts[0]) && $0["code"]?.string == String(parts[1])
        } ?? false
    }

    private func texts(of node: JSONNode) -> [String] {
        var found = [node["text"]?.string, node["display"]?.string].compactMap { $0 }
        for coding in node["coding"]?.elements.map({ $0 }) ?? [] {
            if let display = coding["display"]?.string { found.append(display) }
        }
        return found
    }

    // MARK: Strings

    private func matchesString(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .string: return matchesText(node.string ?? "")
        case .object:
            // HumanName and Address: any of their text parts.
            for member in node.members {
                guard let name = member.key.string, Self.textParts.contains(name) else { continue }
                if member.value.kind == .array {
                    if member.value.elements.contains(where: { matchesText($0.string ?? "") }) {
                        return true
                    }
                } else if matchesText(member.value.string ?? "") {
                    return true
                }
            }
            return false
        default: return false
        }
    }

    private static let textParts: Set<String> = [
        "text", "family", "given", "prefix", "suffix", "line", "city", "district", "state",
        "postalCode", "country",
    ]

    private func matchesText(_ text: String) -> Bool {
        if modifier == .exact { return text == value }
        let own = SearchText.folded(text)
        return modifier == .contains ? own.contains(folded) : own.hasPrefix(folded)
    }

    // MARK: References

    private func matchesReference(_ node: JSONNode) -> Bool {
        if modifier == .identifier {
            guard let identifier = node["identifier"] else { return false }
            return matchesPair(identifier["system"]?.string, identifier["value"]?.string)
        }
        guard let text = node.string ?? node["reference"]?.string else { return false }
        if text == value { return true }
        guard let target = ResourceReference(text) else { return false }
        if case .type(let type) = modifier {
            guard target.type == type else { return false }
        }
        if let asked = ResourceReference(value) { return asked == target }
        guard !value.contains("/") else { return false }
        if parameter.isPatient, target.type != .patient { return false }
        return target.id == value
    }
}

/// The end of a literal reference: type and id, without base and version.
struct ResourceReference: Hashable {
    let type: ResourceType
    let id: String

    init(type: ResourceType, id: String) {
        self.type = type
        self.id = id
    }

    init?(_ text: String) {
        var parts = text.split(separator: "/")
        if parts.count >= 4, parts[parts.count - 2] == "_history" { parts.removeLast(2) }
        guard parts.count >= 2, let type = ResourceType(named: String(parts[parts.count - 2])),
            FHIRID(parts[parts.count - 1]) != nil
        else { return nil }
        self.type = type
        id = String(parts[parts.count - 1])
    }
}
