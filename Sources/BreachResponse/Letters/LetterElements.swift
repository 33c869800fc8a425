internal import VaultCore

/// What the laws of a person's home add to a letter, as data: `Policies/letters/elements.json`.
public struct LetterElements: Sendable, Hashable {
    private let document: JSONValue

    /// Reads the file.
    ///
    /// - Parameter bytes: The file.
    /// - Throws: ``BreachResponseError/notJSON(document:)``,
    ///   ``BreachResponseError/malformed(document:member:)``.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let document = JSONValue(parsing: bytes) else {
            throw .notJSON(document: "letter elements")
        }
        for name in ["elements", "headings", "alsoIn"] {
            guard let rows = document[name]?.array, rows.allSatisfy({ $0["prefix"]?.string != nil })
            else { throw .malformed(document: "letter elements", member: name) }
        }
        guard document["kind"] == "letter-elements", document["statutory"]?.object != nil else {
            throw .malformed(document: "letter elements", member: "statutory")
        }
        self.document = document
    }

    /// The required notices to persons that concern one home.
    ///
    /// - Parameters:
    ///   - residence: The person's home; `nil` where the record does not say.
    ///   - deadlines: What the clocks found.
    /// - Returns: Those that count everybody, and those of the home.
    public static func deadlines(
        for residence: String?,
        of deadlines: [BreachDeadline]
    ) -> [BreachDeadline] {
        deadlines.filter { deadline in
            guard deadline.isRequired, deadline.rule.recipient == .individual else { return false }
            return switch deadline.rule.counting {
            case .everyone: true
            case .region: residence.map(deadline.rule.jurisdictions.contains) ?? false
            case .each, .eachState: deadline.jurisdiction == residence
            }
        }
    }

    /// Adds what these rules demand.
    ///
    /// - Parameters:
    ///   - rules: Ids of the rules that apply to the person.
    ///   - facts: Receives extras, statutory words and headings.
    public func add(_ rules: [String], to facts: inout LetterFacts) {
        for rule in rules {
            for row in rows("elements", rule) {
                for extra in row["add"]?.stringArray ?? [] where !facts.extras.contains(extra) {
                    facts.extras.append(extra)
                    facts.statutory[extra] = document["statutory"]?[extra]?.string
                }
            }
            for row in rows("headings", rule) {
                for member in row.object ?? [] where member.key != "prefix" {
                    facts.lawHeadings[member.key] = member.value.string
                }
            }
        }
    }

    /// Languages in which a letter must also stand, whatever the person's own is.
    ///
    /// - Parameter rules: Ids of the rules that apply to the person.
    /// - Returns: In order, each once.
    public func languages(_ rules: [String]) -> [String] {
        var found: [String] = []
        for language in rules.flatMap({ rows("alsoIn", $0) })
            .flatMap({ $0["languages"]?.stringArray ?? [] })
        where !found.contains(language) { found.append(language) }
        return found
    }

    private func rows(_ name: String, _ rule: String) -> [JSONValue] {
        (document[name]?.array ?? []).filter { rule.hasPrefix($0["prefix"]?.string ?? "!") }
    }
}
