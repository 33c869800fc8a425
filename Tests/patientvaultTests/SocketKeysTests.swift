import Foundation
import Testing

extension CommandLineTests {
    /// Replacing keys, erasure and proofs through a running Guard's socket, by the real program.
    @Suite(.serialized) struct SocketKeysTests {
        private let vault: GuardedVault

        init() throws {
            vault = try GuardedVault()
            #expect(try vault.serve(passphrase: true) == nil)
        }

        private let admin = ["--as", "demo.admin.key"]

        private func ask(_ arguments: [String]) throws -> Tool.Run {
            var tool = vault.tool
            tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = nil
            tool.environment["PATIENTVAULT_GUARD"] = vault.socket
            return try tool.run(arguments)
        }

        private func expectClean() throws {
            #expect(vault.end()?.status == 0)
            let verified = try vault.tool("verify", "--json")
            #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
        }

        @Test(.timeLimit(.minutes(2)))
        func `shards' and patients' keys are replaced while the Guard serves`() throws {
            func record() throws -> String {
                let run = try vault.ask(
                    "request",
                    "margaret",
                    "--purpose",
                    "PATRQT",
                    "--json",
                    as: "margaret"
                )
                #expect(run.status == 0, "\(run.all)")
                return "\(run.object["released"] ?? "")"
            }
            let before = try record()
            let shards = try ask(["keys", "rotate", "shards", "--json"] + admin)
            #expect(shards.status == 0, "\(shards.all)")
            let rotate = ["keys", "rotate", "patient", "--patient", "margaret", "--json"]
            let patient = try ask(rotate + admin)
            #expect(patient.status == 0 && patient.object["ok"] as? Bool == true, "\(patient.all)")
            #expect(try record() == before)
            // The Guard itself decides who may.
            #expect(try ask(rotate + ["--as", DemoVault.key("okafor")]).status == 77)
            #expect(
                try ask(["keys", "rotate", "shards", "--as", DemoVault.key("okafor")]).status == 77
            )
            // What needs the root key is refused before anything is done.
            for part in ["root", "wrapping", "audit", "state", "index", "log"] {
                let refused = try ask(["keys", "rotate", part] + admin)
                #expect(refused.status == 69 && refused.isOneComplaint, "\(part): \(refused.all)")
            }
            try expectClean()
        }

        @Test(.timeLimit(.minutes(2)))
        func `checkpoints are chained and a calm window is proved through the socket`() throws {
            let officer = ["--as", DemoVault.key("officer")]
            let key = try #require(
                try ask(["audit", "checkpoint", "--out", "first", "--json"] + officer).object[
                    "publicKey"
                ] as? String
            )
            #expect(try ask(["find", "--name", "x"] + officer).status == 0)
            let chain = try ask(
                ["audit", "prove", "--checkpoint", "first", "--out", "chain"] + officer
            )
            #expect(chain.status == 0, "\(chain.all)")
            #expect(try vault.tool("audit", "check", "chain", "--key", key).status == 0)
            let window = [
                "audit", "prove", "--patient", "margaret", "--from", "2019-01-01", "--until",
                "2019-01-02", "--out", "calm",
            ]
            // Before the log began nothing can be shown; the answer is the Guard's, not the wire's.
            #expect(try ask(window + officer).status == 65)
            #expect(try ask(window + ["--as", DemoVault.key("okafor")]).status == 77)
            try expectClean()
        }

        @Test(.timeLimit(.minutes(2)))
        func `two persons erase through the socket, and the key backup goes on to its next key`()
            throws
        {
            let plain = try PlainVault()
            try plain.scratch.write("p.json", CommandLineTests.patientFile(id: "p"))
            #expect(try plain.tool("import", "p.json").status == 0)
            for (name, kind) in [
                ("one", "privacy-officer"), ("two", "privacy-officer"),
                ("three", "security-officer"),
            ] {
                let made = try plain.tool.run([
                    "principal", "new", "--kind", kind, "--id", name, "--name", name, "--out",
                    "\(name).key",
                ])
                #expect(made.status == 0, "\(made.all)")
            }
            let doctor = try plain.clinician()
            // The backup's custodians, made while the Guard is in the command's process.
            #expect(try plain.tool("backup", "b").status == 0)
            let vault = GuardedVault(plain)
            #expect(try vault.serve(passphrase: true) == nil)
            func request() throws -> Int32 {
                try vault.ask("request", "p", "--purpose", "TREAT", "--as", doctor).status
            }
            func erase(_ second: String) throws -> Tool.Run {
                try vault.ask(
                    "erase",
                    "p",
                    "--reason",
                    "asked",
                    "--basis",
                    "GDPR 17(1)(b)",
                    "--json",
                    "--as",
                    "one.key",
                    "--second",
                    second
                )
            }
            // Neither of two privacy officers may name a custody key: nothing is erased.
            let none = try erase("two.key")
            #expect(none.status == 77 && none.all.contains("erase.noKeeper"), "\(none.all)")
            #expect(try erase("one.key").status == 77)
            #expect(try request() == 0)
            let erased = try erase("three.key")
            #expect(erased.status == 0, "\(erased.all)")
            let certificate = erased.object["certificate"] as? [String: Any]
            let backup = certificate?["keyBackup"] as? [String: Any]
            #expect(backup?["generation"] as? Int == 2 && backup?["keysDestroyedHere"] as? Int == 1)
            #expect(try request() == 3)
            #expect(vault.end()?.status == 0)
            let verified = try plain.tool("verify", "--json")
            #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
        }
    }
}
