import Consent
import Foundation
import Testing
import VaultCore
import VaultTestSupport

/// What the policy language refuses, each with its place.
struct PolicyFileTests {
    static let good = """
        topic: test
        obligations:
          - code: due
        rules:
          - id: one
            title: One
            legal_basis: [law]
            layer: law-default
            effect: permit
            when: { requester: [clinician], purpose: [TREAT] }
            obligations: [due]
        """

    static func problems(_ text: String) -> [String] {
        PolicySet.problems(in: [PolicySet.File(name: "t.yaml", text: text)]).map(\.description)
    }

    static func changed(_ old: String, _ new: String) -> [String] {
        problems(good.replacing(old, with: new))
    }

    @Test func `the shipped policies have no problem and cover every layer`() {
        #expect(PolicySet.problems(in: Shipped.files).isEmpty)
        let layers = Set(Shipped.policies.rules.compactMap(\.layer))
        #expect(layers.isSuperset(of: [.lawHard, .emergency, .lawDefault]))
        #expect(Shipped.policies.rules.count >= 40)
        #expect(Shipped.policies.rules.allSatisfy { !$0.legalBasis.isEmpty && !$0.title.isEmpty })
    }

    @Test(arguments: [
        ("effect: permit", "effect: allow", "t.yaml:9:13: `allow` is not an effect"),
        ("layer: law-default", "layer: middle", "t.yaml:8:12: `middle` is not a layer"),
        ("layer: law-default", "layer: default-deny", "the default needs no rule"),
        ("title: One", "titel: One", "unknown key `titel`"),
        ("title: One", "title: \"\"", "t.yaml:6:12: expected a text"),
        ("[clinician]", "[doctor]", "`doctor` is not a kind of requester"),
        ("[TREAT]", "[CURE]", "`CURE` is no v3 PurposeOfUse"),
        ("purpose: [TREAT]", "purpos: [TREAT]", "unknown key `purpos`"),
        (", purpose: [TREAT]", "", "a permit without a purpose"),
        (
            "purpose: [TREAT]", "purpose: [TREAT], label: [gossip]",
            "`gossip` is not a sensitivity label"
        ),
        ("purpose: [TREAT]", "purpose: [TREAT], category: [x]", "`x` is not a data category"),
        ("purpose: [TREAT]", "purpose: [TREAT], type: [Foo]", "`Foo` is no FHIR R4 resource type"),
        ("purpose: [TREAT]", "purpose: [TREAT], relationship: [friend]", "is not a relationship"),
        (
            "purpose: [TREAT]", "purpose: [TREAT], patient_age: { under: x }",
            "an age in whole years"
        ),
        ("purpose: [TREAT]", "purpose: [TREAT], record: [odd]", "`odd` is not a mark of a record"),
        ("purpose: [TREAT]", "purpose: [TREAT], consent_names_label: class", "needs `label`"),
        ("obligations: [due]", "obligations: [undue]", "obligation `undue` is not defined"),
        ("legal_basis: [law]", "legal_basis: []", "t.yaml:7:18: an empty list"),
        ("effect: permit", "effect: permit\n    valid_from: 2025-02-29", "is no day that exists"),
        (
            "effect: permit",
            "effect: permit\n    valid_from: 2025-02-02\n    valid_to: 2025-02-01",
            "`valid_to` lies before `valid_from`"
        ),
        ("effect: permit", "effect: permit\n    jurisdiction: [USA]", "`USA` is no country code"),
        ("topic: test", "subject: test", "unknown key `subject`"),
        (
            "- code: due", "- code: due\n  - code: due",
            "t.yaml:4:5: obligation `due` stands in t.yaml too"
        ),
        ("[clinician]", "[]", "t.yaml:10:24: an empty list"),
        ("[clinician]", "[clinician, clinician]", "t.yaml:10:36: `clinician` stands twice"),
        ("[clinician]", "{ a: b }", "is not a kind of requester"),
        (
            "purpose: [TREAT]", "purpose: [TREAT], patient_age: { from: 18, under: 12 }",
            "nobody has"
        ),
        ("purpose: [TREAT]", "purpose: [TREAT], patient_age: {}", "an age without a bound"),
        ("purpose: [TREAT]", "purpose: [TREAT], patient_age: { from: 151 }", "0 to 150"),
        ("purpose: [TREAT]", "purpose: [TREAT], patient_status: gone", "`gone` is not a status"),
        ("purpose: [TREAT]", "purpose: [TREAT], action: [peek]", "`peek` is not an action"),
        ("purpose: [TREAT]", "purpose: [TREAT], evidence: [rumour]", "is not a kind of evidence"),
        (
            "purpose: [TREAT]", "purpose: [TREAT], break_glass: maybe",
            "is not a state of the break-glass"
        ),
        ("purpose: [TREAT]", "purpose: [TREAT], consent: [given]", "`given` is not a state"),
        ("purpose: [TREAT]", "purpose: [TREAT], author: [me]", "`me` is not an author"),
        ("purpose: [TREAT]", "purpose: [TREAT], encounter: [any]", "`any` is not an encounter"),
        ("purpose: [TREAT]", "purpose: [TREAT], data_time: { since: 1 }", "unknown key `since`"),
        ("purpose: [TREAT]", "purpose: [TREAT], data_time: {}", "a time without a bound"),
        (
            "purpose: [TREAT]", "purpose: [TREAT], data_time: { from: 2025-06-31 }",
            "t.yaml:10:74: `2025-06-31` is no day that exists"
        ),
        (
            "purpose: [TREAT]",
            "purpose: [TREAT], data_time: { from: 2025-02-02, until: 2025-02-01 }",
            "ends before it begins"
        ),
        (
            "purpose: [TREAT]",
            "purpose: [TREAT], newer_than_days: 3, data_time: { newer_than_days: 4 }",
            "says it already"
        ),
        ("when: {", "when: [{", "not readable as YAML"),
        (
            "when: { requester: [clinician], purpose: [TREAT] }", "when: all",
            "expected keys and values"
        ),
        ("effect: permit", "effect: permit\n    unless: []", "an empty list"),
        ("effect: permit", "effect: permit\n    unless: [{}]", "a condition without a key"),
        ("layer: law-default\n    ", "", "`layer` is missing"),
        ("effect: permit", "effect: oblige", "an obligation has no layer"),
        ("legal_basis: [law]\n    ", "", "`legal_basis` is missing"),
        ("- code: due", "- code: due\n    hours: many", "expected a number of hours"),
        ("- code: due", "- code: due\n    kind: wish", "`wish` is not a kind of obligation"),
        ("- code: due", "- code: due\n    kind: redact", "`redact` needs `elements`"),
        ("- code: due", "- code: due\n    kind: notice", "a notice needs `text`"),
        ("- code: due", "- text: due", "`code` is missing"),
        ("rules:", "rules: [", "not readable as YAML"),
        ("id: one", "id: one\n    id: two", "not readable as YAML"),
    ])
    func `a mistake is found with its place`(old: String, new: String, wanted: String) {
        let found = Self.changed(old, new)
        #expect(found.contains { $0.contains(wanted) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("t.yaml:") })
    }

