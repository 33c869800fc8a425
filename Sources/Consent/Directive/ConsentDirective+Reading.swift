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
    ///   - fallbackID: Names the directive where nothing of the text can be read.
    public init(text: String, fallbackID: String) {
        var parser = JSONParser()
        if let document = try? parser.parse(Array(text.utf8)) {
            self.init(document.root)
        } else {
            self.init(
                id: fallbackID,
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
}
