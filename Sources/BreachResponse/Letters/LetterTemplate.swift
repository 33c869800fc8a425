internal import VaultCore

/// The words of a breach letter in one language, from `Policies/letters/<language>.json`.
public struct LetterTemplate: Sendable, Hashable {
    /// BCP 47 primary language, `ta`.
    public let language: String
    /// Who has read and approved these words; `nil` where nobody has yet.
    public let reviewedBy: String?
    private let document: JSONValue

    private static let members = [
        "subject", "greeting", "intro", "when", "accessed", "couldHave", "noKinds", "contact",
        "closing", "rights", "minor", "late", "toGuardian", "about", "public",
    ]
    private static let headings = ["happened", "data", "steps", "doing", "contact"]
    private static let suspicions = [
        "principal", "device", "session", "server", "organization", "key", "lost-backup",
    ]
    private static let extras = [
        "consequences", "dpo", "damages", "ipc", "recipient", "credit", "board", "part2",
    ]

    /// Reads a template and checks that nothing is missing.
    ///
    /// - Parameter bytes: The file.
    /// - Throws: ``BreachResponseError/notJSON(document:)``,
    ///   ``BreachResponseError/malformed(document:member:)``.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let document = JSONValue(parsing: bytes) else { throw .notJSON(document: "letter") }
        func check(_ value: JSONValue?, _ names: [String]) throws(BreachResponseError) {
            for name in names where value?[name]?.string?.isEmpty != false {
                throw .malformed(document: "letter", member: name)
            }
        }
        try check(document, ["language"] + Self.members)
        try check(document["headings"], Self.headings)
        try check(document["happened"], Self.suspicions)
        try check(document["kinds"], ["other"])
        try check(document["extras"], Self.extras)
        for name in ["steps", "doing"] where document[name]?.stringArray?.isEmpty != false {
            throw .malformed(document: "letter", member: name)
        }
        self.document = document
        language = document["language"]?.string ?? ""
        let reviewer = document["reviewedBy"]?.string ?? ""
        reviewedBy = reviewer.isEmpty ? nil : reviewer
    }

    private func text(_ name: String) -> String { document[name]?.string ?? "" }

    /// Writes one letter.
    ///
    /// - Parameter facts: What it says.
    /// - Returns: Its parts in order.
    public func letter(_ facts: LetterFacts) -> LetterText {
        let names = names(facts)
        let stead: String? =
            switch facts.stead {
            case .none: nil
            case .minor: text("minor")
            case .late: text("late")
            }
        let opening = [stead.map { Self.fill($0, names) }, Self.fill(text("intro"), names)]
        return LetterText(
            language: language,
            sender: facts.sender,
            address: [addressee(facts)] + facts.address,
            date: facts.date,
            subject: subject(facts),
            // Nobody is greeted whose name is not known.
            greeting: facts.addressee.isEmpty
                ? "" : Self.fill(text("greeting"), ["name": facts.addressee]),
            opening: opening.compactMap(\.self),
            sections: sections(facts, names),
            closing: Self.fill(text("closing"), names),
            notes: facts.notes
        )
    }

    /// Writes a notice to everybody: for the press, the home page, or where addresses are missing.
    ///
    /// - Parameter facts: What it says; names and addresses in it are not used.
    /// - Returns: Its parts in order.
    public func notice(_ facts: LetterFacts) -> LetterText {
        let names = names(facts)
        var could = facts
        // In public nobody is told what was proven about whom.
        could.isAccessed = false
        return LetterText(
            language: language,
            sender: facts.sender,
            address: [],
            date: facts.date,
            subject: subject(facts),
            greeting: "",
            opening: [Self.fill(text("public"), names)],
            sections: sections(could, names),
            closing: Self.fill(text("closing"), names),
            notes: facts.notes
        )
    }

    /// A minor's letter goes to a parent or guardian also where nobody knows their name.
    private func addressee(_ facts: LetterFacts) -> String {
        guard facts.addressee.isEmpty, facts.stead == .minor else { return facts.addressee }
        return Self.fill(text("toGuardian"), ["patient": facts.patient])
    }

    private func subject(_ facts: LetterFacts) -> String {
        guard let title = facts.lawHeadings["title"] else { return text("subject") }
        return language == "en" ? title : "\(title) – \(text("subject"))"
    }

    private func names(_ facts: LetterFacts) -> [String: String] {
        [
            "name": facts.addressee, "patient": facts.patient, "from": facts.days.from,
            "until": facts.days.until, "discovered": facts.days.discovered,
            "contact": facts.contact, "kinds": kinds(facts.categories), "sender": facts.sender,
            "recipient": facts.recipient ?? "?",
        ]
    }

    private func sections(_ facts: LetterFacts, _ names: [String: String]) -> [LetterText.Section] {
        let kind =
            switch facts.suspicion {
            case "guard-host": "server"
            case "root-key", "patient-keys": "key"
            default: facts.suspicion
            }
        var parts: [String: LetterText.Section] = [:]
        for name in Self.headings {
            let own = document["headings"]?[name]?.string ?? ""
            let law = facts.lawHeadings[name]
            parts[name] = LetterText.Section(
                heading: language == "en" ? law ?? own : own,
                law: language == "en" ? nil : law
            )
        }
        parts["happened"]?.paragraphs = [
            document["happened"]?[kind]?.string ?? "", Self.fill(text("when"), names),
        ]
        parts["data"]?.paragraphs = [
            Self.fill(text(facts.isAccessed ? "accessed" : "couldHave"), names)
        ]
        parts["steps"]?.items = document["steps"]?.stringArray ?? []
        parts["doing"]?.items = document["doing"]?.stringArray ?? []
        parts["contact"]?.paragraphs = [Self.fill(text("contact"), names)]
        // A law that sets headings sets their order as well.
        let order =
            facts.lawHeadings.isEmpty
            ? Self.headings : ["happened", "data", "doing", "steps", "contact"]
        var sections = order.compactMap { parts[$0] }
        if let rights = rights(facts, names) { sections.insert(rights, at: sections.count - 1) }
        return sections
    }

    private func rights(_ facts: LetterFacts, _ names: [String: String]) -> LetterText.Section? {
        var section = LetterText.Section(heading: text("rights"))
        for extra in facts.extras {
            // What nobody knows is not named: the letter says less, and the ledger that it is open.
            if extra == "recipient", facts.recipient == nil { continue }
            let words = document["extras"]?[extra]?.string ?? ""
            if let law = facts.statutory[extra] {
                section.quotes.append(law)
                if language == "en" { continue }
            }
            section.paragraphs.append(Self.fill(words, names))
        }
        return section.paragraphs.isEmpty && section.quotes.isEmpty ? nil : section
    }

    private func kinds(_ categories: [String]) -> String {
        let words = categories.map { category in
            document["kinds"]?[category]?.string ?? document["kinds"]?["other"]?.string ?? category
        }
        var seen: Set<String> = []
        let kept = words.filter { seen.insert($0).inserted }
        return kept.isEmpty ? text("noKinds") : kept.joined(separator: ", ")
    }

    /// Puts values in the place of `{name}`; what a value holds is never filled again.
    static func fill(_ text: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            result += values[name] ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}