    @Test func `the published schema is what the parser reads`() throws {
        let path = Shipped.folder.appending(path: "policy.schema.json")
        let wanted = PolicySchema.json.prettyText + "\n"
        if ProcessInfo.processInfo.environment["RECORD_SCHEMA"] != nil {
            try wanted.write(to: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == wanted)
        let text = try #require(JSONValue(parsing: wanted)?["$defs"]?["condition"]?["properties"])
        let keys = try #require(text.object).map(\.key)
        #expect(keys.count >= 24)
        // The parser knows each key of the schema, for it complains about its value and not about it.
        for key in keys {
            let found = Self.changed("purpose: [TREAT]", "purpose: [TREAT], \(key): {}")
            #expect(!found.contains { $0.contains("unknown key") }, "\(key)")
            #expect(!found.isEmpty, "\(key) takes anything")
        }
    }

    @Test func `every example of the language's page is accepted`() throws {
        let page = Shipped.folder.deletingLastPathComponent()
            .appending(path: "docs/design/policy-language.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let examples = text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(examples.count >= 6)
        for (number, example) in examples.enumerated() where !example.contains("invariants:") {
            let found = Self.problems(example)
            #expect(found.isEmpty, "example \(number + 1): \(found)")
        }
        let invariants = try #require(examples.first { $0.contains("invariants:") })
        let file = PolicySet.File(name: "invariants.yaml", text: invariants)
        let prover = try Prover(
            policies: Shipped.policies,
            domain: ProverTests.file("domain.yaml"),
            invariants: file
        )
        let run = prover.run()
        for number in 0..<prover.count { #expect(run.prove(number).isProved) }
    }

    @Test func `a reload takes a whole set or nothing`() throws {
        let good = PolicySet.File(name: "a.yaml", text: Self.good)
        let policies = PoliciesInForce(try PolicySet(files: [good]))
        let before = policies.current.canonicalBytes
        let broken = PolicySet.File(name: "b.yaml", text: "topic: x\nrules: 7\n")
        #expect {
            try policies.reload([good, broken])
        } throws: { ($0 as? ConsentError)?.message == "b.yaml:2:8: expected a list" }
        #expect(policies.current.canonicalBytes == before)
        #expect(try policies.reload([good]) == false)
        let other = PolicySet.File(name: "a.yaml", text: Self.good.replacing("One", with: "Two"))
        #expect(try policies.reload([other]))
        #expect(policies.current.rules.map(\.title) == ["Two"])
    }

    @Test func `an id that stands twice is found across files`() {
        let files = ["a.yaml", "b.yaml"].map { name in
            PolicySet.File(
                name: name,
                text: Self.good.replacing("due", with: "due-\(name.first ?? "x")")
            )
        }
        let found = PolicySet.problems(in: files).map(\.description)
        #expect(found == ["b.yaml:5:5: rule id `one` stands in a.yaml too"])
    }

    @Test func `a broken file throws and names its first problem`() {
        #expect(throws: ConsentError.self) {
            try PolicySet(files: [PolicySet.File(name: "t.yaml", text: "rules: 7")])
        }
    }

    @Test func `another text or name gives other canonical bytes, another order does not`() throws {
        let one = PolicySet.File(name: "a.yaml", text: Self.good)
        let two = PolicySet.File(name: "b.yaml", text: "topic: x\nrules: []\n")
        let both = try PolicySet(files: [one, two]).canonicalBytes
        #expect(try PolicySet(files: [two, one]).canonicalBytes == both)
        let renamed = PolicySet.File(name: "c.yaml", text: two.text)
        #expect(try PolicySet(files: [one, renamed]).canonicalBytes != both)
    }
}
