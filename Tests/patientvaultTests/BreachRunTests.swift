import Foundation
import Testing

extension CommandLineTests {
    /// A vault with the people of a breach case, the example patients and one emergency to look into.
    private static func vaultOfACase() throws -> (vault: PlainVault, answers: [[String]]) {
        let vault = try PlainVault()
        func new(_ id: String, _ kind: String, _ roles: String...) throws {
            let run = try vault.tool.run(
                [
                    "principal", "new", "--id", id, "--name", id, "--kind", kind, "--out",
                    "\(id).key",
                ]
                    + roles.flatMap { ["--role", $0] }
            )
            guard run.status == 0 else { throw PlainVault.Failed(run: run.all) }
        }
        try new("po", "privacy-officer", "communications")
        try new("so", "security-officer")
        try new("lead", "administrator")
        try new("counsel", "oversight", "counsel", "reviewer")
        try new("hale", "clinician")
        let examples = Tool.repository.appending(path: "Examples")
        let imported = try vault.tool(
            "import",
            examples.appending(path: "directory.json").path,
            examples.appending(path: "lt-tomas-girdenis.json").path
        )
        guard imported.status == 0 else { throw PlainVault.Failed(run: imported.all) }
        let begin = Date().ISO8601Format(.init(includingFractionalSeconds: true))
        let looked = try vault.tool(
            "request",
            "tomas",
            "--purpose",
            "TREAT",
            "--break-glass",
            "urgent-care",
            "--as",
            "hale.key"
        )
        guard looked.status == 0 else { throw PlainVault.Failed(run: looked.all) }
        return (vault, Self.answers(from: begin))
    }

    /// What a person types from the report to the letters; an empty line takes what stands in brackets.
    private static func answers(from begin: String) -> [[String]] {
        [
            ["a colleague opened a record without a reason", "", begin],
            ["", "credible", "high", "medical", "1"],
            [
                "lead.key", "HERON",
                """
                {"privacy-officer": "po", "commander": "lead", "security-engineer": "so", "scribe": "lead", \
                "counsel": "counsel", "communications": "po", "system-owner": "lead", "reviewer": "counsel"}
                """,
                "po, so, lead, counsel", "yes",
            ],
            ["so.key", "hale", "", "", "the ward is covered", "yes"],
            ["lead.key", "so.key", ""],
            ["", "so.key", "hale", "", "", "", "", ""],
            [
                "",
                """
                {"findings": [\
                {"factor": "dataNature", "weight": "raises", "reason": "all kinds", "evidence": ["log-head"]}, \
                {"factor": "unauthorizedPerson", "weight": "raises", "reason": "no duty", "evidence": ["log-head"]}, \
                {"factor": "acquiredOrViewed", "weight": "raises", "reason": "carried", "evidence": ["log-head"]}, \
                {"factor": "mitigation", "weight": "neutral", "reason": "ended", "evidence": ["log-head"]}], \
                "lowProbability": false, "conclusion": "presumed a breach", "risk": "high"}
                """,
            ],
            [
                "", "counsel.key",
                """
                [{"rule": "gdpr-authority", "jurisdiction": "LT", "notify": true, "reason": "a risk"}, \
                {"rule": "gdpr-individual", "jurisdiction": "LT", "notify": true, "reason": "a high risk"}]
                """,
            ],
            ["", "", "", "Example Hospital", "+1 555 0100"],
        ]
    }

    @Test func `a case is led from the report to the letters by answers on a pipe`() throws {
        let (vault, answers) = try Self.vaultOfACase()
        let run = try vault.tool.run(
            ["breach", "run", "--as", "po.key", "--json"],
            input: answers.joined().map { $0 + "\n" }.joined()
        )
        #expect(run.status == 0, "\(run.all)")
        #expect(
            run.object["steps"] as? [String] == [
                "report", "triage", "declare", "contain", "preserve", "scope", "assess", "decide",
                "notify",
            ],
            "\(run.all)"
        )
        #expect(run.object["state"] as? String == "notifying")
        let id = try #require(run.object["incident"] as? String)
        let letters = try FileManager.default.contentsOfDirectory(
            atPath: vault.scratch.path("\(id).letters")
        )
        #expect(letters.contains("0001-lt.html") && letters.contains("ledger.json"))
        #expect(try vault.tool("verify").status == 0)
    }

    @Test func `a case that was stopped goes on where it stood, and a wrong key is refused`() throws
    {
        let (vault, answers) = try Self.vaultOfACase()
        let begun = try vault.tool.run(
            ["breach", "run", "--as", "po.key", "--json"],
            input: answers.prefix(2).joined().map { $0 + "\n" }.joined() + "stop\n"
        )
        #expect(begun.object["state"] as? String == "triaged", "\(begun.all)")
        let id = try #require(begun.object["incident"] as? String)
        var wrong = answers[2]
        wrong[0] = "hale.key"
        let refused = try vault.tool.run(
            ["breach", "run", "--incident", id, "--as", "po.key", "--json"],
            input: wrong.map { $0 + "\n" }.joined()
        )
        #expect(refused.object["state"] as? String == "triaged", "\(refused.all)")
        let led = try vault.tool.run(
            ["breach", "run", "--incident", id, "--as", "po.key", "--json"],
            input: answers[2].map { $0 + "\n" }.joined()
        )
        #expect(led.object["state"] as? String == "declared", "\(led.all)")
        let nobody = try vault.tool("breach", "run", "--incident", "no-such-case", "--as", "po.key")
        #expect(nobody.status == 66 && nobody.isOneComplaint, "\(nobody.all)")
    }

    @Test func `an answer of the wrong kind is asked for again, and the end of the pipe ends it`()
        throws
    {
        let (vault, _) = try Self.vaultOfACase()
        let run = try vault.tool.run(
            ["breach", "run", "--as", "po.key", "--json"],
            input: """
                seen by a nurse
                yesterday

                2026-02-30

                po.key
                credible
                very
                high
                medikal
                medical

                """
        )
        #expect(run.status == 0, "\(run.all)")
        #expect(run.object["state"] as? String == "reported", "\(run.all)")
        #expect(run.object["steps"] as? [String] == ["report"])
        #expect(run.all.contains("one of low, medium, high"), "\(run.all)")
    }
}
