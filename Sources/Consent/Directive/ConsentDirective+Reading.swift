public import FHIRModel

extension ConsentDirective {
    /// Reads a FHIR R4 (or R5) Consent.
    ///
    /// Never fails: what cannot be read makes an active consent malformed, and then it denies.
    ///
    /// - Parameter resource: The resource.
    /// - Returns: What the patient directed.
    public static func read(_ resource: JSONNode) -> ConsentDirective {
        var reader = ConsentReader()
        return reader.directive(resource)
    }

    /// Reads a Consent from its text.
    ///
    /// - Parameters:
    ///   - text: JSON as received.
    ///   - fallbackID: Names the directive where nothing of the text can be read.
    /// - Returns: What the patient directed.
    public static func read(text: String, fallbackID: String) -> ConsentDirective {
        var parser = JSONParser()
        guard let document = try? parser.parse(Array(text.utf8)) else {
            return ConsentDirective(
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
        return read(document.root)
    }
}
