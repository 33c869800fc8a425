import Consent
import Foundation
import Testing

/// The options of IHE Privacy Consent on FHIR 1.1.0, one test each, on consents of our own.
///
/// docs/consent.md has the table of options; the profile's own consents are in IHEMatrixTests.
struct PCFOptionTests {
    // MARK: implicit policies

    /// Who asks, for what, with which label on the record, and whether it is permitted under each policy.
    static let implicit: [(file: String, permits: Set<String>)] = [
        (
            "basic-normal.yaml",
            ["stranger TREAT N", "treating TREAT N", "treating TREAT PSY", "emergency"]
        ),
        (
            "all-normal.yaml",
            [
                "stranger TREAT N", "treating TREAT N", "treating TREAT PSY", "emergency",
                "stranger HRESCH N",
            ]
        ),
        ("break-glass-only.yaml", ["emergency"]),
        ("deny.yaml", []),
    ]

    @Test(arguments: implicit)
    func `an implicit policy answers where no consent is in force`(
        file: String,
        permits: Set<String>
    ) throws {
        let policies = try PCF.policies(with: file)
        let asked: [(String, PCF.Question)] = [
            ("stranger TREAT N", PCF.Question(purpose: "TREAT", label: "N")),
            ("treating TREAT N", PCF.Question(purpose: "TREAT", label: "N", isTreating: true)),
            ("treating TREAT PSY", PCF.Question(purpose: "TREAT", label: "PSY", isTreating: true)),
            ("stranger HRESCH N", PCF.Question(purpose: "HRESCH", label: "N")),
            ("stranger TREAT PSY", PCF.Question(purpose: "TREAT", label: "PSY")),
            ("emergency", PCF.Question(purpose: "TREAT", label: "PSY", isEmergency: true)),
        ]
        for (name, question) in asked {
            let answer = try question.answer([], policies)
            #expect((answer.decision == "permit") == permits.contains(name), "\(file) \(name)")
        }
        let consent = PCF.consent(["type": "permit", "purpose": [PCF.purpose("TREAT")]])
        let overridden = try PCF.Question(purpose: "TREAT", label: "PSY").answer(
            [consent],
            policies
        )
        #expect(overridden.decision == "permit", "a recorded consent overrides \(file)")
        let own = try PCF.Question(purpose: "PATRQT", label: "PSY", kind: "patient").answer(
            [],
            policies
        )
        #expect(own.decision == "permit", "the patient under \(file)")
    }

    // MARK: explicit basic

    @Test func `explicit basic: whom, for what and until when`() throws {
        let consent = PCF.consent([
            "type": "permit", "period": ["start": "2026-01-01", "end": "2026-12-31"],
            "actor": [PCF.actor("Practitioner/doctor")],
            "purpose": ["TREAT", "HPAYMT", "HOPERAT"].map(PCF.purpose),
        ])
        for purpose in ["TREAT", "HPAYMT", "HOPERAT"] {
            let answer = try PCF.Question(purpose: purpose, label: "N").answer([consent])
            #expect(answer.rules == ["consent:Consent/c#root"], "\(purpose)")
        }
        for purpose in ["BTG", "HRESCH", "ETREAT"] {
            #expect(try PCF.Question(purpose: purpose, label: "N").isDenied([consent]))
        }
        let other = PCF.Question(purpose: "TREAT", label: "N", reference: "Practitioner/other")
        #expect(try other.isDenied([consent]))
        let later = PCF.Question(purpose: "TREAT", label: "N", now: "2027-01-01")
        #expect(try later.isDenied([consent]))
    }

    @Test(arguments: [
        ("Practitioner/doctor", true), ("Organization/clinic", true), ("Group/team", true),
        ("PractitionerRole/role", true), ("Practitioner/other", false), ("Group/unknown", false),
    ])
    func `an actor is a person, an organization, a group or a role`(
        key: String,
        isMeant: Bool
    ) throws {
        let consent = PCF.consent([
            "type": "permit", "actor": [PCF.actor(key)], "purpose": [PCF.purpose("TREAT")],
        ])
        let answer = try PCF.Question(purpose: "TREAT", label: "N").answer([consent])
        #expect((answer.decision == "permit") == isMeant)
    }

    @Test func `an actor may be named by identifier`() throws {
        let identifier = ["system": "http://example.org/npi", "value": "42"]
        let consent = PCF.consent([
            "type": "permit", "purpose": [PCF.purpose("TREAT")],
            "actor": [["role": [String: Any](), "reference": ["identifier": identifier]]],
        ])
        #expect(try !PCF.Question(purpose: "TREAT", label: "N").isDenied([consent]))
    }

    // MARK: intermediate

    @Test(arguments: ["permit", "deny"])
    func `data timeframe: by the time of what a record tells`(type: String) throws {
        let provision: [String: Any] = [
            "type": type, "dataPeriod": ["start": "2024-01-01", "end": "2024-12-31"],
            "purpose": [PCF.purpose("TREAT")],
        ]
        try PCF.expect(
            type,
            provision,
            inside: ["effectiveDateTime": "2024-06-01"],
            outside: [
                "effectiveDateTime": "2025-06-01"
            ]
        )
    }

    @Test(arguments: ["permit", "deny"])
    func `data by id: the named record and no other`(type: String) throws {
        let provision: [String: Any] = [
            "type": type, "purpose": [PCF.purpose("TREAT")],
            "data": [["meaning": "instance", "reference": ["reference": "Observation/o"]]],
        ]
        try PCF.expect(type, provision, inside: [:], outside: ["id": "other"])
    }

