import Foundation
import Testing
import VaultTestSupport

/// The real binary, its exit codes and its two forms of answers.
///
/// One test at a time: each starts processes and waits for them, and two waits at once would take both
/// threads of a machine with two cores.
@Suite(.serialized) struct CommandLineTests {
    @Test func `the demo tells the whole story and every step ends as it must`() throws {
        let run = try DemoVault.made.get().transcript
        #expect(run.status == 0, "\(run.all.suffix(2_000))")
        for line in [
            "Six patients, in six languages", "released: 5 records",
            "refused: nothing is available",
            "Who saw this record", "because you could not be asked", "(exit 4, as it must)",
            "record: record", "$ patientvault verify",
        ] { #expect(run.out.contains(line), "\(line)") }
        #expect(run.out.components(separatedBy: "(exit 4, as it must)").count == 4)
    }

    @Test func `every command that help names has help of its own`() throws {
        let tool = Tool(in: try Scratch().url.deletingLastPathComponent())
        let root = try tool("--help")
        #expect(root.status == 0)
        #expect(root.err.isEmpty)
        for command in [
            "init", "status", "verify", "principal", "import", "find", "request", "consent",
            "restrict", "explain", "policy", "audit", "breach", "keys", "erase", "demo",
            "serve", "client", "backup", "restore", "guard",
        ] {
            #expect(root.out.contains("\n  \(command)"), "\(command)")
            let help = try tool("help", command)
            #expect(help.status == 0 && help.out.contains("USAGE: patientvault \(command)"))
        }
        #expect(try tool("sync").status == 64, "sync pretends to be there")
    }

    @Test func `a wrong command line exits with 64 and repeats no value`() throws {
        let scratch = try Scratch()
        let tool = Tool(in: scratch.url)
        let lines: [[String]] = [
            ["request"], ["request", "p", "CANARY"], ["find"], ["find", "CANARY"],
            ["find", "--nmae", "CANARY"], ["nonsense"], ["request", "p", "--since", "CANARY"],
            ["request", "not an id CANARY", "--purpose", "TREAT"],
            ["audit", "prove", "CANARY", "--out", "x"], ["restrict", "p", "--as", "x"],
            ["request", "p", "--purpose", "TREAT", "--json", "--out", "-"],
            ["find", "--identifier", "CANARY"],
        ]
        for line in lines {
            let run = try tool.run(line)
            #expect(run.status == 64, "\(line): \(run.all)")
            #expect(run.isOneComplaint, "\(line): \(run.err)")
            #expect(!run.all.contains("CANARY"), "\(line): \(run.all)")
        }
        let json = try tool("find", "--json")
        #expect(json.status == 64)
        let error = json.object["error"] as? [String: Any]
        #expect(error?["code"] as? String == "usage" && error?["message"] is String)
    }

    @Test func `unknown purposes, categories, types and reasons are bad input`() throws {
        let (tool, _) = try DemoVault.copy()
        for extra in [
            ["--purpose", "CANARY"], ["--purpose", "TREAT", "--category", "CANARY"],
            ["--purpose", "TREAT", "--type", "CANARY"],
            ["--purpose", "TREAT", "--break-glass", "CANARY"],
        ] {
            let run = try tool.run(
                ["request", "margaret"] + extra + ["--as", DemoVault.key("okafor")]
            )
            #expect(run.status == 65 && run.isOneComplaint, "\(extra): \(run.all)")
            #expect(!run.all.contains("CANARY"))
        }
    }

    @Test func `files and vaults that are not there exit with 66`() throws {
        let scratch = try Scratch()
        var tool = Tool(in: scratch.url)
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "none"
        for line in [
            ["status"], ["import", "none.json"], ["audit", "check", "none", "--key", "x"],
            ["breach", "clocks", "--facts", "none"], ["policy", "decide", "none"],
            ["request", "p", "--purpose", "TREAT", "--as", "none"],
        ] {
            let run = try tool.run(line)
            #expect(run.status == 66 && run.isOneComplaint, "\(line): \(run.all)")
        }
    }

    @Test func `what the operator may never do needs a key`() throws {
        let (tool, scratch) = try DemoVault.copy()
        try scratch.write("c.json", "{}")
        for line in [
            ["request", "margaret", "--purpose", "TREAT"], ["find", "--name", "x"],
            ["consent", "add", "c.json"], ["consent", "list", "margaret"],
            ["consent", "revoke", "x"], ["restrict", "margaret", "--agreed"], ["explain", "3"],
            [
                "erase", "margaret", "--reason", "r", "--basis", "b", "--second",
                DemoVault.key("officer"),
            ],
        ] {
            let run = try tool.run(line)
            #expect(run.status == 77 && run.isOneComplaint, "\(line): \(run.all)")
        }
    }
}
