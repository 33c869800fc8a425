import Foundation
import Testing

/// Breach commands that need no vault, by the real program.
struct BreachCommandTests {
    private func tool() throws -> Tool {
        let scratch = try Scratch()
        var tool = Tool(in: scratch.url)
        tool.environment["TMPDIR"] = scratch.url.path
        tool.scratch = scratch
        return tool
    }

    @Test func `a drill finds its truth, and leaves nothing but what was asked for`() throws {
        let tool = try tool()
        let run = try tool("breach", "drill", "--scenario", "stolen-laptop", "--out", "d", "--json")
        #expect(run.status == 0, "\(run.err)")
        let rows = try #require(run.json as? [[String: Any]])
        #expect(rows.count == 1)
        let row = rows[0]
        #expect(row["ok"] as? Bool == true)
        #expect(row["sent"] as? Bool == false)
        let truth = try #require(row["truth"] as? [String: Any])
        let scope = try #require(row["scope"] as? [String: Any])
        for set in ["accessed", "couldHave", "notAccessed"] {
            #expect(scope[set] as? [String] == truth[set] as? [String])
        }
        let key = try #require(row["publicKey"] as? String)
        let file = "d/stolen-laptop.certificate.json"
        #expect(try tool("breach", "verify", file, "--key", key).status == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: tool.folder.path)
        #expect(left == ["d"], "the drill's vault is gone")
    }

    @Test func `a drill whose truth is another does not pass`() throws {
        let tool = try tool()
        let path = Tool.repository.appending(path: "Policies/drills/stolen-laptop.json")
        let text = try String(contentsOf: path, encoding: .utf8).replacing(
            "\"due\": \"2026-05-01T23:59:59-05:00\"",
            with: "\"due\": \"2026-05-02T23:59:59-05:00\""
        )
        try tool.scratch?.write("wrong.json", text)
        let run = try tool("breach", "drill", "--scenario", "wrong.json", "--json")
        #expect(run.status == 4)
        #expect((run.json as? [[String: Any]])?.first?["ok"] as? Bool == false)
    }

    @Test func `a drill says what is wrong with its scenario`() throws {
        let tool = try tool()
        #expect(try tool("breach", "drill").status == 64)
        #expect(try tool("breach", "drill", "--scenario", "no-such").status == 66)
        try tool.scratch?.write("bad.json", "{\"kind\": \"drill\"}")
        let run = try tool("breach", "drill", "--scenario", "bad.json")
        #expect(run.status == 65)
        #expect(run.isOneComplaint)
    }

    @Test(arguments: ["en", "ta", "ms", "nb", "lt", "ko"])
    func `a card is printed for every role in every language`(_ language: String) throws {
        let tool = try tool()
        for role in ["reception", "nurse", "physician", "it", "management", "privacy-officer"] {
            let run = try tool("breach", "card", "--role", role, "--language", language, "--json")
            #expect(run.status == 0)
            #expect((run.object["questions"] as? [String])?.count == 5)
        }
        #expect(try tool("breach", "card", "--role", "pilot").status == 65)
        #expect(try tool("breach", "card", "--role", "it", "--language", "xx").status == 65)
    }

    @Test func `a rule that nobody confirmed says so on the screen`() throws {
        let tool = try tool()
        try tool.scratch?.write(
            "facts.json",
            """
            {"role":["covered-entity"],"residents":{"MY":5,"LT":3},"sensitive":true,
            "events":{"discovered":"2026-03-02","aware":"2026-03-02"}}
            """
        )
        let run = try tool("breach", "clocks", "--facts", "facts.json")
        #expect(
            run.status == 0 && run.all.contains("my-pdpa-individual (unverified)"),
            "\(run.all)"
        )
        #expect(
            run.all.contains("gdpr-authority") && !run.all.contains("gdpr-authority (unverified)")
        )
        try tool.scratch?.write(
            "slip.json",
            """
            {"role":["covered-entity"],"dataKinds":["SSN"],"events":{"discovered":"2026-03-02"}}
            """
        )
        let slip = try tool("breach", "clocks", "--facts", "slip.json")
        #expect(slip.status == 65 && slip.isOneComplaint, "\(slip.all)")
    }

    @Test func `the five questions are passed only with five right answers`() throws {
        let tool = try tool()
        func answer(_ lines: String) throws -> Tool.Run {
            try tool.run(["breach", "card", "--role", "it", "--check", "--json"], input: lines)
        }
        let good = try answer("no\nno\nyes\nno\nyes\n")
        #expect(good.status == 0)
        #expect(good.object["passed"] as? Bool == true)
        let bad = try answer("yes\nno\nyes\nno\nyes\n")
        #expect(bad.status == 3)
        #expect(bad.object["right"] as? Int == 4)
        #expect(try answer("no\nno\n").status == 65)
    }
}
