public import VaultCore

/// The words of one language for the pages on which people sign in and agree.
///
/// Read from `Policies/pages` and, for categories and purposes, from `Policies/explanations`: a page says the same
/// words as the account of who saw what.
public struct PageWords: Sendable, Hashable {
    /// Every sentence that a page has.
    enum Key: String, CaseIterable {
        case signInTitle, signInLead, account, password, code, signIn, signInFailed
        case agreeTitle, agreeLead, categories, sensitiveNote, purpose, recipient, until, days
        case returning, withdraw, allow, deny, actingLead, patient
        case brokenTitle, brokenText
        case appsTitle, appsSignInLead, appsLead, appsActingLead, appsNone, appsBroken
        case granted, lastUsed, ends, withdrawApp, withdrawn, notListed, signOut, signedOut
    }

    /// BCP 47.
    public let language: String
    private let sentences: [String: String]
    private let categories: [String: String]
    private let purposes: [String: String]

    /// Reads a language.
    ///
    /// Gives `nil` where a sentence is missing, or the two files are not of one language.
    ///
    /// - Parameters:
    ///   - page: A file of `Policies/pages`.
    ///   - explanations: The file of the same name in `Policies/explanations`.
    public init?(page: JSONValue, explanations: JSONValue) {
        guard let language = page["language"]?.string,
            explanations["language"]?.string == language,
            let sentences = Self.texts(page["sentences"]),
            Key.allCases.allSatisfy({ sentences[$0.rawValue]?.isEmpty == false }),
            let categories = Self.texts(explanations["categories"]),
            let purposes = Self.texts(explanations["purposes"])
        else { return nil }
        self.language = language
        self.sentences = sentences
        self.categories = categories
        self.purposes = purposes
    }

    /// A sentence, with what it speaks of in the places `{…}`.
    func callAsFunction(_ key: Key, _ values: [String: String] = [:]) -> String {
        values.reduce(sentences[key.rawValue] ?? key.rawValue) { text, value in
            text.replacing("{\(value.key)}", with: value.value)
        }
    }

    /// A category in plain words.
    func category(_ code: String) -> String { categories[code] ?? code }

    /// A purpose in plain words.
    func purpose(_ code: String) -> String { purposes[code] ?? code }

    private static func texts(_ json: JSONValue?) -> [String: String]? {
        guard let members = json?.object else { return nil }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else { return nil }
            texts[member.key] = text
        }
        return texts
    }

    /// The language that a browser likes best among those there are; the first where it likes none of them.
    ///
    /// Source: RFC 9110 section 12.5.4.
    static func best(of all: [PageWords], for accepted: String?) -> PageWords? {
        var wishes: [(language: String, weight: Double)] = []
        for part in (accepted ?? "").split(separator: ",").prefix(30) {
            let sides = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let range = sides.first else { continue }
            let weight = sides.dropFirst().lazy.compactMap { side in
                side.hasPrefix("q=") ? Double(side.dropFirst(2)) : nil
            }.first
            let primary = String(range.prefix { $0 != "-" })
            // Norwegian is written in two ways; one of them is here.
            wishes.append((["no", "nn"].contains(primary) ? "nb" : primary, weight ?? 1))
        }
        let liked = wishes.filter { $0.weight > 0 }.enumerated().sorted {
            ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset)
        }
        for wish in liked {
            if let words = all.first(where: { $0.language == wish.element.language }) {
                return words
            }
        }
        return all.first
    }
}