/// All languages of the breach letter.
public struct LetterTemplates: Sendable, Hashable {
    private let byLanguage: [String: LetterTemplate]
    private let fallback: LetterTemplate

    /// Collects templates.
    ///
    /// - Parameter templates: One a language; English must be among them.
    /// - Throws: ``BreachResponseError/unknown(what:name:)`` without English.
    public init(_ templates: [LetterTemplate]) throws(BreachResponseError) {
        byLanguage = Dictionary(templates.map { ($0.language, $0) }, uniquingKeysWith: { $1 })
        guard let english = byLanguage["en"] else {
            throw .unknown(what: "letter language", name: "en")
        }
        fallback = english
    }

    /// Languages that there are.
    public var languages: [String] { byLanguage.keys.sorted() }

    /// Languages that nobody has read and approved yet.
    public var unreviewed: [String] {
        byLanguage.values.filter { $0.reviewedBy == nil }.map(\.language).sorted()
    }

    /// The template for a person.
    ///
    /// - Parameter language: BCP 47, as the person's record has it; `nil` where it is not known.
    /// - Returns: The template; English where there is none in their language.
    public func template(for language: String?) -> LetterTemplate {
        byLanguage[Self.primary(language)] ?? fallback
    }

    /// The primary language of a code; both forms of Norwegian and the plain code are `nb`.
    ///
    /// - Parameter language: BCP 47.
    /// - Returns: Lower case, empty where there is none.
    public static func primary(_ language: String?) -> String {
        let primary =
            (language ?? "").split(whereSeparator: { $0 == "-" || $0 == "_" }).first
            .map { $0.lowercased() } ?? ""
        return primary == "no" || primary == "nn" ? "nb" : primary
    }
}
