public import FHIRModel

/// One pair of a query, escapes undone.
public struct QueryPair: Sendable, Hashable {
    /// Name with modifiers and chains as sent.
    public var name: String
    /// Value.
    public var value: String

    /// Joins name and value.
    ///
    /// - Parameters:
    ///   - name: Name with modifiers.
    ///   - value: Value.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One condition on a resource; all conditions of a query must hold.
public indirect enum Criterion: Sendable, Hashable {
    /// A parameter of the resource itself has one of the values.
    case parameter(SearchParameter, modifier: Modifier?, values: [String])
    /// Something that a reference leads to meets a condition: `subject:Patient.name=x`.
    case chain(SearchParameter, type: ResourceType?, Criterion)
    /// Something refers to the resource and meets a condition: `_has:Observation:patient:code=x`.
    case has(ResourceType, SearchParameter, Criterion)

    /// What a modifier changes.
    public enum Modifier: Sendable, Hashable {
        /// `:missing`
        case missing
        /// `:exact`
        case exact
        /// `:contains`
        case contains
        /// `:not`
        case not
        /// `:identifier`
        case identifier
        /// `:text`
        case text
        /// `:of-type`
        case ofType
        /// `:Patient`: the reference leads to that type.
        case type(ResourceType)
    }
}

/// `_include` or `_revinclude`.
public struct Inclusion: Sendable, Hashable {
    /// The type that has the parameter.
    public let source: ResourceType
    /// The reference parameter; `nil` for `*`.
    public let parameter: SearchParameter?
    /// Only targets of this type.
    public let target: ResourceType?
    /// Whether what was included is looked at again.
    public let iterates: Bool
    /// Whether the references are followed backwards.
    public let isReverse: Bool
}

/// One part of `_sort`.
public struct SortKey: Sendable, Hashable {
    /// What to sort by.
    public let parameter: SearchParameter
    /// From the largest.
    public let isDescending: Bool
}

/// What of each resource is wanted.
public enum SummaryMode: String, Sendable, Hashable {
    /// Only the summary elements.
    case `true`
    /// Only narrative and mandatory elements.
    case text
    /// All but the narrative.
    case data
    /// Only the number of matches.
    case count
    /// Everything.
    case `false`
}

/// A search as one request asks it, understood completely.
public struct SearchQuery: Sendable, Hashable {
    /// Resource type.
    public let type: ResourceType
    /// Conditions; all must hold.
    public var criteria: [Criterion] = []
    /// What else is wanted.
    public var inclusions: [Inclusion] = []
    /// Order of the matches; empty for the order of storing.
    public var sort: [SortKey] = []
    /// Page size asked for; `nil` where none was.
    public var count: Int?
    /// What of each resource is wanted.
    public var summary = SummaryMode.false
    /// Only these elements; empty for all.
    public var elements: [String] = []
    /// The pairs that were understood, for the self link.
    public var understood: [QueryPair] = []
    /// Names that this build does not know, for who wants strictness.
    public var ignored: [String] = []

    /// A search for everything of a type.
    ///
    /// - Parameter type: Resource type.
    public init(type: ResourceType) { self.type = type }
}

/// Why a query cannot be answered; names the parameter, never its value.
public enum SearchProblem: Error, Sendable, Hashable {
    /// A known parameter with a modifier or in a form that this build does not evaluate.
    case unsupported(parameter: String)
    /// A value that is not of its parameter's kind.
    case badValue(parameter: String)
    /// More conditions, values or inclusions than one query may have.
    case tooMuch
}
