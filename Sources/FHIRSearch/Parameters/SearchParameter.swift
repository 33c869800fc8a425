/// One search parameter of one resource type.
public struct SearchParameter: Sendable, Hashable {
    /// How values are compared.
    public enum Kind: Character, Sendable, Hashable, CaseIterable {
        /// Codes, identifiers, booleans.
        case token = "t"
        /// Text, by its beginning, without regard to case and accents.
        case string = "s"
        /// Dates and periods.
        case date = "d"
        /// References and canonical URLs.
        case reference = "r"
        /// Quantities with unit.
        case quantity = "q"
        /// Bare numbers.
        case number = "n"
        /// URIs, exactly.
        case uri = "u"
        /// Several values of one element together: `a$b`.
        case composite = "c"

        /// The name that FHIR gives it.
        public var name: String {
            switch self {
            case .token: "token"
            case .string: "string"
            case .date: "date"
            case .reference: "reference"
            case .quantity: "quantity"
            case .number: "number"
            case .uri: "uri"
            case .composite: "composite"
            }
        }
    }

    /// Name in a query, `birthdate`.
    public let code: String
    /// How values are compared.
    public let kind: Kind
    /// Where the values are, any of them counts; of a composite, the elements that have all of its parts.
    let paths: [ElementPath]
    /// What a composite is made of, each relative to one of ``paths``; empty for all others.
    let parts: [SearchParameter]

    init(code: String, kind: Kind, paths: [ElementPath], parts: [SearchParameter] = []) {
        self.code = code
        self.kind = kind
        self.paths = paths
        self.parts = parts
    }

    /// Reads the form of the table: `.,component/code:t+valueQuantity;valueRange:q`.
    init?(code: String, composite text: some StringProtocol) {
        let sides = text.split(separator: "/")
        guard sides.count == 2 else { return nil }
        let parts = sides[1].split(separator: "+").compactMap { part -> SearchParameter? in
            let fields = part.split(separator: ":")
            guard fields.count == 2, let letter = fields[1].first,
                let kind = Kind(rawValue: letter), kind != .composite
            else { return nil }
            return SearchParameter(
                code: code,
                kind: kind,
                paths: fields[0].split(separator: ";").map { ElementPath($0) }
            )
        }
        guard parts.count >= 2 else { return nil }
        self.init(
            code: code,
            kind: .composite,
            paths: sides[0].split(separator: ",").map { ElementPath($0 == "." ? "" : $0) },
            parts: parts
        )
    }

    /// Whether a bare id stands for a patient's.
    var isPatient: Bool { paths.contains { $0.filter == .targets("Patient") } || code == "patient" }
}

/// Where in a resource the values of a parameter are.
struct ElementPath: Sendable, Hashable {
    /// What restricts the values found.
    enum Filter: Sendable, Hashable {
        case none
        /// ContactPoints of this system.
        case contactSystem(String)
        /// References to this type.
        case targets(String)
        /// Whether the element is there and not false.
        case presence
    }

    /// One step: an element's name, or the beginning of a choice's name.
    struct Step: Sendable, Hashable {
        var name: String
        var isChoice: Bool
    }

    let steps: [Step]
    let filter: Filter

    /// Reads the form of the table: `name.given`, `effective[x]`, `telecom(email)`, `subject(Patient)`.
    init(_ text: some StringProtocol) {
        var text = String(text)
        var filter = Filter.none
        if text.hasSuffix(")"), let open = text.lastIndex(of: "(") {
            let inside = String(text[text.index(after: open)...].dropLast())
            text = String(text[..<open])
            if inside == "!" {
                filter = .presence
            } else {
                filter =
                    inside.first?.isUppercase == true ? .targets(inside) : .contactSystem(inside)
            }
        }
        self.filter = filter
        steps = text.split(separator: ".").map {
            $0.hasSuffix("[x]")
                ? Step(name: String($0.dropLast(3)), isChoice: true)
                : Step(name: String($0), isChoice: false)
        }
    }
}
