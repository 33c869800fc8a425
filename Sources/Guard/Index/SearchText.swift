internal import Foundation

/// Brings names and identifiers to the form in which they are compared.
///
/// Names lose case, accents and punctuation, in every script; identifiers lose case and separators.
enum SearchText {
    /// The words of a name, normalised; order and punctuation do not matter.
    static func words(_ name: String) -> [String] {
        fold(name).split { !($0.isLetter || $0.isNumber || $0.isMark) }.map(String.init)
    }

    /// An identifier or phone number: letters and digits only.
    static func compact(_ text: String) -> String {
        fold(text).filter { $0.isLetter || $0.isNumber }
    }

    /// Lower case without combining accents of Latin, Greek and Cyrillic; other scripts keep their marks,
    /// which are vowels in Tamil and Korean.
    private static func fold(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
        where !(0x0300...0x036F).contains(scalar.value) {
            folded.append(scalar)
        }
        return String(folded).precomposedStringWithCanonicalMapping
    }
}

extension Character {
    /// A combining mark that belongs to a word.
    fileprivate var isMark: Bool {
        unicodeScalars.allSatisfy {
            $0.properties.generalCategory == .nonspacingMark
                || $0.properties.generalCategory == .spacingMark
        }
    }
}
