public import FHIRModel

extension ConsentDirective {
    /// Reads a FHIR R4 (or R5) Consent.
    ///
    /// Never fails: what cannot be read makes an active consent malformed, and then it denies.
    ///
    /// - Parameter resource: The resource.
    public init(_ resource: JSONNode) {
        var reader = ConsentReader()
        self = reader.directive(resource)
    }

    /// Reads a Consent from its text.
    ///
    /// - Parameters:
    ///   - text: JSON as received.
    ///   - fallbackID: Names the directive where the text does not.
    public init(text: String, fallbackID: String) {
        var parser = JSONParser()
        guard let document = try? parser.parse(Array(text.utf8)) else {
            self.init(unreadable: fallbackID)
            return
        }
        self.init(document.root)
    }

    /// A consent of which nothing can be read.
    init(unreadable id: String) {
        self.init(
            id: id,
            standing: .active,
            scope: .privacy,
            patients: [],
            bounds: nil,
            custodians: [],
            provisions: [],
            closesDefault: false,
            problems: ["not readable as JSON"],
            isMalformed: true
        )
    }
}
