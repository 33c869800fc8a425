internal import FHIRModel

extension SearchEvaluator {
    /// Sorts by the least value of each key (the greatest where descending); what has none comes last.
    func sorted(_ places: [Scope.Place], by keys: [SortKey]) throws -> [Scope.Place] {
        let rows = try places.enumerated().map { index, place in
            let root = try scopeRoot(at: place)
            return (index, place, keys.map { SortValue($0, in: root) })
        }
        return rows.sorted { left, right in
            for (place, key) in keys.enumerated() {
                switch SortValue.order(left.2[place], right.2[place]) {
                case 0: continue
                case let order:
                    let isMissing = left.2[place] == .none || right.2[place] == .none
                    return (order < 0) != (key.isDescending && !isMissing)
                }
            }
            return left.0 < right.0
        }.map(\.1)
    }
}

/// A value to sort by.
enum SortValue: Hashable {
    case none
    case number(Double)
    case text(String)

    init(_ key: SortKey, in root: JSONNode) {
        let found = ElementWalk.values(of: key.parameter, in: root).compactMap {
            Self.value($0, of: key.parameter.kind)
        }
        let least = found.min { Self.order($0, $1) < 0 }
        let most = found.max { Self.order($0, $1) < 0 }
        self = (key.isDescending ? most : least) ?? .none
    }

    private static func value(_ node: JSONNode, of kind: SearchParameter.Kind) -> SortValue? {
        switch kind {
        case .date: return SearchDate.ranges(of: node).first.map { .number(Double($0.start)) }
        case .composite: return nil
        case .number, .quantity:
            return (node["value"] ?? node).numberText.flatMap { Double($0) }.map { .number($0) }
        case .string:
            let text =
                node.string ?? node["text"]?.string ?? node["family"]?.string
                ?? node["city"]?.string
            return text.map { .text(SearchText.folded($0)) }
        case .token, .reference, .uri:
            let text =
                node.string ?? node["coding"]?[0]?["code"]?.string ?? node["code"]?.string
                ?? node["value"]?.string ?? node["reference"]?.string
            return text.map { .text($0) }
        }
    }

    /// Negative where `left` comes first; what has no value comes last.
    static func order(_ left: SortValue, _ right: SortValue) -> Int {
        switch (left, right) {
        case (.none, .none): 0
        case (.none, _): 1
        case (_, .none): -1
        case (.number(let a), .number(let b)): a < b ? -1 : a > b ? 1 : 0
        case (.text(let a), .text(let b)): a < b ? -1 : a > b ? 1 : 0
        case (.number, .text): -1
        case (.text, .number): 1
        }
    }
}
