internal import FHIRModel
internal import VaultCore

/// What a path names, besides its route.
struct RouteMatch: Sendable {
    var route: Route
    /// Types in the path, in order.
    var types: [ResourceType] = []
    var id: FHIRID?
    var version: UInt32?
    var file: String?

    /// How looking a request up in the table ended.
    enum Outcome {
        case found(RouteMatch)
        /// The path is known, but not with this method.
        case otherMethods([String])
        case unknown
    }

    /// Looks a request up.
    static func find(method: String, path: String) -> Outcome {
        guard let segments = segments(of: path) else { return .unknown }
        var methods: [String] = []
        for route in Route.all {
            guard let match = RouteMatch(route, segments) else { continue }
            if route.method == method { return .found(match) }
            methods.append(route.method)
        }
        return methods.isEmpty ? .unknown : .otherMethods(Array(Set(methods)).sorted())
    }

    private init?(_ route: Route, _ segments: [String]) {
        guard route.path.count == segments.count else { return nil }
        self.route = route
        for (pattern, text) in zip(route.path, segments) {
            switch pattern {
            case .text(let wanted): guard text == wanted else { return nil }
            case .type:
                guard let type = ResourceType(named: text) else { return nil }
                types.append(type)
            case .id:
                guard let id = FHIRID(text) else { return nil }
                self.id = id
            case .version:
                // A version that cannot exist is like one that does not.
                guard FHIRID(text) != nil else { return nil }
                version = UInt32(text) ?? 0
            case .file:
                guard FHIRID(text) != nil else { return nil }
                file = text
            }
        }
    }

    /// Segments with escapes undone; `nil` where an escape hides a slash, a dot segment or worse.
    private static func segments(of path: String) -> [String]? {
        guard path.hasPrefix("/"), path.utf8.count <= 1_024 else { return nil }
        var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if parts.last == "" { parts.removeLast() }
        var segments: [String] = []
        for part in parts {
            guard let text = FormText.decoded(part, plusIsSpace: false), !text.isEmpty,
                text != ".", text != "..", !text.contains("/"), !text.contains("\\"),
                text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { return nil }
            segments.append(text)
        }
        return segments
    }
}
