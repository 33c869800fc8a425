import Consent
import Foundation
import Testing

/// Several consents of one patient, and consents that nobody can read.
struct SeveralConsentsTests {
    /// What one consent says to a request for treatment.
    enum Voice: String, CaseIterable {
        case permits
        case denies
        case silent
        case malformed
        case expired

        func consent(_ id: String) -> [String: Any] {
            var provision: [String: Any] = ["type": "permit", "purpose": [PCF.purpose("TREAT")]]
            switch self {
            case .permits: break
            case .denies: provision["type"] = "deny"
            case .silent: provision["actor"] = [PCF.actor("Practitioner/other")]
            case .malformed: provision["type"] = "perhaps"
            case .expired:
                provision["type"] = "deny"
                provision["period"] = ["end": "2020-01-01"]
            }
            return PCF.consent(provision, id: id)
        }
    }

    /// The truth table of docs/consent.md: deny beats permit, malformed denies, expired is absent.
    static func expected(_ one: Voice, _ other: Voice, isTreating: Bool) -> (String, layer: String)
    {
        let both = [one, other]
        if both.contains(.malformed) || both.contains(.denies) { return ("deny", "patient-deny") }
        if both.contains(.permits) { return ("permit", "patient-permit") }
        return isTreating ? ("permit", "law-default") : ("deny", "default-deny")
    }

    @Test(arguments: Voice.allCases, Voice.allCases)
    func `two consents answer as the truth table says`(one: Voice, other: Voice) throws {
        for isTreating in [false, true] {
            let question = PCF.Question(purpose: "TREAT", label: "N", isTreating: isTreating)
            let answer = try question.answer([one.consent("a"), other.consent("b")])
            let wanted = Self.expected(one, other, isTreating: isTreating)
            #expect(answer.decision == wanted.0 && answer.layer == wanted.layer)
            let turned = try question.answer([other.consent("b"), one.consent("a")])
            #expect(turned.decision == answer.decision && turned.rules == answer.rules)
        }
    }

    static var permit: [String: Any] { ["type": "permit", "purpose": [PCF.purpose("TREAT")]] }

    /// A consent with one thing wrong, and a part of what the decision says about it.
    static let wrong: [(String, changes: @Sendable (inout [String: Any]) -> Void)] = [
        ("status is missing or unknown", { $0["status"] = "activ" }),
        ("scope is missing", { $0["scope"] = nil }),
        ("patient is missing", { $0["patient"] = ["display": "somebody"] }),
        (
            "more than one patient",
            { $0["patient"] = [["reference": "Patient/p"], ["reference": "Patient/q"]] }
        ),
        (
            "ends before it begins",
            { $0["provision"] = merged(["period": ["start": "2026-05-01", "end": "2026-01-01"]]) }
        ),
        (
            "ends before it begins",
            { $0["provision"] = merged(["dataPeriod": ["start": "2026", "end": "2020"]]) }
        ),
        ("type is unknown", { $0["provision"] = merged(["type": "allow"]) }),
        ("`purpose` with no item", { $0["provision"] = merged(["purpose": [Any]()]) }),
        ("type is missing", { $0["provision"] = merged(["provision": [[String: Any]()]]) }),
        (
            "data that names no record",
            { $0["provision"] = merged(["data": [["meaning": "instance", "reference": [:]]]]) }
        ),
        (
            "unknown meaning",
            {
                let reference = ["reference": "Observation/o"]
                $0["provision"] = merged(["data": [["meaning": "all", "reference": reference]]])
            }
        ),
        ("elements of R4 and of R5", { $0["decision"] = "permit" }),
        ("a modifierExtension", { $0["modifierExtension"] = [["url": "http://example.org"]] }),
        ("implicitRules", { $0["implicitRules"] = "http://example.org" }),
        ("not a Consent", { $0["resourceType"] = "Contract" }),
        (
            "more than 10000",
            {
                let codes = (0...10_000).map { ["system": "http://example.org", "code": "c\($0)"] }
                $0["provision"] = merged(["class": codes])
            }
        ),
        (
            "more than 1000 rules",
            { $0["provision"] = merged(["provision": Array(repeating: permit, count: 1_001)]) }
        ),
    ]

