internal import VaultCore

/// What a breach letter to one person says beside its template's words.
///
/// The elements are those of 45 CFR 164.404(c): what happened with its dates, the kinds of data, what the
/// person can do, what is being done, and whom to ask.
public struct LetterFacts: Sendable, Hashable {
    /// The person's name.
    public var name: String
    /// Lines of the postal address.
    public var address: [String]
    /// Kind of the suspicion, as ``Suspicion/document`` writes it.
    public var suspicion: String
    /// First and last day of the window, and the day of the discovery, `2026-03-02`.
    public var days: (from: String, until: String, discovered: String)
    /// Whether it is proven that something was read.
    public var isAccessed: Bool
    /// Data categories; never the sensitivity labels.
    public var categories: [String]
    /// Who writes, and whom to ask.
    public var sender: String
    /// Address, telephone or the like to ask at.
    public var contact: String

    /// Collects what a letter says.
    ///
    /// - Parameters:
    ///   - name: The person's name.
    ///   - address: Lines of the postal address.
    ///   - suspicion: Kind of the suspicion.
    ///   - days: First and last day of the window, and the day of the discovery.
    ///   - isAccessed: Whether it is proven that something was read.
    ///   - categories: Data categories.
    ///   - sender: Who writes.
    ///   - contact: Where to ask.
    public init(
        name: String,
        address: [String],
        suspicion: String,
        days: (from: String, until: String, discovered: String),
        isAccessed: Bool,
        categories: [String],
        sender: String,
        contact: String
    ) {
        self.name = name
        self.address = address
        self.suspicion = suspicion
        self.days = days
        self.isAccessed = isAccessed
        self.categories = categories
        self.sender = sender
        self.contact = contact
    }

    /// Compares every part.
    ///
    /// - Parameters:
    ///   - left: One.
    ///   - right: Another.
    /// - Returns: Whether they say the same.
    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    /// Feeds every part.
    ///
    /// - Parameter hasher: Receives them.
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }

    private var key: [String] {
        [name, suspicion, days.from, days.until, days.discovered, sender, contact]
            + ["\(isAccessed)"] + address + ["|"] + categories
    }
}

/// The words of a breach letter in one language, from `Policies/letters/<language>.json`.
public struct LetterTemplate: Sendable, Hashable {
    /// BCP 47 primary language, `ta`.
    public let language: String
    /// Who has read and approved these words; `nil` where nobody has yet.
    public let reviewedBy: String?
    private let document: JSONValue

    private static let members = [
        "subject", "greeting", "intro", "when", "accessed", "couldHave", "noKinds", "contact",
        "closing",
    ]
    private static let headings = ["happened", "data", "steps", "doing", "contact"]
    private static let suspicions = [
        "principal", "device", "session", "server", "organization", "key", "lost-backup",
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
        for name in ["steps", "doing"] where document[name]?.stringArray?.isEmpty != false {
            throw .malformed(document: "letter", member: name)
        }
        self.document = document
        language = document["language"]?.string ?? ""
        let reviewer = document["reviewedBy"]?.string ?? ""
        reviewedBy = reviewer.isEmpty ? nil : reviewer
    }

    private func text(_ name: String) -> String { document[name]?.string ?? "" }
    private func heading(_ name: String) -> String { document["headings"]?[name]?.string ?? "" }

    /// Writes one letter as plain text.
    ///
    /// - Parameter facts: What it says.
    /// - Returns: Lines that end in newlines.
    public func letter(_ facts: LetterFacts) -> String {
        let names: [String: String] = [
            "name": facts.name, "from": facts.days.from, "until": facts.days.until,
            "discovered": facts.days.discovered, "contact": facts.contact,
            "kinds": kinds(facts.categories),
        ]
        func filled(_ text: String) -> String { Self.fill(text, names) }
        let kind =
            switch facts.suspicion {
            case "guard-host": "server"
            case "root-key", "patient-keys": "key"
            default: facts.suspicion
            }
        let happened = document["happened"]?[kind]?.string ?? ""
        var lines = [facts.sender, ""] + [facts.name] + facts.address + [""]
        lines += [filled(text("subject")), "", filled(text("greeting")), "", filled(text("intro"))]
        lines += ["", heading("happened"), happened, filled(text("when"))]
        lines += ["", heading("data"), filled(text(facts.isAccessed ? "accessed" : "couldHave"))]
        for name in ["steps", "doing"] {
            lines += ["", heading(name)]
            lines += (document[name]?.stringArray ?? []).map { "- " + $0 }
        }
        lines += ["", heading("contact"), filled(text("contact"))]
        lines += ["", filled(text("closing")), "", facts.sender]
        return lines.map { $0 + "\n" }.joined()
    }

    private func kinds(_ categories: [String]) -> String {
        guard !categories.isEmpty else { return text("noKinds") }
        var words: [String] = []
        for category in categories {
            let word = document["kinds"]?[category]?.string ?? document["kinds"]?["other"]?.string
            if let word, !words.contains(word) { words.append(word) }
        }
        return words.joined(separator: ", ")
    }

    /// Puts values in the place of `{name}`; what stands in a value is never looked at again.
    private static func fill(_ text: String, _ values: [String: String]) -> String {
        var result = ""
        for (number, piece) in text.split(separator: "{", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard number > 0, let end = piece.firstIndex(of: "}"),
                let value = values[String(piece[..<end])]
            else {
                result += (number > 0 ? "{" : "") + piece
                continue
            }
            result += value + piece[piece.index(after: end)...]
        }
        return result
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

    /// The template for a person.
    ///
    /// - Parameter language: BCP 47, as the person's record has it; `nil` where it is not known.
    /// - Returns: The template; English where there is none in their language.
    public func template(for language: String?) -> LetterTemplate {
        var primary =
            (language ?? "").split(whereSeparator: { $0 == "-" || $0 == "_" }).first
            .map { $0.lowercased() } ?? ""
        if primary == "no" || primary == "nn" { primary = "nb" }
        return byLanguage[primary] ?? fallback
    }
}
