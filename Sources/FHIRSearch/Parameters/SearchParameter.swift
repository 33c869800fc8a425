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
            }
        }
    }

    /// Name in a query, `birthdate`.
    public let code: String
    /// How values are compared.
    public let kind: Kind
    /// Where the values are; any of them counts.
    let paths: [ElementPath]

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