    private static func merged(_ more: [String: Any]) -> [String: Any] {
        permit.merging(more) { $1 }
    }

    @Test(arguments: wrong.indices)
    func `a consent that cannot be read denies and says why`(number: Int) throws {
        var consent = PCF.consent(Self.permit)
        Self.wrong[number].changes(&consent)
        let question = PCF.Question(purpose: "TREAT", label: "N", isTreating: true)
        let answer = try question.answer([consent])
        #expect(answer.decision == "deny" && answer.layer == "patient-deny", "\(answer)")
        #expect(
            answer.problems.contains { $0.contains(Self.wrong[number].0) },
            "\(answer.problems)"
        )
        var emergency = question
        emergency.isEmergency = true
        #expect(try emergency.answer([consent]).decision == "permit")
        let own = PCF.Question(purpose: "PATRQT", label: "N", kind: "patient")
        #expect(try own.answer([consent]).decision == "permit")
    }

    @Test func `a permit without a purpose never reaches marketing, research or break-glass`()
        throws
    {
        let consent = PCF.consent(["type": "permit"])
        for purpose in ["HMARKT", "HRESCH", "BTG"] {
            #expect(
                try PCF.Question(purpose: purpose, label: "N").isDenied([consent]),
                "\(purpose)"
            )
        }
        #expect(try !PCF.Question(purpose: "TREAT", label: "N").isDenied([consent]))
    }

    @Test func `an actor that nothing identifies is nobody to a permit and anybody to a deny`()
        throws
    {
        let actor: [String: Any] = ["role": [String: Any](), "reference": ["display": "Dr Who"]]
        let permit = PCF.consent(Self.merged(["actor": [actor]]))
        #expect(try PCF.Question(purpose: "TREAT", label: "N").isDenied([permit]))
        let deny = PCF.consent(["type": "deny", "actor": [actor]])
        #expect(try PCF.Question(purpose: "TREAT", label: "N", isTreating: true).isDenied([deny]))
    }

    @Test func `ten thousand nested provisions are refused and never crash`() {
        let depth = 10_000
        let open = String(repeating: #"{"type":"permit","provision":["#, count: depth)
        let close = String(repeating: "]}", count: depth)
        let text =
            #"{"resourceType":"Consent","id":"deep","status":"active","patient":{"reference":"Patient/p"},"#
            + #""provision":"# + open + #"{"type":"permit"}"# + close + "}"
        let directive = ConsentDirective(text: text, fallbackID: "Consent/deep")
        #expect(directive.isMalformed && directive.provisions.isEmpty)
        var decider = PolicyDecideLine(policies: Shipped.policies, labels: nil)
        let line = #"{"id":"x","now":"2026-01-01","consents":["# + text + "]}"
        let answer = LineAnswer(decider.decide(Array(line.utf8)))
        #expect(answer.decision == "deny" && !answer.problems.isEmpty)
    }

    @Test func `a consent that refers to itself ends and covers nothing but itself`() throws {
        var consent = PCF.consent(Self.permit)
        let own = ["reference": "Consent/\(consent["id"] as? String ?? "c")"]
        consent["sourceReference"] = own
        consent["provision"] = Self.merged([
            "data": [["meaning": "related", "reference": own]],
            "provision": [
                Self.merged(["data": [["meaning": "dependents", "reference": own]]])
            ],
        ])
        let answer = try PCF.Question(purpose: "TREAT", label: "N").answer([consent])
        #expect(answer.decision == "deny")
    }

    @Test func `a recipient nobody knows gets nobody anything`() throws {
        let actor: [String: Any] = [
            "role": [String: Any](), "reference": ["reference": "Practitioner/nobody"],
        ]
        let permit = PCF.consent(Self.merged(["actor": [actor]]))
        #expect(try PCF.Question(purpose: "TREAT", label: "N").isDenied([permit]))
    }

    @Test func `another patient's consent says nothing and is mentioned`() throws {
        var consent = PCF.consent(Self.permit)
        consent["patient"] = ["reference": "Patient/q"]
        let answer = try PCF.Question(purpose: "TREAT", label: "N").answer([consent])
        #expect(answer.decision == "deny" && answer.layer == "default-deny")
        #expect(answer.problems.contains { $0.contains("concerns another patient") })
    }
}
