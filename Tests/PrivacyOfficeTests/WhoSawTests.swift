import Guard
import PrivacyOffice
import Testing
import VaultCore

struct WhoSawTests {
    private let names = ["okafor": "Dr. Okafor", "app": "Wellness app", "me": "Margaret"]

    @Test func `an empty log says nobody`() {
        let who = WhoSaw([], names: [:], own: [])
        #expect(who.people.isEmpty && who.others.isEmpty && who.period == nil)
        #expect(who.entryCount == 0)
    }

    @Test func `one person's reads are one line with how often and why`() {
        var log = LogFixture()
        log.saw("okafor")
        log.saw("okafor", purpose: "COC", records: 1)
        let who = WhoSaw(log.entries, names: names, own: [])
        #expect(who.people.count == 1)
        #expect(
            who.people.first?.sentence
                == "Dr. Okafor (clinician) saw 4 records 2 times to treat you and to coordinate your care"
        )
        #expect(who.people.first?.entries == [0, 1])
        #expect(who.period?.first == LogFixture.time(0))
        #expect(who.period?.last == LogFixture.time(1))
    }

    @Test func `programs are kept apart from people`() {
        var log = LogFixture()
        log.saw("app", "integration")
        log.saw("okafor", header: ["automated": "machine"])
        log.saw("okafor")
        let who = WhoSaw(log.entries, names: names, own: [])
        #expect(who.people.map(\.actor) == ["okafor"])
        #expect(Set(who.machines.map(\.actor)) == ["okafor", "app"])
    }

    @Test func `an emergency is told with its reason in words`() {
        var log = LogFixture()
        log.saw(
            "okafor",
            rules: ["emergency-break-glass"],
            header: ["breakGlassReason": "unconscious"]
        )
        let who = WhoSaw(log.entries, names: names, own: [])
        #expect(who.people.first?.sentence.hasSuffix(", because you could not be asked") == true)
    }

    @Test func `a permission is counted once, by the response that followed`() {
        var log = LogFixture()
        let header: [String: JSONValue] = [
            "decision": "permit", "grant": "abc", "purpose": ["TREAT"], "categories": ["visits"],
        ]
        log.add("decision", by: "okafor", part: ["segments": []], header: header)
        log.add(
            "disclosure",
            by: "okafor",
            part: ["decision": "abc", "released": 2, "manifest": "0-1"],
            header: header
        )
        let who = WhoSaw(log.entries, names: names, own: [])
        #expect(who.people.map(\.times) == [1])
        #expect(who.people.first?.records == 2)
        // What the grant could open is not what the response carried.
        #expect(who.people.first?.categories == [])
    }

    @Test func `a permission without a response is said to be one`() {
        var log = LogFixture()
        log.add(
            "decision",
            by: "okafor",
            part: [:],
            header: ["decision": "permit", "grant": "abc"]
        )
        let who = WhoSaw(log.entries, names: names, own: [])
        #expect(who.people.first?.sentence.contains("no answer is in the log") == true)
    }

    @Test func `refusals, look-ups and reads of the list have places of their own`() {
        var log = LogFixture()
        log.add(
            "decision",
            by: "hale",
            part: [:],
            header: ["decision": "deny", "purpose": ["TREAT"]]
        )
        log.add("decision", by: "okafor", part: ["found": true], header: ["decision": "permit"])
        log.add(
            "decision",
            by: "me",
            "patient",
            part: ["read": "log"],
            header: ["decision": "permit"]
        )
        log.add("intent", by: "operator", "operator")
        log.add("session", by: "operator", "operator", patient: nil)
        let who = WhoSaw(log.entries, names: names, own: ["me"])
        #expect(who.people.isEmpty)
        #expect(
            who.refused.map(\.sentence) == [
                "hale (clinician) asked once to treat you and was refused"
            ]
        )
        #expect(
            Set(who.others.map(\.sentence)) == [
                "Dr. Okafor (clinician) looked you up once", "You read this list once",
                "The operator added to your record once",
            ]
        )
    }

    @Test func `codes without words are shown as codes`() {
        #expect(PlainWords.purpose("NOVEL") == "for `NOVEL`")
        #expect(PlainWords.emergency("novel") == "`novel`")
        #expect(PlainWords.kind("novel") == "novel")
    }
}
