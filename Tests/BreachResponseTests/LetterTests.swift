import BreachResponse
import Foundation
import Testing
import VaultCore

/// The shipped words of letters.
enum Letters {
    static let folder = Scenarios.folder.deletingLastPathComponent().appending(path: "letters")
    static let languages = ["en", "ko", "lt", "ms", "nb", "ta"]

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func template(_ language: String) throws -> LetterTemplate {
        try LetterTemplate(try bytes("\(language).json"))
    }

    static func elements() throws -> LetterElements {
        try LetterElements(try bytes("elements.json"))
    }

    static func pages() throws -> LetterPages {
        try LetterPages(String(decoding: try bytes("letter.mustache"), as: UTF8.self))
    }

    static func facts() -> LetterFacts {
        LetterFacts(
            patient: "Ada Drillwell",
            addressee: "Ada Drillwell",
            address: ["1 Rehearsal Road", "Drillton"],
            suspicion: "device",
            days: .init(from: "2026-03-02", until: "2026-03-03", discovered: "2026-03-04"),
            isAccessed: true,
            categories: ["medications", "laboratory"],
            sender: "Example Hospital",
            contact: "+1 555 0100",
            date: "2026-03-09"
        )
    }
}

struct LetterTests {
    @Test(arguments: Letters.languages)
    func `a letter holds the five elements of the law in every language`(
        _ language: String
    ) throws {
        let letter = try Letters.template(language).letter(Letters.facts())
        let text = letter.plain
        for part in ["2026-03-02", "2026-03-03", "2026-03-04", "+1 555 0100", "Ada Drillwell"] {
            #expect(text.contains(part))
        }
        #expect(!text.contains("{") && !text.contains("}"))
        #expect(letter.sections.count == 5)
        // The kinds of data are words of the language, never codes.
        #expect(!text.contains("medications,") || language == "en")
        #expect(letter.sections.flatMap(\.items).count >= 6)
    }

    @Test(arguments: Letters.languages)
    func `all extras of all laws are there in every language, and the law's words stay`(
        _ language: String
    ) throws {
        let template = try Letters.template(language)
        var facts = Letters.facts()
        facts.recipient = "a stranger"
        try Letters.elements().add(
            [
                "part2-individual", "ftc-individual", "gdpr-individual", "kr-pipa-individual",
                "in-dpdp-individual", "ca-on-phipa-individual", "us-tx-individual",
            ],
            to: &facts
        )
        let text = template.letter(facts).plain
        #expect(
            text.contains(
                "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
            )
        )
        #expect(text.contains("identitytheft.gov"))
        #expect(
            text.contains("Ontario") || text.contains("온타리오") || text.contains("ஒன்டாரியோ")
                || text.contains("Ontarijo")
        )
        #expect(text.contains("a stranger"))
        #expect(!text.contains("{"))
    }

    @Test func `California's headings stand in its own order, beside a translation`() throws {
        var facts = Letters.facts()
        try Letters.elements().add(["us-ca-individual"], to: &facts)
        let english = try Letters.template("en").letter(facts)
        #expect(english.subject == "NOTICE OF DATA BREACH")
        #expect(
            english.sections.map(\.heading) == [
                "What Happened", "What Information Was Involved", "What We Are Doing",
                "What You Can Do", "Your rights", "For More Information",
            ]
        )
        let korean = try Letters.template("ko").letter(facts)
        #expect(korean.sections.first?.law == "What Happened")
        #expect(korean.sections.first?.heading == "무슨 일이 있었습니까")
        #expect(korean.subject.hasPrefix("NOTICE OF DATA BREACH – "))
    }

    @Test func `a Malaysian letter also stands in Malay and English`() throws {
        #expect(try Letters.elements().languages(["my-pdpa-individual"]) == ["ms", "en"])
        #expect(try Letters.elements().languages(["hipaa-individual"]).isEmpty)
    }

    @Test func `nothing in a name becomes markup`() throws {
        var facts = Letters.facts()
        facts.addressee = "<script>alert(1)</script> & {contact}"
        facts.notes = ["<b>draft</b>"]
        let letter = try Letters.template("en").letter(facts)
        let html = try Letters.pages().html([letter])
        #expect(!html.contains("<script>"))
        #expect(!html.contains("<b>draft"))
        #expect(html.contains("&lt;script&gt;"))
        // A value is never filled again.
        #expect(letter.greeting.contains("{contact}"))
    }

    @Test func `who stands in for a minor or a dead person is told in whose stead`() throws {
        var facts = Letters.facts()
        facts.addressee = "Guard Ian"
        facts.stead = .minor
        #expect(try Letters.template("en").letter(facts).opening[0].contains("Ada Drillwell"))
        facts.addressee = ""
        let unknown = try Letters.template("en").letter(facts)
        #expect(unknown.greeting.isEmpty)
        #expect(unknown.address[0] == "To the parent or guardian of Ada Drillwell")
        facts.addressee = "Kin Drillwell"
        facts.stead = .late
        #expect(try Letters.template("en").letter(facts).opening[0].contains("has died"))
    }

    @Test func `a public notice says nothing proven about anybody`() throws {
        let notice = try Letters.template("en").notice(Letters.facts())
        #expect(notice.address.isEmpty)
        #expect(!notice.plain.contains("Ada Drillwell"))
        #expect(!notice.plain.contains("proves"))
    }

    @Test func `a person gets the rules of their own home, and everybody's`() throws {
        let rules = try Clocks.rules()
        let facts = try BreachFactsReader(
            [
                "role": "covered-entity", "events": ["discovered": "2026-03-02T09:00:00Z"],
                "residents": ["US-TX": 3, "NO": 1],
            ],
            codes: rules.codes
        ).facts
        let all = BreachClocks(rules: rules).answer(facts).deadlines
        func ids(_ home: String?) -> Set<String> {
            Set(LetterElements.deadlines(for: home, of: all).map(\.rule.id))
        }
        #expect(ids("US-TX") == ["hipaa-individual", "us-tx-individual"])
        #expect(ids("NO") == ["hipaa-individual", "gdpr-individual"])
        #expect(ids(nil) == ["hipaa-individual"])
    }
}

struct FirstHourCardTests {
    @Test(arguments: Letters.languages)
    func `a card has a page for every role, and five questions with both answers`(
        _ language: String
    ) throws {
        let file = Scenarios.folder.deletingLastPathComponent()
            .appending(path: "cards/\(language).json")
        let card = try FirstHourCard(Array(try Data(contentsOf: file)))
        #expect(card.language == language)
        #expect(Set(card.questions.map(\.isYes)) == [true, false])
        let page = try String(
            contentsOf: Scenarios.folder.deletingLastPathComponent()
                .appending(path: "cards/card.mustache"),
            encoding: .utf8
        )
        var texts: Set<String> = []
        for role in FirstHourCard.Role.allCases {
            let text = card.text(for: role, contact: "+1 555 0100")
            #expect(text.contains("+1 555 0100"))
            texts.insert(text)
            let html = try card.html(for: role, contact: "<x>", page: page)
            #expect(html.contains(card.name(of: role)) && html.contains("&lt;x&gt;"))
        }
        #expect(texts.count == 6)
    }
}
