internal import VaultCore

/// One SMART scope on data: whose records, which types, what may be done, and with which filter.
///
/// Source: SMART App Launch 2.2, scopes; the forms of version 1 (`.read`, `.write`, `.*`) are read as what
/// version 2 says they mean.
public struct ClientScope: Sendable, Hashable, CustomStringConvertible {
    /// Whose records.
    public enum Context: String, Sendable, Hashable {
        /// The patient in context.
        case patient
        /// What the user may see.
        case user
        /// What the client itself may see.
        case system
    }

    /// What may be done.
    public struct Actions: OptionSet, Sendable, Hashable {
        /// Bits in the order `c r u d s`.
        public let rawValue: UInt8

        /// Makes a set from its bits.
        ///
        /// - Parameter rawValue: Bits in the order `c r u d s`, from the lowest.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Create.
        public static let create = Actions(rawValue: 1)
        /// Read, vread and history of one resource.
        public static let read = Actions(rawValue: 2)
        /// Update and patch.
        public static let update = Actions(rawValue: 4)
        /// Delete.
        public static let delete = Actions(rawValue: 8)
        /// Search, history of a type, and operations that search.
        public static let search = Actions(rawValue: 16)
    }

    /// One `name=value` of a granular scope.
    public struct Filter: Sendable, Hashable {
        /// Search parameter.
        public let name: String
        /// Its value, escapes undone.
        public let value: String
    }

    /// Whose records.
    public let context: Context
    /// Resource type, or `nil` for all.
    public let type: String?
    /// What may be done.
    public let actions: Actions
    /// All of them must hold of a record.
    public let filters: [Filter]

    /// Reads a scope.
    ///
    /// Gives `nil` for anything that is not exactly a scope on data: unknown context, letters out of
    /// order, percent escapes or modifiers in the filter.
    ///
    /// - Parameter text: One word of a `scope` parameter.
    public init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let slash = halves[0].firstIndex(of: "/"),
            let dot = halves[0].lastIndex(of: "."), slash < dot,
            let context = Context(rawValue: String(halves[0][..<slash])),
            let actions = Self.actions(String(halves[0][halves[0].index(after: dot)...]))
        else { return nil }
        let type = halves[0][halves[0].index(after: slash)..<dot]
        guard type == "*" || RecordID("\(type)/x") != nil else { return nil }
        var filters: [Filter] = []
        if halves.count == 2 {
            for pair in halves[1].split(separator: "&", omittingEmptySubsequences: false) {
                let sides = pair.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, !pair.contains("%"), !sides[0].contains(":"),
                    !sides[0].contains("."), !sides[0].hasPrefix("_")
                else { return nil }
                filters.append(Filter(name: String(sides[0]), value: String(sides[1])))
            }
        }
        self.init(
            context: context,
            type: type == "*" ? nil : String(type),
            actions: actions,
            filters: filters
        )
    }

    init(context: Context, type: String?, actions: Actions, filters: [Filter]) {
        self.context = context
        self.type = type
        self.actions = actions
        self.filters = filters
    }

    private static func actions(_ text: String) -> Actions? {
        switch text {
        case "read": return [.read, .search]
        case "write": return [.create, .update, .delete]
        case "*": return [.create, .read, .update, .delete, .search]
        default: break
        }
        var rest = text[...]
        var found: Actions = []
        for (index, letter) in "cruds".enumerated() where rest.first == letter {
            found.insert(Actions(rawValue: 1 << UInt8(index)))
            rest = rest.dropFirst()
        }
        return rest.isEmpty && !found.isEmpty ? found : nil
    }

    /// Whether it allows nothing but reading and searching.
    public var onlyReads: Bool { actions.isSubset(of: [.read, .search]) }

    /// The scope in the form of version 2.
    public var description: String {
        let letters = "cruds".enumerated().filter {
            actions.contains(Actions(rawValue: 1 << UInt8($0.offset)))
        }
        var text = "\(context.rawValue)/\(type ?? "*")." + String(letters.map(\.element))
        if !filters.isEmpty {
            text += "?" + filters.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        }
        return text
    }

    /// What both scopes allow; `nil` where that is nothing.
    ///
    /// - Parameter other: The scope that a client was registered with.
    /// - Returns: Context of this one, the narrower type, the common actions, all filters.
    public func narrowed(to other: ClientScope) -> ClientScope? {
        guard context == other.context, type == nil || other.type == nil || type == other.type
        else { return nil }
        let common = actions.intersection(other.actions)
        guard !common.isEmpty else { return nil }
        return ClientScope(
            context: context,
            type: type ?? other.type,
            actions: common,
            filters: filters + other.filters.filter { !filters.contains($0) }
        )
    }
}

extension [ClientScope] {
    /// The scopes that allow something on a type.
    ///
    /// - Parameters:
    ///   - action: What is to be done.
    ///   - type: Resource type.
    /// - Returns: Any one of them is enough, each with its own filter.
    public func allowing(_ action: ClientScope.Actions, on type: String) -> [ClientScope] {
        filter { $0.actions.contains(action) && ($0.type == nil || $0.type == type) }
    }

    /// The types on which something is allowed; `nil` for every type.
    ///
    /// - Parameter actions: Any of these.
    /// - Returns: Sorted, each once.
    public func types(allowingAnyOf actions: ClientScope.Actions) -> [String]? {
        let fitting = filter { !$0.actions.isDisjoint(with: actions) }
        if fitting.contains(where: { $0.type == nil }) { return nil }
        return Set(fitting.compactMap(\.type)).sorted()
    }
}
