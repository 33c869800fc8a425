public import FHIRModel
internal import VaultCore

/// Answers searches over the resources of a scope.
public struct SearchEvaluator<Scope: SearchScope> {
    private let scope: Scope

    /// Prepares an evaluator.
    ///
    /// - Parameter scope: Where to look, and nowhere else.
    public init(_ scope: Scope) { self.scope = scope }

    /// The resources that meet a query, sorted.
    ///
    /// - Parameter query: Understood completely.
    /// - Returns: Their places.
    /// - Throws: What the scope throws.
    public func matches(_ query: SearchQuery) throws -> [Scope.Place] {
        let compiled = query.criteria.map { CompiledCriterion($0) }
        var found: [Scope.Place] = []
        for place in scope.places(of: query.type) {
            let root = try scope.root(at: place)
            if try compiled.allSatisfy({ try meets($0, root) }) { found.append(place) }
        }
        return query.sort.isEmpty ? found : try sorted(found, by: query.sort)
    }

    /// Whether one resource meets all conditions of a query.
    ///
    /// - Parameters:
    ///   - query: Understood completely.
    ///   - root: The resource.
    /// - Returns: Whether it would be among the matches.
    /// - Throws: What the scope throws.
    public func meets(_ query: SearchQuery, _ root: JSONNode) throws -> Bool {
        try query.criteria.allSatisfy { try meets(CompiledCriterion($0), root) }
    }

    func scopeRoot(at place: Scope.Place) throws -> JSONNode { try scope.root(at: place) }

    private func meets(_ criterion: CompiledCriterion, _ root: JSONNode) throws -> Bool {
        switch criterion {
        case .parameter(let parameter, let modifier, let values, let wantsMissing):
            if modifier == .missing {
                return ElementWalk.values(of: parameter, in: root).isEmpty == wantsMissing
            }
            let isMatch = parameter.paths.contains { path in
                if path.filter == .presence { return presence(path, root, values) }
                return ElementWalk.contains(path, in: root) { node in
                    values.contains { $0.matches(node) }
                }
            }
            return modifier == .not ? !isMatch : isMatch
        case .composite(let parameter, let values):
            return parameter.paths.contains { base in
                ElementWalk.contains(base, in: root) { element in
                    values.contains { Self.meets(parameter.parts, $0, in: element) }
                }
            }
        case .chain(let parameter, let type, let inner):
            return try targets(of: parameter, in: root, type: type).contains {
                try meets(inner, try scope.root(at: $0.place))
            }
        case .has(let source, let reference, let inner):
            guard let own = Self.name(of: root) else { return false }
            for place in scope.places(of: source) {
                let other = try scope.root(at: place)
                if Self.references(of: reference, in: other).contains(own), try meets(inner, other)
                {
                    return true
                }
            }
            return false
        }
    }

    /// Whether one element has a value for each part of a composite.
    private static func meets(
        _ parts: [SearchParameter],
        _ values: [ValueMatch],
        in element: JSONNode
    ) -> Bool {
        zip(parts, values).allSatisfy { part, value in
            part.paths.contains { path in
                ElementWalk.contains(path, in: element) { value.matches($0) }
            }
        }
    }

    private func presence(_ path: ElementPath, _ root: JSONNode, _ values: [ValueMatch]) -> Bool {
        let isThere = ElementWalk.contains(path, in: root) { $0.boolean != false }
        return values.contains { $0.asksFor(isThere) }
    }

    /// What the references of a parameter lead to, as far as the scope has it.
    ///
    /// - Parameters:
    ///   - parameter: A reference parameter; `nil` for every reference of the resource.
    ///   - root: The resource.
    ///   - type: Only targets of this type.
    /// - Returns: Places with their types, each once.
    /// - Throws: What the scope throws.
    public func targets(
        of parameter: SearchParameter?,
        in root: JSONNode,
        type: ResourceType?
    ) throws -> [(type: ResourceType, place: Scope.Place)] {
        var seen: Set<ResourceReference> = []
        var found: [(type: ResourceType, place: Scope.Place)] = []
        for reference in Self.references(of: parameter, in: root)
        where seen.insert(reference).inserted {
            if let type, reference.type != type { continue }
            if let place = try scope.place(type: reference.type, id: reference.id) {
                found.append((reference.type, place))
            }
        }
        return found
    }

