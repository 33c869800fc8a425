internal import FHIRModel

/// Whether values are of their parameter's kind at all: a date that is none must not mean "no match".
enum ValueCheck {
    static func check(
        _ values: [String],
        of parameter: SearchParameter,
        modifier: Criterion.Modifier?
    ) throws(SearchProblem) {
        for value in values {
            guard value.utf8.count <= 1_000, isFit(value, parameter, modifier) else {
                throw .badValue(parameter: parameter.code)
            }
        }
    }

    private static func isFit(
        _ value: String,
        _ parameter: SearchParameter,
        _ modifier: Criterion.Modifier?
    ) -> Bool {
        if modifier == .missing { return value == "true" || value == "false" }
        switch parameter.kind {
        case .date: return SearchDate(SearchDate.split(value).rest) != nil
        case .quantity, .number: return SearchQuantity(value) != nil
        case .token, .string, .reference, .uri: return !value.isEmpty
        case .composite:
            let values = SearchText.splitUnescaped(value, at: "$")
            return values.count == parameter.parts.count
                && zip(parameter.parts, values).allSatisfy { isFit($1, $0, nil) }
        }
    }
}