    @Test(arguments: ["permit", "deny"])
    func `data author: what the named person wrote`(type: String) throws {
        let provision: [String: Any] = [
            "type": type, "purpose": [PCF.purpose("TREAT")],
            "data": [["meaning": "authoredby", "reference": ["reference": "Practitioner/author"]]],
        ]
        let author = { (id: String) in ["performer": [["reference": "Practitioner/\(id)"]]] }
        try PCF.expect(type, provision, inside: author("author"), outside: author("other"))
    }

    @Test(arguments: ["Encounter/e", "CarePlan/p", "EpisodeOfCare/ep"], ["permit", "deny"])
    func `data relationship: an encounter, a care plan, an episode`(
        key: String,
        type: String
    ) throws {
        let provision: [String: Any] = [
            "type": type, "purpose": [PCF.purpose("TREAT")],
            "data": [["meaning": "related", "reference": ["reference": key]]],
        ]
        let inside: [String: Any] =
            key.hasPrefix("CarePlan")
            ? ["basedOn": [["reference": key]]] : ["encounter": ["reference": "Encounter/e"]]
        try PCF.expect(
            type,
            provision,
            inside: inside,
            outside: [
                "encounter": ["reference": "Encounter/x"]
            ]
        )
    }

    @Test func `additional purposes: research, break-glass, and codes of others`() throws {
        let consent = PCF.consent([
            "type": "permit",
            "purpose": [
                PCF.purpose("HRESCH"), PCF.purpose("BTG"),
                ["system": "http://example.org/projects", "code": "heart-study"],
            ],
        ])
        for purpose in ["HRESCH", "BTG", "http://example.org/projects|heart-study"] {
            #expect(
                try !PCF.Question(purpose: purpose, label: "N").isDenied([consent]),
                "\(purpose)"
            )
        }
        for purpose in ["TREAT", "http://example.org/projects|other", "CLINTRCH"] {
            #expect(
                try PCF.Question(purpose: purpose, label: "N").isDenied([consent]),
                "\(purpose)"
            )
        }
    }

    // MARK: advanced

    static let labels = ["ETH", "ETHUD", "OPIOIDUD", "PSY", "SDV", "HIV", "N", "R"]

    @Test(arguments: labels)
    func `a security label permits and denies the records that carry it`(code: String) throws {
        let permit = PCF.consent([
            "type": "permit", "purpose": [PCF.purpose("TREAT")], "securityLabel": [PCF.label(code)],
        ])
        #expect(try !PCF.Question(purpose: "TREAT", label: code).isDenied([permit]))
        let others = Self.labels.filter { other in
            // R is a clearance above what is sensitive; a narrower code is not the wider one.
            other != code && code != "R"
        }
        for other in others {
            let answer = try PCF.Question(purpose: "TREAT", label: other).answer([permit])
            let isInside = code == "ETH" && other == "ETHUD" || code == "ETH" && other == "OPIOIDUD"
            #expect(answer.decision == (isInside ? "permit" : "deny"), "\(code) \(other)")
        }
        let deny = PCF.consent([
            "type": "permit", "purpose": [PCF.purpose("TREAT")],
            "provision": [["type": "deny", "securityLabel": [PCF.label(code)]]],
        ])
        #expect(try PCF.Question(purpose: "TREAT", label: code).isDenied([deny]))
    }

    @Test func `what a permit of PCF form leaves over is forbidden`() throws {
        let consent = PCF.consent([
            "type": "permit", "purpose": [PCF.purpose("TREAT")], "securityLabel": [PCF.label("N")],
        ])
        let normal = PCF.Question(purpose: "TREAT", label: "N", isTreating: true)
        #expect(try !normal.isDenied([consent]))
        let residual = try PCF.Question(purpose: "TREAT", label: "R", isTreating: true).answer([
            consent
        ])
        #expect(residual.rules == ["consent:Consent/c#residual"])
        let again = PCF.consent(
            [
                "type": "permit", "purpose": [PCF.purpose("TREAT")],
                "securityLabel": [PCF.label("R")],
            ],
            id: "d"
        )
        let both = try PCF.Question(purpose: "TREAT", label: "R", isTreating: true).answer([
            consent, again,
        ])
        #expect(both.decision == "permit", "another consent permits what the first leaves over")
    }

    @Test func `nested rules are exceptions, to any depth of sixteen`() throws {
        func nested(_ depth: Int) -> [String: Any] {
            var rule: [String: Any] = ["type": depth % 2 == 0 ? "permit" : "deny"]
            for level in stride(from: depth - 1, through: 0, by: -1) {
                rule = ["type": level % 2 == 0 ? "permit" : "deny", "provision": [rule]]
            }
            rule["purpose"] = [PCF.purpose("TREAT")]
            return rule
        }
        for depth in [0, 1, 2, 15, 16] {
            let answer = try PCF.Question(purpose: "TREAT", label: "N").answer([
                PCF.consent(nested(depth))
            ])
            #expect(answer.decision == (depth % 2 == 0 ? "permit" : "deny"), "\(depth)")
            #expect(answer.problems.isEmpty)
        }
        let answer = try PCF.Question(purpose: "TREAT", label: "N").answer([PCF.consent(nested(17))]
        )
        #expect(answer.rules == ["consent:Consent/c"])
        #expect(answer.problems.contains { $0.contains("nested deeper than 16") })
    }
}
