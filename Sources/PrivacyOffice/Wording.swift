public import VaultCore

/// Decisions and accesses in the words of one language, for patients.
///
/// Built from a file of `Policies/explanations`; a code that the file does not know is shown as itself,
/// never guessed.
public struct Wording: Sendable {
    /// Headings of what a patient is shown.
    public enum Heading: String, Sendable, CaseIterable {
        /// Title of the list of accesses.
        case whoSaw = "who-saw"
        /// Nobody saw it.
        case nobody
        /// Accesses by programs.
        case programs
        /// Accesses that were refused.
        case refused
        /// The rest of the list.
        case also
        /// First and last day.
        case period
        /// The list is proved complete.
        case complete
        /// A decision: yes.
        case permit
        /// A decision: no.
        case deny
        /// Which rules decided.
        case deciding
        /// What was known then.
        case facts
        /// The law that a rule rests on.
        case law
        /// Categories of data.
        case what
        /// In a preview: what somebody would get.
        case released
        /// In a preview: what stays behind.
        case withheld
        /// In a preview: neither for all records.
        case depends
    }

    /// The six languages of the project, BCP 47.
    public static let languages = ["en", "ta", "ms", "nb", "lt", "ko"]

    /// BCP 47.
    public let language: String
    private let tables: [String: [String: String]]

    /// Reads a file of `Policies/explanations`.
    ///
    /// - Parameter json: The file. `nil` comes back where a table is missing or is no table of texts.
    public init?(json: JSONValue) {
        guard let language = json["language"]?.string else { return nil }
        var tables: [String: [String: String]] = [:]
        for name in Self.tableNames {
            guard let members = json[name]?.object else {
                guard name == "rules" else { return nil }
                continue
            }
            var table: [String: String] = [:]
            for member in members {
                guard let text = member.value.string, !text.isEmpty else { return nil }
                table[member.key] = text
            }
            tables[name] = table
        }
        self.language = language
        self.tables = tables
    }

    private static let tableNames = [
        "purposes", "emergencies", "kinds", "layers", "restrictions", "events", "special",
        "categories", "headings", "words", "rules",
    ]

    /// The texts of one table, for tests that compare languages.
    ///
    /// - Parameter name: Such as `rules`.
    /// - Returns: Texts by code; empty where English has no table of its own.
    public func table(_ name: String) -> [String: String] { tables[name] ?? [:] }

    private func text(_ table: String, _ key: String) -> String {
        tables[table]?[key] ?? "`\(key)`"
    }

    /// A heading.
    public func heading(_ heading: Heading) -> String { text("headings", heading.rawValue) }

    /// Why somebody asked.
    public func purpose(_ code: String) -> String { text("purposes", code) }

    /// Why somebody broke the glass.
    public func emergency(_ code: String) -> String { text("emergencies", code) }

    /// What somebody is.
    public func kind(_ kind: String) -> String { text("kinds", kind) }

    /// What kind of rule decided.
    public func layer(_ layer: String) -> String { text("layers", layer) }

    /// A data category.
    public func category(_ category: String) -> String { text("categories", category) }

    /// A rule that spoke in a decision.
    ///
    /// - Parameters:
    ///   - id: As the decision names it, consents and restrictions included.
    ///   - title: Its English title, which English shows and others fall back to.
    ///   - isPermit: What it said.
    /// - Returns: Plain words.
    public func rule(_ id: String, title: String, isPermit: Bool) -> String {
        if let text = tables["rules"]?[id] { return text }
        if id == "default-deny" || id == "request-incomplete" { return text("special", id) }
        if id.hasPrefix("restriction:") {
            let kind = title.split(separator: " ").last.map(String.init) ?? ""
            return tables["restrictions"]?[kind] ?? text("special", "restriction")
        }
        guard id.hasPrefix("consent:") else { return title }
        if id.hasSuffix("#residual") { return text("special", "consent-residual") }
        guard id.contains("#") else { return text("special", "consent-unreadable") }
        return text("special", isPermit ? "consent-permits" : "consent-denies")
    }

    /// One sentence on what somebody did.
    ///
    /// - Parameter group: Everything one actor did of one kind.
    /// - Returns: A sentence without its full stop.
    public func sentence(_ group: WhoSaw.Group) -> String {
        func joined(_ texts: [String]) -> String {
            var seen: Set<String> = []
            return texts.filter { seen.insert($0).inserted }.joined(separator: text("words", "and"))
        }
        func filled(_ pattern: String, _ value: String) -> String {
            value.isEmpty ? "" : text("words", pattern).replacingBraces(with: value)
        }
        let why = filled("why", joined(group.purposeCodes.map(purpose)))
        let because = filled("because", joined(group.emergencyCodes.map(emergency)))
        let often =
            group.times == 1 ? text("words", "once") : filled("times", String(group.times))
        let what =
            group.records == 1 ? text("words", "record") : filled("records", String(group.records))
        var sentence = text("events", group.kind.rawValue)
        for (mark, value) in [
            ("{who}", name(of: group)), ("{what}", what), ("{often}", often), ("{why}", why),
            ("{because}", because),
        ] { sentence = sentence.replacing(mark, with: value) }
        return sentence
    }

    private func name(of group: WhoSaw.Group) -> String {
        if group.isYou { return text("words", "you") }
        if group.actorKind == "operator" { return text("words", "operator") }
        return text("words", "person").replacing("{name}", with: group.name)
            .replacing("{kind}", with: kind(group.actorKind))
    }
}

extension String {
    /// Puts a value where the text has its one pair of braces.
    fileprivate func replacingBraces(with value: String) -> String {
        guard let start = firstIndex(of: "{"), let end = firstIndex(of: "}") else { return self }
        return self[..<start] + value + self[index(after: end)...]
    }
}
