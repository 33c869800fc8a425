public import FHIRModel

/// The search parameters that this build evaluates, by resource type.
public struct SearchParameterTable: Sendable {
    private let parameters: [ResourceType: [String: SearchParameter]]

    /// The one table.
    public static let standard = SearchParameterTable()

    /// Parameters that every type has.
    private static let common: [SearchParameter] = [
        parameter("_id", .token, "id"), parameter("_lastUpdated", .date, "meta.lastUpdated"),
        parameter("_profile", .uri, "meta.profile"),
        parameter("_security", .token, "meta.security"), parameter("_tag", .token, "meta.tag"),
        parameter("_source", .uri, "meta.source"),
    ]

    private static func parameter(
        _ code: String,
        _ kind: SearchParameter.Kind,
        _ path: String
    ) -> SearchParameter {
        SearchParameter(code: code, kind: kind, paths: [ElementPath(path)])
    }

    private init() {
        var found: [ResourceType: [String: SearchParameter]] = [:]
        var type: ResourceType?
        for word in Self.text.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("@") {
                type = ResourceType(named: String(word.dropFirst()))
                continue
            }
            let fields = word.split(separator: ":", maxSplits: 2)
            guard let type, fields.count == 3, let letter = fields[1].first,
                let kind = SearchParameter.Kind(rawValue: letter)
            else { preconditionFailure("the table is ours, and a test reads all of it") }
            let code = String(fields[0])
            if kind == .composite {
                guard let parameter = SearchParameter(code: code, composite: fields[2]) else {
                    preconditionFailure("the table is ours, and a test reads all of it")
                }
                found[type, default: [:]][code] = parameter
                continue
            }
            found[type, default: [:]][code] = SearchParameter(
                code: code,
                kind: kind,
                paths: fields[2].split(separator: ",").map { ElementPath($0) }
            )
        }
        parameters = found
    }

    /// Types that have parameters of their own.
    public var types: [ResourceType] {
        parameters.keys.sorted { $0.rawValue < $1.rawValue }
    }

    /// One parameter.
    ///
    /// - Parameters:
    ///   - code: Name in a query, without modifier.
    ///   - type: Resource type.
    /// - Returns: `nil` where this build does not know it.
    public func parameter(_ code: String, of type: ResourceType) -> SearchParameter? {
        parameters[type]?[code] ?? Self.common.first { $0.code == code }
    }

    /// All parameters of a type, by name, those of every type included.
    ///
    /// - Parameter type: Resource type.
    /// - Returns: Sorted by code.
    public func parameters(of type: ResourceType) -> [SearchParameter] {
        (Array((parameters[type] ?? [:]).values) + Self.common).sorted { $0.code < $1.code }
    }
}
