import Foundation
import Testing
import VaultTestSupport

/// Keys for life, backups, and witnesses, by the real program.
extension CommandLineTests {
    private func filled() throws -> PlainVault {
        let plain = try PlainVault()
        for id in ["p", "q"] {
            try plain.scratch.write("\(id).json", Self.patientFile(id: id, canary: "Canary\(id)"))
        }
        let taken = try plain.tool("import", "p.json", "q.json")
        guard taken.status == 0 else { throw PlainVault.Failed(run: taken.all) }
        return plain
    }

    private func isClean(_ tool: Tool) throws -> Bool {
        let run = try tool("verify", "--json")
        let isClean = run.status == 0 && run.object["ok"] as? Bool == true
        if !isClean { Issue.record("\(run.all)") }
        return isClean
    }

    private func erase(_ id: String, _ plain: PlainVault) throws -> Tool.Run {
        for (name, kind) in [("one", "privacy-officer"), ("two", "security-officer")] {
            let made = try plain.tool(
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
            guard made.status == 0 else { throw PlainVault.Failed(run: made.all) }
        }
        return try plain.tool(
            "erase",
            id,
            "--reason",
            "asked",
            "--basis",
            "GDPR 17(1)(b)",
            "--as",
            "one.key",
            "--second",
            "two.key",
            "--json"
        )
    }

    @Test func `every key is replaced, and the vault opens and verifies as before`() throws {
        let plain = try filled()
        #expect(try plain.tool("audit", "checkpoint", "--out", "before").status == 0)
        let before = try plain.tool("keys", "status", "--json").object["publicKey"] as? String
        let run = try plain.tool("keys", "rotate", "--json")
        #expect(run.status == 0, "\(run.all)")
        #expect(
            Set(run.object.keys) == [
                "ok", "shards", "wrapping", "audit", "state", "index", "log", "root",
            ]
        )
        let patient = try plain.tool("keys", "rotate", "patient", "--patient", "p", "--json")
        #expect(patient.status == 0, "\(patient.all)")
        #expect(try isClean(plain.tool))
        let after = try plain.tool("keys", "status", "--json").object["publicKey"] as? String
        #expect(before != after)
        // Found by the new index, and a checkpoint of the old key still binds the log.
        let doctor = try plain.clinician()
        let found = try plain.tool(
            "request",
            "urn:mrn|MRNCanaryp",
            "--purpose",
            "TREAT",
            "--as",
            doctor
        )
        #expect(found.status == 0, "\(found.all)")
        #expect(try plain.tool("audit", "verify", "--checkpoint", "before").status == 0)
    }

    @Test func `a new passphrase opens the vault, the old one no more`() throws {
        let plain = try filled()
        try plain.scratch.write("next", "another passphrase\n")
        let run = try plain.tool("keys", "rotate", "root", "--new-passphrase-file", "next")
        #expect(run.status == 0, "\(run.all)")
        #expect(try plain.tool("status").status == 77)
        var tool = plain.tool
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "next"
        #expect(try isClean(tool))
    }

