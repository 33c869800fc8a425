import Foundation
import GuardLink
import Testing

@testable import patientvault

extension CommandLineTests {
    /// Witnesses that are asked while a Guard serves.
    @Suite(.serialized) struct PeriodicCosigningTests {
        private func witnessed() throws -> (
            vault: GuardedVault, witness: WitnessProcess, key: String
        ) {
            let vault = try GuardedVault()
            let key = try #require(
                try vault.tool("keys", "status", "--json").object["publicKey"] as? String
            )
            let witness = try WitnessProcess(
                of: vault.tool,
                trusting: key,
                for: "demo",
                in: vault.scratch
            )
            #expect(try witness.cosign().status == 0)
            return (vault, witness, key)
        }

        private func standing(_ vault: GuardedVault) throws -> [String: Any]? {
            let run = try vault.tool("guard", "status", "--socket", vault.socket, "--json")
            return (run.object["witnesses"] as? [[String: Any]])?.first
        }

        /// Waits for at most twenty seconds.
        private func wait(until holds: () throws -> Bool) throws {
            let began = Date()
            while try !holds(), Date().timeIntervalSince(began) < 20 { usleep(100_000) }
            #expect(try holds())
        }

        private func ask(_ vault: GuardedVault) throws {
            let asked = try vault.ask("request", "margaret", "--purpose", "PATRQT", as: "margaret")
            #expect(asked.status == 0, "\(asked.all)")
        }

        private func cosignedSize(_ vault: GuardedVault) throws -> Int {
            let path = vault.scratch.path("demo.cosigned")
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            return try #require(Int(lines[1]))
        }

        @Test(.timeLimit(.minutes(3)))
        func `a serving Guard has its log cosigned again and again, and once more when it ends`()
            throws
        {
            let (vault, witness, key) = try witnessed()
            #expect(try vault.serve("--cosign-every", "1", passphrase: true) == nil)
            let before = try cosignedSize(vault)
            try ask(vault)
            try wait { try cosignedSize(vault) > before }
            let told = try #require(try standing(vault))
            #expect(told["witness"] as? String == "witness.example/1" && told["failure"] is NSNull)

            // A witness that is down holds nothing up, and is told.
            witness.stop()
            try wait { try standing(vault)?["failure"] as? String == "it cannot be reached" }
            let began = Date()
            try ask(vault)
            #expect(Date().timeIntervalSince(began) < 10)
            let text = try vault.tool("guard", "status", "--socket", vault.socket)
            #expect(text.out.contains("it cannot be reached"), "\(text.all)")

            try witness.restart()
            try wait { try standing(vault)?["failure"] is NSNull }
            let ended = vault.end()
            #expect(ended?.status == 0, "\(ended?.all ?? "")")
            let words = ended?.err ?? ""
            #expect(words.components(separatedBy: "does not cosign").count == 2, "\(words)")
            #expect(words.contains("cosigns again"))
            // The last word of the log is cosigned too, and the file says so to anybody.
            let checkpoint = vault.scratch.path("demo.checkpoint")
            let lines = try String(contentsOfFile: checkpoint, encoding: .utf8).split(
                separator: "\n"
            )
            #expect(try cosignedSize(vault) == Int(lines[1]))
            let checked = try vault.tool("audit", "check", "demo.cosigned", "--key", key)
            #expect(checked.status == 0, "\(checked.all)")
        }

        @Test(.timeLimit(.minutes(3)))
        func `a witness that has seen another log ends the Guard, and nothing more is written`()
            throws
        {
            let (vault, witness, _) = try witnessed()
            // Another Guard of the same vault, on a copy, goes its own way before the witness.
            for name in ["demo", "demo.checkpoint", "demo.witnesses"] {
                try FileManager.default.copyItem(
                    atPath: vault.scratch.path(name),
                    toPath: vault.scratch.path(name.replacing("demo", with: "other"))
                )
            }
            var other = vault.tool
            other.environment["PATIENTVAULT_HOME"] = "other"
            let made = try other(
                "request",
                "margaret",
                "--purpose",
                "PATRQT",
                "--as",
                DemoVault.key("margaret")
            )
            #expect(made.status == 0, "\(made.all)")
            #expect(try other("audit", "cosign").status == 0)
            // It starts while the witness is down, and cannot know.
            witness.stop()
            #expect(try vault.serve("--cosign-every", "1", passphrase: true) == nil)
            for _ in 0..<4 { try ask(vault) }
            let running = try #require(vault.serving)
            try witness.restart()
            try wait { !running.process.isRunning }
            let ended = running.finish()
            #expect(ended.status == 4, "\(ended.all)")
            #expect(ended.err.contains("error: a witness has cosigned another log"), "\(ended.err)")
            let asked = try vault.ask("request", "margaret", "--purpose", "PATRQT", as: "margaret")
            #expect(asked.status == 69)
            // Nor does it start again.
            #expect(try vault.serve(passphrase: true)?.status == 4)
        }
    }
}
