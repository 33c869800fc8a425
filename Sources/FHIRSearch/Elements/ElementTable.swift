internal import FHIRModel

/// The elements of each resource type: names, shapes, which must be there, which belong to the summary.
struct ElementTable: Sendable {
    /// The JSON shape of one value.
    enum Shape: Character, Sendable {
        case text = "p"
        case date = "d"
        case number = "n"
        case boolean = "b"
        case object = "o"
        /// A choice of types.
        case any = "?"
    }

    struct Element: Sendable {
        var name: String
        var isChoice: Bool
        var isRequired: Bool
        var isList: Bool
        var isSummary: Bool
        var shape: Shape
        /// Codes that are allowed; empty for any.
        var codes: Set<String>
    }

    static let standard = ElementTable()

    /// What every resource may have.
    static let common: Set<String> = [
        "resourceType", "id", "meta", "implicitRules", "language", "text", "contained",
        "extension", "modifierExtension",
    ]

    private let elements: [ResourceType: [Element]]

    private init() {
        var found: [ResourceType: [Element]] = [:]
        var type: ResourceType?
        for word in Self.text.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("@") {
                type = ResourceType(named: String(word.dropFirst()))
                if let type { found[type] = [] }
            } else if let type {
                found[type]?.append(Element(word))
            }
        }
        elements = found
    }

    func elements(of type: ResourceType) -> [Element] { elements[type] ?? [] }

    /// The element that a member of a resource is; the `_` of primitive extensions is left out.
    func element(_ member: String, of type: ResourceType) -> Element? {
        let name = member.hasPrefix("_") ? member.dropFirst() : member[...]
        return elements(of: type).first { element in
            if !element.isChoice { return element.name == name }
            return name.hasPrefix(element.name)
                && name.dropFirst(element.name.count).first?.isUppercase == true
        }
    }
}

extension ElementTable.Element {
    init(_ word: Substring) {
        let halves = word.split(separator: "=", maxSplits: 1)
        codes =
            halves.count == 2 ? Set(halves[1].split(separator: "|").map(String.init)) : []
        let parts = halves[0].split(separator: ":", maxSplits: 1)
        var name = parts[0]
        shape = parts.count == 2 ? parts[1].first.flatMap { .init(rawValue: $0) } ?? .any : .any
        isSummary = name.hasSuffix("+")
        if isSummary { name = name.dropLast() }
        isList = name.hasSuffix("*")
        if isList { name = name.dropLast() }
        isRequired = name.hasSuffix("!")
        if isRequired { name = name.dropLast() }
        isChoice = name.hasSuffix("[x]")
        self.name = String(isChoice ? name.dropLast(3) : name)
    }
}
