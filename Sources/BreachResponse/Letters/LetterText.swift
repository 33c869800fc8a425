internal import VaultCore

/// A letter or notice in one language: its parts in order, before it is set as text or page.
public struct LetterText: Sendable, Hashable {
    /// One part under a heading.
    public struct Section: Sendable, Hashable {
        /// Heading in the letter's language.
        public var heading: String
        /// Heading that a law sets, where it is another.
        public var law: String?
        /// Paragraphs.
        public var paragraphs: [String] = []
        /// Statutory words, in the law's own language.
        public var quotes: [String] = []
        /// A list.
        public var items: [String] = []
    }

    /// BCP 47 primary language.
    public var language: String
    /// Who writes.
    public var sender: String
    /// Addressee and address, a line each; empty for a public notice.
    public var address: [String]
    /// The date.
    public var date: String
    /// The subject.
    public var subject: String
    /// The salutation; empty for a public notice.
    public var greeting: String
    /// Paragraphs before the first heading.
    public var opening: [String]
    /// The parts.
    public var sections: [Section]
    /// Last words.
    public var closing: String
    /// Lines for the officer; a letter with any is a draft.
    public var notes: [String]

    /// Plain text, lines that end in newlines.
    public var plain: String {
        var lines = notes.map { "! \($0)" }
        if !notes.isEmpty { lines.append("") }
        lines += [sender, ""] + address + ["", date, "", subject, ""]
        if !greeting.isEmpty { lines += [greeting, ""] }
        for paragraph in opening { lines += [paragraph, ""] }
        for section in sections {
            lines.append(section.heading + (section.law.map { " (\($0))" } ?? ""))
            lines += section.paragraphs + section.quotes.map { "\"\($0)\"" }
            lines += section.items.map { "- \($0)" } + [""]
        }
        lines += [closing, "", sender]
        return lines.map { $0 + "\n" }.joined()
    }
}
