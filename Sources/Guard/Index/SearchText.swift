internal import Foundation

/// Brings names and identifiers to the form in which they are compared.
///
/// Names lose case, accents and punctuation, in every script; identifiers lose case and separators.
enum SearchText {
    /// The words of a name, normalised; order and punctuation do not matter.
    static func words(_ name: String) -> [String] {
        if let plain = plainFolded(name) {
            return plain.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        }
        return fold(name).split { !($0.isLetter || $0.isNumber || $0.isMark) }.map(String.init)
    }

    /// An identifier or phone number: letters and digits only.
    static func compact(_ text: String) -> String {
        if let plain = plainFolded(text) {
            return String(decoding: plain.filter { $0 != 0x20 }, as: UTF8.self)
        }
        return fold(text).filter { $0.isLetter || $0.isNumber }
    }

    /// ASCII text in lower case, with a space for everything but letters and digits; `nil` for other text.
    ///
    /// The same as ``fold(_:)`` would give, without the tables of Unicode: most names and numbers are ASCII,
    /// and an import folds those of every patient.
    private static func plainFolded(_ text: String) -> [UInt8]? {
        var folded: [UInt8] = []
        folded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A, 0x30...0x39: folded.append(byte)
            case 0x41...0x5A: folded.append(byte | 0x20)
            case ..<0x80: folded.append(0x20)
            default: return nil
            }
        }
        return folded
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
