import Foundation
import Testing

/// What a Guard's process asks its witnesses before it answers anybody.
@Suite(.serialized) struct GuardWitnessTests {
    private let names = ["demo", "demo.checkpoint", "demo.cosigned"]

    private func move(_ vault: GuardedVault, copy: Bool) throws {
        for name in names {
            let (live, kept) = (vault.scratch.path(name), vault.scratch.path("old-\(name)"))
            if copy {
                try FileManager.default.copyItem(atPath: live, toPath: kept)
            } else {
                try FileManager.default.removeItem(atPath: live)
                try FileManager.default.moveItem(atPath: kept, toPath: live)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a log that is shorter than its witness knows is not served, an unreachable one is named`()
        throws
    {
        let vault = try GuardedVault()
        let key = try #require(
            try vault.tool("keys", "status", "--json").object["publicKey"] as? String
        )
        let port = Int.random(in: 20_000..<60_000)
        let witness = try vault.tool.start([
            "audit", "witness", "serve", "w", "--name", "witness.example/1", "--log", key,
            "--listen", "127.0.0.1:\(port)",
        ])
        defer { witness.process.terminate() }
        var cosigner: String?
        for _ in 0..<1_000 where cosigner == nil {
            cosigner = try? String(
                contentsOfFile: vault.scratch.path("w/witness.pub"),
                encoding: .utf8
            )
            usleep(10_000)
        }
        let line = try #require(cosigner).trimmingCharacters(in: .newlines)
        try vault.scratch.write("demo.witnesses", "\(line) http://127.0.0.1:\(port)\n")
        var run = try vault.tool("audit", "cosign")
        for _ in 0..<200 where run.status != 0 { run = try vault.tool("audit", "cosign") }
        #expect(run.status == 0, "\(run.all)")
        try move(vault, copy: true)

        // Entries of a Guard that serves; its next start has them cosigned.
        #expect(try vault.serve(passphrase: true) == nil)
        let asked = try vault.ask("request", "margaret", "--purpose", "PATRQT", as: "margaret")
        #expect(asked.status == 0)
        let cosigned = try vault.ask("audit", "cosign", "--json", as: "officer")
        #expect(cosigned.object["cosignatures"] as? Int == 1, "\(cosigned.all)")
        let ended = vault.end()
        #expect(ended?.status == 0 && ended?.err.contains("warning") == false)

        // The folder as it was, with all that lies beside it: only the witness knows better.
        try move(vault, copy: false)
        let refused = try vault.serve(passphrase: true)
        #expect(refused?.status == 4, "\(refused?.all ?? "served")")

        witness.process.terminate()
        witness.process.waitUntilExit()
        #expect(try vault.serve(passphrase: true) == nil)
        let without = vault.end()
        #expect(without?.err.contains("started without the witness witness.example/1") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a serving Guard leaves a checkpoint at least every ten seconds and when it ends`() throws
    {
        let vault = try GuardedVault()
        let path = vault.scratch.path("demo.checkpoint")
        func size() throws -> Int {
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            return try #require(Int(lines[1]))
        }
        #expect(try vault.serve(passphrase: true) == nil)
        let start = try size()
        func ask() throws {
            let asked = try vault.ask("request", "margaret", "--purpose", "PATRQT", as: "margaret")
            #expect(asked.status == 0, "\(asked.all)")
        }
        try ask()
        let began = Date()
        while try size() == start, Date().timeIntervalSince(began) < 12 { usleep(100_000) }
        #expect(try size() > start)
        #expect(Date().timeIntervalSince(began) < 10)
        try ask()
        let before = try size()
        #expect(vault.end()?.status == 0)
        #expect(try size() > before)
    }
}
