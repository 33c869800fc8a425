import Consent
import Foundation
import Testing
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
        ("title: One", "title: \"\"", "`title` is empty"),
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
        ("purpose: [TREAT]", "purpose: [TREAT], record: [odd]", "unknown mark of a record"),
        ("purpose: [TREAT]", "purpose: [TREAT], consent_names_label: class", "needs `label`"),
        ("obligations: [due]", "obligations: [undue]", "obligation `undue` is not defined"),
        ("legal_basis: [law]", "legal_basis: []", "`legal_basis` is empty"),
        ("effect: permit", "effect: permit\n    valid_from: 2025-02-29", "is no day that exists"),
        (
            "effect: permit",
            "effect: permit\n    valid_from: 2025-02-02\n    valid_to: 2025-02-01",
            "`valid_to` lies before `valid_from`"
        ),
        ("effect: permit", "effect: permit\n    jurisdiction: [USA]", "`USA` is no country code"),
        ("topic: test", "subject: test", "unknown key `subject`"),
        ("- code: due", "- code: due\n  - code: due", "obligation `due` is defined twice"),
        ("rules:", "rules: [", "not readable as YAML"),
        ("id: one", "id: one\n    id: two", "not readable as YAML"),
    ])
    func `a mistake is found with its place`(old: String, new: String, wanted: String) {
        let found = Self.changed(old, new)
        #expect(found.contains { $0.contains(wanted) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("t.yaml:") })
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
