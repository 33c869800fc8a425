import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    /// The story of a vault whose newest backup is older than its log, by the real program and witness.
    @Suite(.serialized) struct LostTailCommandTests {
        /// A vault with a backup, and then more entries that only the witness remembers.
        private struct Story {
            let plain: PlainVault
            let witness: WitnessProcess
            let oldKey: String

            init() throws {
                let plain = try PlainVault()
                self.plain = plain
                func run(_ arguments: String...) throws {
                    let run = try plain.tool.run(arguments)
                    guard run.status == 0 else { throw PlainVault.Failed(run: run.all) }
                }
                try plain.scratch.write("p.json", CommandLineTests.patientFile(id: "p"))
                try plain.scratch.write(
                    "q.json",
                    CommandLineTests.patientFile(id: "q", canary: "Other")
                )
                try run("import", "p.json", "q.json")
                for (name, kind) in [
                    ("one", "privacy-officer"), ("two", "security-officer"), ("doc", "clinician"),
                ] {
                    try run(
                        "principal",
                        "new",
                        "--kind",
                        kind,
                        "--id",
                        name,
                        "--name",
                        name,
                        "--out",
                        "\(name).key"
                    )
                }
                let status = try plain.tool("keys", "status", "--json")
                oldKey = try #require(status.object["publicKey"] as? String)
                witness = try WitnessProcess(
                    of: plain.tool,
                    trusting: oldKey,
                    for: "v",
                    in: plain.scratch
                )
                try run("backup", "b")
                try #require(try witness.cosign().status == 0)
                try run("audit", "prove", "2", "--out", "old.proof")
                try plain.scratch.write(
                    "r.json",
                    CommandLineTests.patientFile(id: "r", canary: "R")
                )
                try run("import", "r.json")
                try #require(try witness.cosign().status == 0)
            }

            @discardableResult
            func run(_ arguments: String...) throws -> Tool.Run {
                let run = try plain.tool.run(arguments)
                guard run.status == 0 else { throw PlainVault.Failed(run: run.all) }
                return run
            }

            /// The folder and all that lies beside it is gone; the witness and the backup are left.
            func lose() throws {
                for name in ["v", "v.checkpoint", "v.cosigned"] {
                    try FileManager.default.removeItem(atPath: plain.scratch.path(name))
                }
            }

            func verify(_ file: String, _ key: String) throws -> (status: Int32, text: String) {
                let process = Process()
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = [
                    "python3", Tool.repository.appending(path: "docs/verify/verify.py").path,
                    plain.scratch.path(file), "--key", key,
                ]
                let pipe = Pipe()
                process.standardOutput = pipe
                try process.run()
                let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                process.waitUntilExit()
                return (process.terminationStatus, String(decoding: data, as: UTF8.self))
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a restore that lacks the log's end needs two persons, and names what is missing`()
            throws
        {
            let story = try Story()
            let tool = story.plain.tool
            try story.lose()
            // Only the witness knows; nothing is restored, and it can be tried again.
            let refused = try tool("restore", "b", "--custody", "v.custody")
            #expect(refused.status == 4 && refused.isOneComplaint, "\(refused.all)")
            #expect(!FileManager.default.fileExists(atPath: story.plain.scratch.path("v")))
            let alone = try tool.run([
                "restore", "b", "--custody", "v.custody", "--as", "one.key", "--second", "one.key",
            ])
            #expect(alone.status == 77, "\(alone.all)")
            try? FileManager.default.removeItem(atPath: story.plain.scratch.path("v"))
            let restored = try tool.run([
                "restore", "b", "--custody", "v.custody", "--as", "one.key", "--second", "two.key",
                "--reason", "the disk burned", "--json",
            ])
            #expect(restored.status == 0, "\(restored.all)")
            let gap = try #require(restored.object["newOrigin"] as? [String: Any])
            let lost = try #require(gap["lost"] as? [String: Int])
            let newKey = try #require(gap["publicKey"] as? String)
            let first = try #require(lost["first"])
            let last = try #require(lost["last"])
            #expect(newKey.contains("/lost-\(first)-\(last)+") && newKey != story.oldKey)
            #expect(gap["logIndex"] as? Int == first)

            let listed = try tool("audit", "list", "--json").json as? [[String: Any]] ?? []
            let entry = try #require(listed.first { $0["index"] as? Int == first })
            #expect(
                entry["action"] as? String == "new-origin" && entry["actor"] as? String == "one"
            )
            #expect(listed.contains { $0["action"] as? String == "restore" })

            let verified = try tool("verify", "--json")
            #expect(verified.status == 0, "\(verified.all)")
            #expect("\(verified.object["notes"] ?? "")".contains("entries \(first) to \(last)"))
            try outsiders(story, newKey: newKey, first: first)
            try readers(story)

            // The witness learns of the new name and cosigns; then the vault serves as ever.
            #expect(try tool("audit", "cosign").status == 69)
            try story.witness.restart(trusting: [newKey])
            #expect(try story.witness.cosign().status == 0)
        }

        /// What outsiders can check with the two keys, by the program and by the independent verifier.
        private func outsiders(_ story: Story, newKey: String, first: Int) throws {
            let tool = story.plain.tool
            // What was proven before stays proven; what is left is proven under both names.
            #expect(try tool("audit", "check", "old.proof", "--key", story.oldKey).status == 0)
            let oldName = String(story.oldKey.prefix { $0 != "+" })
            try story.run("audit", "prove", "2", "--origin", oldName, "--out", "left.proof")
            try story.run("audit", "prove", "2", "--out", "new.proof")
            #expect(try story.verify("left.proof", story.oldKey).status == 0)
            #expect(try story.verify("new.proof", newKey).status == 0)
            #expect(try story.verify("new.proof", story.oldKey).status == 4)
            // The entry that names the gap is provable itself.
            try story.run("audit", "prove", "\(first)", "--out", "gap.proof")
            #expect(try story.verify("gap.proof", newKey).status == 0)
            try story.run("audit", "prove", "--patient", "p", "--out", "list.proof")
            let list = try story.verify("list.proof", newKey)
            #expect(list.status == 0 && list.text.contains("may lack something"), "\(list.text)")
            // No window across the gap is calm.
            let window = try tool.run([
                "audit", "prove", "--patient", "p", "--from", "2020-01-01", "--until", "2035-01-01",
                "--out", "calm.proof",
            ])
            #expect(window.status == 65)
        }

        /// What people are told who read the log.
        private func readers(_ story: Story) throws {
            let tool = story.plain.tool
            let saw = try tool("audit", "patient", "p", "--json")
            #expect(saw.status == 0 && saw.object["complete"] as? Bool == false, "\(saw.all)")
            #expect(try tool("audit", "patient", "p").out.contains("may lack something"))
            #expect(try tool("audit", "accounting", "p").out.contains("not complete: entries"))
            #expect(try tool("status").out.contains("are lost"))
        }

        @Test(.timeLimit(.minutes(5)))
        func
            `an older folder in place goes on by guard new-origin, and only where something is lost`()
            throws
        {
            let story = try Story()
            let tool = story.plain.tool
            func copy(_ from: String, _ to: String) throws {
                try FileManager.default.copyItem(
                    atPath: story.plain.scratch.path(from),
                    toPath: story.plain.scratch.path(to)
                )
            }
            let open = [
                "guard", "new-origin", "--as", "one.key", "--second", "two.key", "--reason",
                "the disk burned", "--json",
            ]
            let early = try tool.run(open)
            #expect(early.status == 65 && early.all.contains("nothingLost"), "\(early.all)")
            for name in ["v", "v.checkpoint", "v.cosigned"] { try copy(name, "old-\(name)") }
            try story.plain.scratch.write(
                "s.json",
                CommandLineTests.patientFile(id: "s", canary: "S")
            )
            try story.run("import", "s.json")
            try FileManager.default.removeItem(atPath: story.plain.scratch.path("v"))
            try copy("old-v", "v")
            // The checkpoint beside the folder knows more: no command opens or writes to it.
            #expect(try tool("status").status == 4)
            #expect(try tool("verify").status == 4)
            let opened = try tool.run(open)
            #expect(opened.status == 0, "\(opened.all)")
            #expect(try tool("verify").status == 0)
            // The cosigned checkpoint of the former name stays where it is; the log knows of it.
            let known = try tool("audit", "verify", "--checkpoint", "v.cosigned")
            #expect(known.status == 0, "\(known.all)")
            let again = try tool.run(open)
            #expect(again.status == 65, "\(again.all)")
        }
    }
}