    /// The resources that follow from a query's inclusions, matches left out, in the order found.
    ///
    /// - Parameters:
    ///   - inclusions: `_include` and `_revinclude`.
    ///   - matches: The matches that are on the page.
    ///   - limit: Most inclusions.
    /// - Returns: Places, each once.
    /// - Throws: What the scope throws.
    public func included(
        by inclusions: [Inclusion],
        for matches: [Scope.Place],
        limit: Int
    ) throws -> [Scope.Place] {
        var seen = Set(matches)
        var found: [Scope.Place] = []
        var open = matches
        var isFirst = true
        while !open.isEmpty, found.count < limit {
            var next: [Scope.Place] = []
            for inclusion in inclusions where isFirst || inclusion.iterates {
                let step =
                    inclusion.isReverse
                    ? try referring(to: open, inclusion) : try referred(from: open, inclusion)
                for place in step where seen.insert(place).inserted { next.append(place) }
            }
            found += next
            open = next
            isFirst = false
        }
        return Array(found.prefix(limit))
    }

    private func referred(from places: [Scope.Place], _ rule: Inclusion) throws -> [Scope.Place] {
        try places.flatMap { place -> [Scope.Place] in
            let root = try scope.root(at: place)
            guard root["resourceType"]?.string == rule.source.rawValue else { return [] }
            return try targets(of: rule.parameter, in: root, type: rule.target).map(\.place)
        }
    }

    private func referring(to places: [Scope.Place], _ rule: Inclusion) throws -> [Scope.Place] {
        let wanted = Set(try places.compactMap { Self.name(of: try scope.root(at: $0)) })
            .filter { rule.target == nil || $0.type == rule.target }
        guard !wanted.isEmpty else { return [] }
        return try scope.places(of: rule.source).filter { place in
            let root = try scope.root(at: place)
            return Self.references(of: rule.parameter, in: root).contains { wanted.contains($0) }
        }
    }

    private static func name(of root: JSONNode) -> ResourceReference? {
        guard let type = root["resourceType"]?.string.flatMap({ ResourceType(named: $0) }),
            let id = root["id"]?.string
        else { return nil }
        return ResourceReference(type: type, id: id)
    }

    private static func references(
        of parameter: SearchParameter?,
        in root: JSONNode
    ) -> [ResourceReference] {
        guard let parameter else {
            var found: [ResourceReference] = []
            root.withBytes { bytes in
                ReferenceScan.forEach(in: bytes) { text in
                    if let reference = ResourceReference(String(decoding: text, as: UTF8.self)) {
                        found.append(reference)
                    }
                }
            }
            return found
        }
        return ElementWalk.values(of: parameter, in: root).compactMap { node in
            (node.string ?? node["reference"]?.string).flatMap { ResourceReference($0) }
        }
    }
}

/// A condition with its values prepared once for all resources.
indirect enum CompiledCriterion {
    case parameter(SearchParameter, Criterion.Modifier?, [ValueMatch], wantsMissing: Bool)
    /// Of each value its parts, in the parameter's order.
    case composite(SearchParameter, [[ValueMatch]])
    case chain(SearchParameter, ResourceType?, CompiledCriterion)
    case has(ResourceType, SearchParameter, CompiledCriterion)

    init(_ criterion: Criterion) {
        switch criterion {
        case .parameter(let parameter, _, let values) where parameter.kind == .composite:
            self = .composite(
                parameter,
                values.map { value in
                    zip(parameter.parts, SearchText.splitUnescaped(value, at: "$")).map {
                        ValueMatch($0, modifier: nil, value: $1)
                    }
                }
            )
        case .parameter(let parameter, let modifier, let values):
            self = .parameter(
                parameter,
                modifier,
                values.map { ValueMatch(parameter, modifier: modifier, value: $0) },
                wantsMissing: values.first == "true"
            )
        case .chain(let parameter, let type, let inner):
            self = .chain(parameter, type, CompiledCriterion(inner))
        case .has(let type, let parameter, let inner):
            self = .has(type, parameter, CompiledCriterion(inner))
        }
    }
}

extension ValueMatch {
    /// Whether a value `true` or `false` is what was found.
    func asksFor(_ isThere: Bool) -> Bool { isTrue == isThere }
}