    @Test func `a root rotation that was cut off is finished or undone by the next start`() throws {
        let plain = try filled()
        let folder = plain.scratch.url.appending(path: "v")
        let old = try Data(contentsOf: folder.appending(path: "root.key"))
        let sums = try Data(contentsOf: folder.appending(path: "files.sum"))
        #expect(try plain.tool("keys", "rotate", "root").status == 0)
        let new = try Data(contentsOf: folder.appending(path: "root.key"))
        // As after the Guard's commit: the old file in place, the new one beside it.
        try old.write(to: folder.appending(path: "root.key"))
        try sums.write(to: folder.appending(path: "files.sum"))
        try new.write(to: folder.appending(path: "root.key.next"))
        #expect(try isClean(plain.tool))
        #expect(try Data(contentsOf: folder.appending(path: "root.key")) == new)
        // As before it: a next file that opens nothing.
        try old.write(to: folder.appending(path: "root.key.next"))
        #expect(try isClean(plain.tool))
        #expect(
            !FileManager.default.fileExists(atPath: folder.appending(path: "root.key.next").path)
        )
    }

    @Test func `a backup restores to a vault that verifies and gives the same record`() throws {
        let plain = try filled()
        let doctor = try plain.clinician()
        let made = try plain.tool("backup", "b", "--json")
        #expect(made.status == 0, "\(made.all)")
        let bytes = try Data(contentsOf: plain.scratch.url.appending(path: "b"))
        #expect(bytes.range(of: Data("Canary".utf8)) == nil)
        let restored = try plain.tool(
            "restore",
            "b",
            "--vault",
            "w",
            "--custody",
            "v.custody",
            "--json"
        )
        #expect(restored.status == 0, "\(restored.all)")
        var tool = plain.tool
        tool.environment["PATIENTVAULT_HOME"] = "w"
        let record = try tool("request", "p", "--purpose", "TREAT", "--as", doctor, "--json")
        #expect(record.status == 0 && record.out.contains("NoteCanaryp"), "\(record.all)")
        let list = try tool("audit", "list", "--json").json as? [[String: Any]] ?? []
        #expect(list.contains { $0["action"] as? String == "restore" })
        #expect(try plain.tool("restore", "b", "--vault", "w").status == 73)
    }

    @Test func `a damaged backup, or one without its keys, restores nothing`() throws {
        let plain = try filled()
        #expect(try plain.tool("backup", "b").status == 0)
        let good = try Data(contentsOf: plain.scratch.url.appending(path: "b"))
        for place in [40, good.count / 3, good.count / 2, good.count - 5] {
            var bad = good
            bad[place] ^= 4
            try bad.write(to: plain.scratch.url.appending(path: "bad"))
            let run = try plain.tool("restore", "bad", "--vault", "w", "--custody", "v.custody")
            #expect(run.status != 0 && run.isOneComplaint, "\(place): \(run.all)")
            #expect(!FileManager.default.fileExists(atPath: plain.scratch.path("w")))
        }
        try good.dropLast(100).write(to: plain.scratch.url.appending(path: "cut"))
        #expect(
            try plain.tool("restore", "cut", "--vault", "w", "--custody", "v.custody").status == 4
        )
        let missing = try plain.tool("restore", "b", "--vault", "w", "--custody", "nowhere")
        #expect(missing.status == 66 && missing.isOneComplaint, "\(missing.all)")
    }

    @Test func `an erased patient stays erased after an older backup is restored`() throws {
        let plain = try filled()
        #expect(try plain.tool("backup", "old").status == 0)
        let oldKey = plain.scratch.url.appending(path: "v.custody/keys-1.custody")
        #expect(FileManager.default.fileExists(atPath: oldKey.path))
        let kept = try Data(contentsOf: oldKey)
        let erased = try erase("p", plain)
        #expect(erased.status == 0, "\(erased.all)")
        let certificate = erased.object["certificate"] as? [String: Any]
        let backup = certificate?["keyBackup"] as? [String: Any]
        #expect(backup?["keysDestroyedHere"] as? Int == 1 && backup?["generation"] as? Int == 2)
        #expect(!FileManager.default.fileExists(atPath: oldKey.path))
        #expect(try plain.tool("backup", "new").status == 0)
        // Old ciphertext, newest Guard and keys: the rows come back, the key does not.
        let mixed = try plain.tool(
            "restore",
            "new",
            "--records",
            "old",
            "--vault",
            "w",
            "--custody",
            "v.custody",
            "--json"
        )
        #expect(mixed.status == 0, "\(mixed.all)")
        // Even with the old keys' part and its key, kept against procedure, the log's erasure stands.
        try kept.write(to: oldKey)
        let worst = try plain.tool(
            "restore",
            "new",
            "--records",
            "old",
            "--keys",
            "old",
            "--vault",
            "x",
            "--custody",
            "v.custody",
            "--json"
        )
        #expect((worst.object["keysWithheld"] as? Int ?? 0) >= 1, "\(worst.all)")
        for home in ["w", "x"] {
            var tool = plain.tool
            tool.environment["PATIENTVAULT_HOME"] = home
            let doctor = try plain.clinician("doctor-\(home)")
            let run = try tool("request", "p", "--purpose", "TREAT", "--as", doctor, "--json")
            #expect(!run.out.contains("NoteCanaryp"), "\(home)")
        }
    }

    @Test func `a witness cosigns, and a log that was set back is told so`() throws {
        let plain = try filled()
        let key = try #require(
            try plain.tool("keys", "status", "--json").object["publicKey"] as? String
        )
        let port = Int.random(in: 20_000..<60_000)
        let serving = try plain.tool.start([
            "audit", "witness", "serve", "w", "--name", "witness.example/1", "--log", key,
            "--listen", "127.0.0.1:\(port)",
        ])
        defer { serving.process.terminate() }
        var public_: String?
        for _ in 0..<1_000 where public_ == nil {
            let json = try? Data(contentsOf: plain.scratch.url.appending(path: "w/witness.pub"))
            public_ = json.map { String(decoding: $0, as: UTF8.self) }
            usleep(10_000)
        }
        let witness = try #require(public_).trimmingCharacters(in: .newlines)
        try plain.scratch.write("v.witnesses", "\(witness) http://127.0.0.1:\(port)\n")
        var run = try plain.tool("audit", "cosign", "--json")
        for _ in 0..<200 where run.status != 0 { run = try plain.tool("audit", "cosign", "--json") }
        #expect(run.status == 0 && run.object["cosignatures"] as? Int == 1, "\(run.all)")
        // A proof under the cosigned checkpoint is what the verifier demands.
        let checked = try plain.tool("audit", "check", "v.cosigned", "--key", key)
        #expect(checked.status == 0, "\(checked.all)")
        // The folder as it was, with all that lies beside it: only the witness knows better.
        for name in ["v", "v.checkpoint", "v.cosigned"] {
            try FileManager.default.copyItem(
                atPath: plain.scratch.path(name),
                toPath: plain.scratch.path("old-\(name)")
            )
        }
        try plain.scratch.write("r.json", Self.patientFile(id: "r"))
        #expect(try plain.tool("import", "r.json").status == 0)
        #expect(try plain.tool("audit", "cosign").status == 0)
        for name in ["v", "v.checkpoint", "v.cosigned"] {
            try FileManager.default.removeItem(atPath: plain.scratch.path(name))
            try FileManager.default.moveItem(
                atPath: plain.scratch.path("old-\(name)"),
                toPath: plain.scratch.path(name)
            )
        }
        let told = try plain.tool("audit", "cosign")
        #expect(told.status == 4 && told.isOneComplaint, "\(told.all)")
    }

    @Test func `a list, a calm window and kept checkpoints are proved to an outsider`() throws {
        let plain = try filled()
        let key = try #require(
            try plain.tool("keys", "status", "--json").object["publicKey"] as? String
        )
        #expect(try plain.tool("audit", "checkpoint", "--out", "one").status == 0)
        let from = ISO8601DateFormatter().string(from: Date().addingTimeInterval(1))
        usleep(2_500_000)
        let until = ISO8601DateFormatter().string(from: Date())
        #expect(try plain.tool("audit", "list", "--json").status == 0)
        #expect(try plain.tool("audit", "prove", "--patient", "p", "--out", "list").status == 0)
        let calm = try plain.tool(
            "audit",
            "prove",
            "--patient",
            "q",
            "--from",
            from,
            "--until",
            until,
            "--out",
            "calm"
        )
        #expect(calm.status == 0, "\(calm.all)")
        #expect(
            try plain.tool("audit", "prove", "--checkpoint", "one", "--out", "chain").status == 0
        )
        for file in ["list", "calm", "chain"] {
            let run = try plain.tool("audit", "check", file, "--key", key)
            #expect(run.status == 0, "\(file): \(run.all)")
        }
        let vague = try plain.tool("audit", "prove", "--out", "x")
        #expect(vague.status == 64 && vague.isOneComplaint, "\(vague.all)")
    }
}
