import Foundation
import Testing
import VaultCore

/// Rules that change while a vault lives: whole or not at all, by command and by signal.
@Suite(.serialized) struct PolicyReloadTests {
    private func treats(_ tool: Tool) throws -> Int32 {
        try tool("request", "margaret", "--purpose", "TREAT", "--as", DemoVault.key("okafor"))
            .status
    }

    private func digest(_ tool: Tool) throws -> String {
        try #require(try tool("status", "--json").object["policyDigest"] as? String)
    }

    /// The shipped rules without those for providers.
    private func withoutProviders(_ scratch: Scratch) throws {
        try FileManager.default.copyItem(
            atPath: Tool.repository.appending(path: "Policies").path,
            toPath: scratch.path("other")
        )
        try FileManager.default.removeItem(atPath: scratch.path("other/providers.yaml"))
    }

    @Test func `other rules come into force whole or not at all, and the log names them`() throws {
        let (tool, scratch) = try DemoVault.copy()
        try withoutProviders(scratch)
        let before = try digest(tool)
        #expect(try treats(tool) == 0)

        try scratch.write("other/zz.yaml", "topic: [")
        let broken = try tool("policy", "reload", "other")
        #expect(broken.status == 65 && broken.err.contains("zz.yaml:"), "\(broken.all)")
        #expect(broken.err.contains("those in force stay in force"))
        #expect(try treats(tool) == 0)
        #expect(try digest(tool) == before)

        try FileManager.default.removeItem(atPath: scratch.path("other/zz.yaml"))
        let done = try tool("policy", "reload", "other", "--json")
        #expect(done.status == 0 && done.object["changed"] as? Bool == true, "\(done.all)")
        #expect(try digest(tool) != before)
        #expect(try treats(tool) == 3)
        let verified = try tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
        let again = try tool("policy", "reload", "other", "--json")
        #expect(again.object["changed"] as? Bool == false, "\(again.all)")

        // A folder that was edited by hand is named by `verify`; the command puts it into the log.
        try scratch.write(
            "demo/policies/own.yaml",
            "topic: ours\nobligations:\n  - { code: ours, legal_basis: ours }\n"
        )
        let edited = try tool("verify", "--json")
        #expect(edited.status == 4 && edited.out.contains("own.yaml"), "\(edited.all)")
        #expect(try tool("policy", "reload", "demo/policies").status == 0)
        #expect(try tool("verify").status == 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func
        `a Guard that serves reads its rules again on SIGHUP, and keeps the old where one is broken`()
        throws
    {
        let vault = try GuardedVault()
        #expect(try vault.serve(passphrase: true) == nil)
        func treats() throws -> Int32 {
            try vault.ask("request", "margaret", "--purpose", "TREAT", as: "okafor").status
        }
        func digest() throws -> String? {
            try vault.ask("status", "--json", as: "okafor").object["policyDigest"] as? String
        }
        #expect(try treats() == 0)
        let before = try #require(try digest())
        let rules = vault.scratch.path("demo/policies/providers.yaml")
        let text = try String(contentsOfFile: rules, encoding: .utf8)
        let process = try #require(vault.serving?.process.processIdentifier)

        try vault.scratch.write("demo/policies/providers.yaml", "rules: 7\n")
        kill(process, SIGHUP)
        usleep(1_500_000)
        #expect(try digest() == before)
        #expect(try treats() == 0)

        try vault.scratch.write(
            "demo/policies/providers.yaml",
            text.replacing("relationship: [treating]", with: "relationship: [patient]")
        )
        kill(process, SIGHUP)
        for _ in 0..<50 {
            if try digest() != before { break }
            usleep(100_000)
        }
        #expect(try digest() != before)
        #expect(try treats() == 3)
        let ended = try #require(vault.end())
        #expect(ended.status == 0 && ended.err.contains("those in force stay in force"))
        #expect(ended.err.contains("policies: read again"), "\(ended.err)")
        let verified = try vault.tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
    }
}
