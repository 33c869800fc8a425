import Consent
import Foundation
import PrivacyOffice
import Testing
import VaultCore

/// The words that patients read, in every language of the project.
struct WordingTests {
    private static let policies = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Policies")

    private static func wording(_ language: String) throws -> Wording {
        let path = policies.appending(path: "explanations/\(language).json")
        let json = try #require(JSONValue(parsing: Array(try Data(contentsOf: path))))
        return try #require(Wording(json: json))
    }

    private static func rules() throws -> [PolicyRule] {
        let names = try FileManager.default.contentsOfDirectory(atPath: policies.path)
        let files =
            try PolicySet.ruleFiles(among: names)
            .map { name in
                PolicySet.File(
                    name: name,
                    text: try String(contentsOf: policies.appending(path: name), encoding: .utf8)
                )
            }
        return try PolicySet(files: files).rules
    }

    @Test func `every shipped rule has words in every language, and no language has others`() throws
    {
        let ids = Set(try Self.rules().map(\.id))
        #expect(ids.count > 45)
        for language in Wording.languages where language != "en" {
            let texts = try Self.wording(language).table("rules")
            #expect(Set(texts.keys) == ids, "\(language)")
            #expect(Set(texts.values).count == texts.count, "\(language): two rules say the same")
        }
    }

    @Test func `every language has the same texts as English, with the same places to fill`() throws
    {
        let english = try Self.wording("en")
        let tables = [
            "purposes", "emergencies", "kinds", "layers", "restrictions", "events", "special",
            "categories", "headings", "words",
        ]
        func places(_ text: String) -> [Substring] {
            text.matches(of: /\{[a-z]+\}/).map(\.output).sorted()
        }
        for language in Wording.languages {
            let wording = try Self.wording(language)
            #expect(wording.language == language)
            for table in tables {
                let texts = wording.table(table)
                let reference = english.table(table)
                #expect(Set(texts.keys) == Set(reference.keys), "\(language) \(table)")
                for (key, text) in texts {
                    #expect(places(text) == places(reference[key] ?? ""), "\(language) \(key)")
                }
            }
        }
    }

    @Test func `English words are the ones that the lists use without a file`() throws {
        let english = try Self.wording("en")
        for (code, text) in english.table("purposes") { #expect(PlainWords.purpose(code) == text) }
        for (code, text) in english.table("emergencies") {
            #expect(PlainWords.emergency(code) == text)
        }
        for (kind, text) in english.table("kinds") { #expect(PlainWords.kind(kind) == text) }
        var log = LogFixture()
        log.add(
            "decision",
            by: "doc",
            part: ["manifest": "1-3", "released": 3],
            header: [
                "decision": "permit", "purpose": ["TREAT"], "breakGlassReason": "unconscious",
            ]
        )
        log.add("decision", by: "doc", header: ["decision": "deny", "purpose": ["HMARKT"]])
        let who = WhoSaw(log.entries, names: ["doc": "Dr. Doc"], own: [])
        for group in who.people + who.refused + who.others {
            #expect(english.sentence(group) == group.sentence)
        }
        let tamil = try Self.wording("ta").sentence(try #require(who.people.first))
        #expect(tamil.contains("Dr. Doc") && tamil.contains("3") && !tamil.contains("{"))
    }

    @Test func `every code that a decision or an entry may carry has words`() throws {
        let english = try Self.wording("en")
        #expect(Set(english.table("layers").keys) == Set(Layer.allCases.map(\.rawValue)))
        #expect(Set(english.table("emergencies").keys) == EmergencyOverride.reasons)
        #expect(Set(english.table("events").keys) == Set(LogEvent.Kind.allCases.map(\.rawValue)))
        #expect(
            Set(english.table("restrictions").keys) == Set(RestrictionKind.allCases.map(\.rawValue))
        )
        #expect(
            Set(english.table("kinds").keys)
                == Set(RequesterKind.allCases.map(\.rawValue) + ["operator"])
        )
        #expect(
            Set(english.table("headings").keys) == Set(Wording.Heading.allCases.map(\.rawValue))
        )
    }

    @Test func `consents, restrictions and silence are told in words of their own`() throws {
        let norwegian = try Self.wording("nb")
        func words(_ id: String, _ title: String = "", _ isPermit: Bool = false) -> String {
            norwegian.rule(id, title: title, isPermit: isPermit)
        }
        let texts = [
            words("default-deny"), words("request-incomplete"),
            words("consent:Consent/1#root", "", true), words("consent:Consent/1#1"),
            words("consent:Consent/1"), words("consent:Consent/1#residual"),
            words("restriction:Restriction/1", "a restriction: blocked-person"),
            words("provider-treatment"),
        ]
        #expect(Set(texts).count == texts.count)
        #expect(words("no-such-rule", "its title") == "its title")
    }

    @Test func `an emergency is open until it is reviewed for good`() {
        var log = LogFixture()
        let broken = log.add(
            "decision",
            by: "doc",
            part: ["manifest": "1", "released": 1],
            header: ["decision": "permit", "breakGlassReason": "unconscious", "grant": "g"]
        )
        log.add(
            "decision",
            by: "doc",
            part: ["manifest": "1", "released": 1, "continues": .int(Int64(broken))],
            header: ["decision": "permit", "breakGlassReason": "unconscious"]
        )
        let before = Emergencies(log.entries, names: [:]).lines
        #expect(before.count == 1 && before[0].isOpen && before[0].requests == 2)
        #expect(before[0].records == 2 && before[0].isToldToPatient)
        log.add(
            "fact",
            by: "officer",
            "privacy-officer",
            part: ["reviewed": .int(Int64(broken)), "finding": "open"]
        )
        #expect(Emergencies(log.entries, names: [:]).lines[0].isOpen)
        log.add(
            "fact",
            by: "officer",
            "privacy-officer",
            part: ["reviewed": .int(Int64(broken)), "finding": "justified"]
        )
        #expect(!Emergencies(log.entries, names: [:]).lines[0].isOpen)
    }
}
