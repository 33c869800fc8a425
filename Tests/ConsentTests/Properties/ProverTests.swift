import Consent
import Foundation
import Testing

/// `policy prove`: the shipped statements hold, and broken policies are refuted.
struct ProverTests {
    static func file(_ name: String) throws -> PolicySet.File {
        let text = try String(contentsOf: Shipped.folder.appending(path: name), encoding: .utf8)
        return PolicySet.File(name: name, text: text)
    }

    static func prover(_ policies: PolicySet) throws -> Prover {
        try Prover(
            policies: policies,
            domain: file("domain.yaml"),
            invariants: file("invariants.yaml")
        )
    }

    /// The shipped policies with one text replaced in one file.
    static func broken(_ name: String, _ old: String, _ new: String) throws -> PolicySet {
        let files = Shipped.files.map { file in
            guard file.name == name, let range = file.text.range(of: old) else { return file }
            return PolicySet.File(
                name: name,
                text: file.text.replacingCharacters(in: range, with: new)
            )
        }
        try #require(files != Shipped.files, "the text to break is not there")
        return try PolicySet(files: files)
    }

    @Test func `the statements are many and each has a law`() throws {
        let prover = try Self.prover(Shipped.policies)
        #expect(prover.count >= 25)
        #expect(prover.pointCount > 1e12)
    }

    @Test func `every statement holds at every point`() throws {
        let prover = try Self.prover(Shipped.policies)
        let run = prover.run()
        #expect(run.isComplete)
        for number in 0..<prover.count {
            let proof = run.prove(number)
            #expect(proof.isComplete, "\(proof.id)")
            #expect(proof.isProved, "\(proof.id): \(proof.counterexample ?? [])")
        }
    }

    /// A way to break the policies, and the statement that finds it.
    struct Break: CustomTestStringConvertible, Sendable {
        let file: String
        let old: String
        let new: String
        let refutes: String
        var testDescription: String { "\(file): \(refutes)" }
    }

    static let breaks: [Break] = [
        Break(
            file: "hard.yaml",
            old: "when: { label: [psychotherapy-notes] }",
            new: "when: { label: [psychotherapy-notes], requester: [clinician, family] }",
            refutes: "insurer-never-gets-psychotherapy-notes"
        ),
        Break(
            file: "hard.yaml",
            old:
                "- { requester: [clinician], purpose: [TREAT, ETREAT], record: [authored-by-requester] }",
            new: "- { break_glass: valid }",
            refutes: "psychotherapy-notes-stay-closed-in-an-emergency"
        ),
        Break(
            file: "hard.yaml",
            old: "when: { label: [sud-counselling-notes] }",
            new: "when: { label: [sud-counselling-notes], action: [write] }",
            refutes: "sud-counselling-notes-need-their-own-consent"
        ),
        Break(
            file: "hard.yaml",
            old: "when: { requester: [insurer], record: [self-paid] }",
            new: "when: { requester: [insurer], record: [self-paid], purpose: [HPAYMT] }",
            refutes: "self-paid-never-to-a-plan"
        ),
        Break(
            file: "hard.yaml",
            old: "evidence: [underwriting]\n      label: [genetics]",
            new: "evidence: [court-order]\n      label: [genetics]",
            refutes: "genetics-never-for-underwriting"
        ),
        Break(
            file: "hard.yaml",
            old: "when: { label: [unclassified] }",
            new: "when: { label: [unclassified], requester: [insurer] }",
            refutes: "unclassified-stays-inside"
        ),
        Break(
            file: "emergency.yaml",
            old: "effect: deny\n    when: { break_glass: invalid }",
            new: "effect: deny\n    when: { break_glass: invalid, requester: [family] }",
            refutes: "emergency-only-by-clinicians"
        ),
        Break(
            file: "emergency.yaml",
            old: "purpose: [TREAT, ETREAT, BTG]",
            new: "purpose: [ETREAT, BTG]",
            refutes: "emergency-is-reviewed"
        ),
        Break(
            file: "emergency.yaml",
            old: "action: [read]",
            new: "action: [read, write]",
            refutes: "emergency-reads-only"
        ),
        Break(
            file: "family.yaml",
            old: "relationship: [related]",
            new: "relationship_none: [parent]",
            refutes: "strangers-are-no-family"
        ),
        Break(
            file: "family.yaml",
            old: "label_none: [mental-health, psychotherapy-notes,",
            new: "label_none: [psychotherapy-notes,",
            refutes: "family-never-sees-sensitive-records"
        ),
        Break(
            file: "notices.yaml",
            old: "- { relationship: [patient] }",
            new: "- { relationship: [patient] }\n      - { requester: [court] }",
            refutes: "part2-notice"
        ),
        Break(
            file: "plans.yaml",
            old: "obligations: [minimum-necessary]",
            new: "valid_from: 2003-04-14",
            refutes: "plan-gets-the-minimum"
        ),
        Break(
            file: "public-interest.yaml",
            old: "action: [read]\n      evidence: [research-waiver]",
            new: "action: [read]",
            refutes: "research-needs-a-waiver"
        ),
    ]

    @Test(arguments: breaks)
    func `a broken policy is refuted with a counterexample`(item: Break) throws {
        let policies = try Self.broken(item.file, item.old, item.new)
        let prover = try Self.prover(policies)
        let number = try #require(prover.place(of: item.refutes))
        let run = prover.run()
        let proof = run.prove(number)
        let found = try #require(proof.counterexample)
        print("\(item.refutes) refuted by \(found)")
        #expect(!proof.isProved)
        #expect(!found.isEmpty && found.count <= 14)
        // The point itself, decided by a walk of its own, is what the statement forbids: a release.
        let point = try #require(proof.point)
        #expect(run.verdict(at: point).isPermitted)
    }

    @Test func `statements and domain with a mistake name its place`() throws {
        let domain = try Self.file("domain.yaml")
        let wrong = [
            ("then: deny", "then: perhaps", "invariants.yaml:"),
            (
                "id: missing-purpose-never-permits", "id: family-never-sees-sensitive-records",
                "twice"
            ),
            (
                "facts: { purpose: missing }", "facts: { porpoise: missing }",
                "no fact of the domain"
            ),
        ]
        for (old, new, what) in wrong {
            let text = try Self.file("invariants.yaml").text
            let range = try #require(text.range(of: old))
            let changed = text.replacingCharacters(in: range, with: new)
            let invariants = PolicySet.File(name: "invariants.yaml", text: changed)
            #expect {
                try Prover(policies: Shipped.policies, domain: domain, invariants: invariants)
            } throws: {
                "\($0)".contains(what) || (($0 as? ConsentError)?.message.contains(what) ?? false)
            }
        }
        let hole = domain.text.replacing("treating: [\"no\", \"yes\"]", with: "treating: [\"no\"]")
        #expect(throws: ConsentError.self) {
            try Prover(
                policies: Shipped.policies,
                domain: PolicySet.File(name: "domain.yaml", text: hole),
                invariants: Self.file("invariants.yaml")
            )
        }
    }
}
