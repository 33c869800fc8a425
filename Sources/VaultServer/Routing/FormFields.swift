internal import FHIRSearch

/// The fields of a form or query of OAuth: each at most once (RFC 6749 section 3.1).
struct FormFields {
    private let values: [String: String]

    /// Gives `nil` where an escape is broken or a field comes twice.
    init?(_ text: String) {
        guard let pairs = FormText.pairs(text) else { return nil }
        var values: [String: String] = [:]
        for pair in pairs {
            guard values.updateValue(pair.value, forKey: pair.name) == nil else { return nil }
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}
