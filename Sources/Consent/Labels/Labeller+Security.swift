internal import FHIRModel

extension Labeller {
    /// Reads a security label of `meta.security`.
    mutating func read(security label: CodingSpan, in document: JSONDocument) {
        document.withText(label.code) { code in
            let code = trimmed(code)
            if !code.isEmpty { read(securityCode: code, .security) }
        }
    }

    /// Reads a security code, from `meta.security` or an inline label (DS4P).
    ///
    /// A code that no table knows makes the record restricted: whoever set it meant something by it.
    mutating func read(securityCode code: UnsafeRawBufferPointer, _ field: ElementName) {
        let text = String(decoding: code, as: UTF8.self)
        guard let labels = tables.labels(forSecurityCode: text) else {
            return note([.restricted], .unreadSecurityLabel, field)
        }
        // The code is the table's own, so that no word of the record gets into the reason.
        note(labels, .securityLabel(text.uppercased()), field)
    }

    /// Whether an address is that of a code system for security labels.
    func isSecuritySystem(_ address: UnsafeRawBufferPointer) -> Bool {
        let address = trimmed(address)
        return securitySystems.contains { address.elementsEqual($0.utf8) }
    }
}

private let securitySystems = [
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "http://hl7.org/fhir/v3/ActCode",
    "http://hl7.org/fhir/v3/Confidentiality",
]
