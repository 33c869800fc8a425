internal import Mustache
internal import VaultCore

/// Sets letters as HTML pages that print on A4.
///
/// The page is data: `Policies/letters/letter.mustache`. Every value is escaped by the template; nothing
/// in a person's name can become markup.
public struct LetterPages: Sendable {
    private let template: MustacheTemplate

    /// Reads the page.
    ///
    /// - Parameter page: A Mustache template.
    /// - Throws: ``BreachResponseError/malformed(document:member:)`` where it is none.
    public init(_ page: String) throws(BreachResponseError) {
        do { template = try MustacheTemplate(string: page) } catch {
            throw .malformed(document: "letter page", member: "template")
        }
    }

    /// One document of one or more texts, each on a page of its own.
    ///
    /// - Parameter texts: The same letter in each language it must stand in, the person's own first.
    /// - Returns: HTML, UTF-8.
    public func html(_ texts: [LetterText]) -> String {
        let pages = texts.enumerated().map { place, text in
            Self.page(text, isFirst: place == 0)
        }
        let first = texts.first
        return template.render([
            "language": first?.language ?? "en", "title": first?.subject ?? "", "pages": pages,
        ])
    }

    private static func page(_ text: LetterText, isFirst: Bool) -> [String: Any] {
        [
            "language": text.language, "isFirst": isFirst, "sender": text.sender,
            "address": text.address.joined(separator: "\n"), "date": text.date,
            "subject": text.subject, "greeting": text.greeting,
            "hasGreeting": !text.greeting.isEmpty, "opening": text.opening,
            "closing": text.closing, "notes": text.notes, "hasNotes": !text.notes.isEmpty,
            "sections": text.sections.map { section -> [String: Any] in
                [
                    "heading": section.heading, "law": section.law ?? "",
                    "hasLaw": section.law != nil,
                    "paragraphs": section.paragraphs, "quotes": section.quotes,
                    "items": section.items, "hasItems": !section.items.isEmpty,
                ]
            },
        ]
    }
}
