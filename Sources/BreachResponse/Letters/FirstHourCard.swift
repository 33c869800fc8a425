internal import Mustache
internal import VaultCore

/// What every employee does in the first hour, on one printable page, with five questions to check it.
///
/// The words are data: `Policies/cards/<language>.json`.
public struct FirstHourCard: Sendable {
    /// Whose card.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// The desk where patients arrive.
        case reception
        /// Nurses.
        case nurse
        /// Physicians.
        case physician
        /// Who runs the machines.
        case it
        /// Who decides for the organization.
        case management
        /// Who answers for privacy.
        case privacyOfficer = "privacy-officer"
    }

    /// One question with its answer.
    public struct Question: Sendable, Hashable {
        /// The question.
        public let ask: String
        /// Whether `yes` is right.
        public let isYes: Bool
    }

    /// BCP 47 primary language.
    public let language: String
    /// Who has read and approved these words; `nil` where nobody has yet.
    public let reviewedBy: String?
    /// The five questions.
    public let questions: [Question]
    /// `yes` and `no` in this language.
    public let answers: (yes: String, no: String)
    private let document: JSONValue

    /// Number of questions that a card has.
    public static let questionCount = 5

    /// Reads the words of a language and checks that nothing is missing.
    ///
    /// - Parameter bytes: The file.
    /// - Throws: ``BreachResponseError/notJSON(document:)``,
    ///   ``BreachResponseError/malformed(document:member:)``.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let document = JSONValue(parsing: bytes) else { throw .notJSON(document: "card") }
        func bad(_ member: String) -> BreachResponseError {
            .malformed(document: "card", member: member)
        }
        for name in ["language", "title", "report", "quizTitle", "yes", "no"]
        where document[name]?.string?.isEmpty != false { throw bad(name) }
        guard document["everybody"]?.stringArray?.isEmpty == false else { throw bad("everybody") }
        for role in Role.allCases {
            guard document["roles"]?[role.rawValue]?.string != nil,
                document["own"]?[role.rawValue]?.stringArray?.isEmpty == false
            else { throw bad("own.\(role.rawValue)") }
        }
        let quiz = (document["quiz"]?.array ?? []).compactMap { row -> Question? in
            guard let ask = row["ask"]?.string, let isYes = row["answer"]?.bool else { return nil }
            return Question(ask: ask, isYes: isYes)
        }
        guard quiz.count == Self.questionCount else { throw bad("quiz") }
        self.document = document
        language = document["language"]?.string ?? ""
        let reviewer = document["reviewedBy"]?.string ?? ""
        reviewedBy = reviewer.isEmpty ? nil : reviewer
        questions = quiz
        answers = (document["yes"]?.string ?? "", document["no"]?.string ?? "")
    }

    /// The role's name in this language.
    ///
    /// - Parameter role: Whose card.
    /// - Returns: One line.
    public func name(of role: Role) -> String { document["roles"]?[role.rawValue]?.string ?? "" }

    /// What everybody does, then what this role does.
    ///
    /// - Parameter role: Whose card.
    /// - Returns: One sentence or two each.
    public func steps(for role: Role) -> (everybody: [String], own: [String]) {
        (
            document["everybody"]?.stringArray ?? [],
            document["own"]?[role.rawValue]?.stringArray ?? []
        )
    }

    /// The card as plain text, lines that end in newlines.
    ///
    /// - Parameters:
    ///   - role: Whose card.
    ///   - contact: To whom a report goes.
    /// - Returns: One page.
    public func text(for role: Role, contact: String) -> String {
        let steps = steps(for: role)
        var lines = [document["title"]?.string ?? "", name(of: role), ""]
        lines += steps.everybody.enumerated().map { "\($0.offset + 1). \($0.element)" }
        lines += steps.own.map { "- \($0)" }
        lines += ["", "\(document["report"]?.string ?? ""): \(contact)", ""]
        lines.append(document["quizTitle"]?.string ?? "")
        lines += questions.map { "  \($0.ask)  [ ] \(answers.yes)  [ ] \(answers.no)" }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The card as a page that prints on A4.
    ///
    /// - Parameters:
    ///   - role: Whose card.
    ///   - contact: To whom a report goes.
    ///   - page: A Mustache template, `Policies/cards/card.mustache`.
    /// - Returns: HTML, UTF-8.
    /// - Throws: ``BreachResponseError/malformed(document:member:)`` where the page is none.
    public func html(
        for role: Role,
        contact: String,
        page: String
    ) throws(BreachResponseError) -> String {
        guard let template = try? MustacheTemplate(string: page) else {
            throw .malformed(document: "card page", member: "template")
        }
        let steps = steps(for: role)
        return template.render([
            "language": language, "title": document["title"]?.string ?? "",
            "role": name(of: role), "everybody": steps.everybody, "own": steps.own,
            "report": document["report"]?.string ?? "", "contact": contact,
            "quizTitle": document["quizTitle"]?.string ?? "",
            "quiz": questions.map { question -> [String: Any] in
                ["ask": question.ask, "yes": answers.yes, "no": answers.no]
            },
        ])
    }
}
