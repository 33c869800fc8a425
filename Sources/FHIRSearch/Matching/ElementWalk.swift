internal import FHIRModel

/// Finds the values of a path in a resource.
enum ElementWalk {
    /// Calls the body with every value, until it answers true.
    ///
    /// - Returns: Whether the body answered true.
    static func contains(
        _ path: ElementPath,
        in root: JSONNode,
        where body: (JSONNode) -> Bool
    ) -> Bool {
        step(path.steps[...], in: root) { node in
            switch path.filter {
            case .contactSystem(let system):
                guard node["system"]?.string == system else { return false }
            case .targets(let type):
                guard let text = node["reference"]?.string, leads(text, to: type) else {
                    return false
                }
            case .none, .presence: break
            }
            return body(node)
        }
    }

    /// All values of a parameter.
    static func values(of parameter: SearchParameter, in root: JSONNode) -> [JSONNode] {
        var found: [JSONNode] = []
        for path in parameter.paths {
            _ = contains(path, in: root) {
                found.append($0)
                return false
            }
        }
        return found
    }

    static func leads(_ reference: String, to type: String) -> Bool {
        reference.hasPrefix("\(type)/") || reference.contains("/\(type)/")
    }

    private static func step(
        _ steps: ArraySlice<ElementPath.Step>,
        in node: JSONNode,
        _ body: (JSONNode) -> Bool
    ) -> Bool {
        if node.kind == .array {
            for element in node.elements where step(steps, in: element, body) { return true }
            return false
        }
        guard let first = steps.first else { return body(node) }
        guard node.kind == .object else { return false }
        if !first.isChoice {
            guard let next = node.member(named: first.name) else { return false }
            return step(steps.dropFirst(), in: next, body)
        }
        for member in node.members {
            guard let name = member.key.string, name.hasPrefix(first.name),
                name.dropFirst(first.name.count).first?.isUppercase == true
            else { continue }
            if step(steps.dropFirst(), in: member.value, body) { return true }
        }
        return false
    }
}
