internal import Foundation

/// Escapes and normal forms of search values.
enum SearchText {
    /// Splits where a character stands without a backslash before it; the escapes stay.
    ///
    /// Source: FHIR R4, search, escaping.
    static func splitUnescaped(_ text: String, at separator: Character) -> [String] {
        var parts: [String] = []
        var current = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                current.append("\\")
                current.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == separator {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if isEscaped { current.append("\\") }
        parts.append(current)
        return parts
    }

    /// Undoes the escapes `\,` `\|` `\$` and `\\`.
    static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var plain = ""
        var isEscaped = false
        for character in text {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }

    /// Without case, accents and runs of white space, as string parameters compare.
    static func folded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 && $0 != 0x09 && $0 != 0x0A }
        let folded =
            isPlain
            ? text.lowercased()
            : text.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
                .filter { $0.properties.generalCategory != .nonspacingMark }
                .reduce(into: "") { $0.unicodeScalars.append($1) }
        return folded.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
