public import FHIRModel

/// Reads the pairs of a query; what it does not know it says, and nothing unknown widens a result.
public struct SearchQueryReader {
    private let table: SearchParameterTable
    private var query: SearchQuery

    /// Most conditions, and most values of one condition.
    static let limit = 100
    /// Control parameters that change nothing that this build answers.
    private static let accepted: Set<String> = ["_format", "_pretty", "_total", "_totalMethod"]

    /// Prepares a reader.
    ///
    /// - Parameters:
    ///   - type: Resource type searched.
    ///   - table: Known parameters.
    public init(type: ResourceType, table: SearchParameterTable = .standard) {
        self.table = table
        query = SearchQuery(type: type)
    }

    /// Reads all pairs.
    ///
    /// - Parameter pairs: In the order sent.
    /// - Returns: The query.
    /// - Throws: ``SearchProblem``.
    public mutating func read(_ pairs: [QueryPair]) throws(SearchProblem) -> SearchQuery {
        guard pairs.count <= Self.limit else { throw .tooMuch }
        for pair in pairs {
            if pair.value.isEmpty { continue }
            if try control(pair) {
                query.understood.append(pair)
            } else if let criterion = try criterion(pair.name, pair.value, of: query.type) {
                query.criteria.append(criterion)
                query.understood.append(pair)
            } else {
                query.ignored.append(String(pair.name.prefix(64)))
            }
        }
        return query
    }

    private mutating func control(_ pair: QueryPair) throws(SearchProblem) -> Bool {
        let name = pair.name.split(separator: ":").first.map(String.init) ?? ""
        switch name {
        case "_count":
            guard let count = Int(pair.value), count >= 0 else {
                throw .badValue(parameter: "_count")
            }
            query.count = count
        case "_summary":
            guard let mode = SummaryMode(rawValue: pair.value) else {
                throw .badValue(parameter: "_summary")
            }
            query.summary = mode
        case "_elements":
            query.elements = pair.value.split(separator: ",").map(String.init)
        case "_sort": try sort(pair.value)
        case "_include", "_revinclude":
            guard query.inclusions.count < 20 else { throw .tooMuch }
            query.inclusions.append(try inclusion(pair, isReverse: name == "_revinclude"))
        default: return Self.accepted.contains(name)
        }
        return true
    }

    private mutating func sort(_ text: String) throws(SearchProblem) {
        for part in text.split(separator: ",") {
            let isDescending = part.hasPrefix("-")
            let code = isDescending ? part.dropFirst() : part
            guard let parameter = table.parameter(String(code), of: query.type),
                parameter.kind != .composite
            else {
                throw .unsupported(parameter: "_sort")
            }
            query.sort.append(SortKey(parameter: parameter, isDescending: isDescending))
        }
        guard query.sort.count <= 8 else { throw .tooMuch }
    }

    private func inclusion(
        _ pair: QueryPair,
        isReverse: Bool
    ) throws(SearchProblem) -> Inclusion {
        let modifiers = pair.name.split(separator: ":").dropFirst()
        let name = isReverse ? "_revinclude" : "_include"
        guard modifiers.allSatisfy({ $0 == "iterate" || $0 == "recurse" }) else {
            throw .unsupported(parameter: name)
        }
        let parts = pair.value.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let source = ResourceType(named: String(parts[0]))
        else { throw .badValue(parameter: name) }
        var parameter: SearchParameter?
        if parts[1] != "*" {
            guard let known = table.parameter(String(parts[1]), of: source),
                known.kind == .reference
            else { throw .badValue(parameter: name) }
            parameter = known
        }
        var target: ResourceType?
        if parts.count == 3 {
            guard let known = ResourceType(named: String(parts[2])) else {
                throw .badValue(parameter: name)
            }
            target = known
        }
        return Inclusion(
            source: source,
            parameter: parameter,
            target: target,
            iterates: !modifiers.isEmpty,
            isReverse: isReverse
        )
    }

    /// A condition; `nil` for a parameter that this build does not know.
    private func criterion(
        _ name: String,
        _ value: String,
        of type: ResourceType,
        depth: Int = 0
    ) throws(SearchProblem) -> Criterion? {
        guard depth < 4 else { throw .tooMuch }
        if name.hasPrefix("_has:") { return try has(name, value, depth) }
        if let dot = name.firstIndex(of: ".") {
            let head = name[..<dot].split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let parameter = table.parameter(String(head[0]), of: type) else { return nil }
            guard parameter.kind == .reference else {
                throw .unsupported(parameter: parameter.code)
            }
            // Where a parameter is called like a type, that is what it leads to.
            let named = parameter.code.prefix(1).uppercased() + parameter.code.dropFirst()
            var target = parameter.isPatient ? .patient : ResourceType(named: named)
            if head.count == 2 {
                guard let known = ResourceType(named: String(head[1])) else {
                    throw .badValue(parameter: parameter.code)
                }
                target = known
            }
            let rest = String(name[name.index(after: dot)...])
            let inner = try criterion(rest, value, of: target ?? type, depth: depth + 1)
            guard let inner, target != nil else { throw .unsupported(parameter: parameter.code) }
            return .chain(parameter, type: target, inner)
        }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let parameter = table.parameter(String(parts[0]), of: type) else { return nil }
        let modifier = try parts.count == 2 ? self.modifier(String(parts[1]), of: parameter) : nil
        let values = SearchText.splitUnescaped(value, at: ",")
        guard values.count <= Self.limit else { throw .tooMuch }
        try ValueCheck.check(values, of: parameter, modifier: modifier)
        return .parameter(parameter, modifier: modifier, values: values)
    }

    private func has(
        _ name: String,
        _ value: String,
        _ depth: Int
    ) throws(SearchProblem) -> Criterion {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let source = ResourceType(named: String(parts[1])),
            let reference = table.parameter(String(parts[2]), of: source),
            reference.kind == .reference,
            let inner = try criterion(String(parts[3]), value, of: source, depth: depth + 1)
        else { throw .unsupported(parameter: "_has") }
        return .has(source, reference, inner)
    }

    private func modifier(
        _ text: String,
        of parameter: SearchParameter
    ) throws(SearchProblem) -> Criterion.Modifier {
        switch (text, parameter.kind) {
        case (_, .composite): break
        case ("missing", _): return .missing
        case ("exact", .string): return .exact
        case ("contains", .string): return .contains
        case ("not", .token): return .not
        case ("text", .token): return .text
        case ("of-type", .token): return .ofType
        case ("identifier", .reference): return .identifier
        case (_, .reference):
            if let type = ResourceType(named: text) { return .type(type) }
        default: break
        }
        throw .unsupported(parameter: parameter.code)
    }
}
