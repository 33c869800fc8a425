import Foundation
import Testing

extension CommandLineTests {
    @Test(.timeLimit(.minutes(2)))
    func `preserving has the log's head cosigned, and names each witness that did not`() throws {
        let (tool, scratch) = try DemoVault.copy()
        let key = try #require(
            try tool("keys", "status", "--json").object["publicKey"] as? String
        )
        let port = Int.random(in: 20_000..<60_000)
        let witness = try tool.start([
            "audit", "witness", "serve", "w", "--name", "witness.example/1", "--log", key,
            "--listen", "127.0.0.1:\(port)",
        ])
        defer { witness.process.terminate() }
        var cosigner: String?
        for _ in 0..<1_000 where cosigner == nil {
            cosigner = try? String(contentsOfFile: scratch.path("w/witness.pub"), encoding: .utf8)
            usleep(10_000)
        }
        let line = try #require(cosigner).trimmingCharacters(in: .newlines)
        try scratch.write("demo.witnesses", "\(line) http://127.0.0.1:\(port)\n")
        for _ in 0..<200 where try tool("audit", "cosign").status != 0 { usleep(10_000) }

        func preserve(_ id: String) throws -> Tool.Run {
            let officer = DemoVault.key("officer")
            let steps = [
                ["report", "--summary", "a letter went to another address"],
                [
                    "triage", "--with", "reason=credible", "--with", "severity=low", "--with",
                    "dataKinds=[\"medical\"]", "--with", "estimate=1", "--with", "lane=fast",
                ],
            ]
            for step in steps {
                let run = try tool.run(
                    ["breach", step[0], "--incident", id, "--as", officer] + step.dropFirst()
                )
                #expect(run.status == 0, "\(run.all)")
            }
            return try tool.run([
                "breach", "preserve", "--incident", id, "--as", officer, "--second",
                DemoVault.key("officer-2"),
            ])
        }
        let anchored = try preserve("fast-1")
        #expect(anchored.status == 0, "\(anchored.all)")
        #expect(anchored.out.contains("cosigned by 1 of 1 witnesses"), "\(anchored.all)")
        #expect(!anchored.out.contains("gap:"))

        witness.process.terminate()
        witness.process.waitUntilExit()
        let alone = try preserve("fast-2")
        #expect(alone.status == 0 && alone.out.contains("cosigned by 0 of 1"), "\(alone.all)")
        #expect(alone.out.contains("gap: witness witness.example/1: it cannot be reached"))

        try FileManager.default.removeItem(atPath: scratch.path("demo.witnesses"))
        let unnamed = try preserve("fast-3")
        #expect(unnamed.out.contains("gap: no witness is named"), "\(unnamed.all)")
    }
}
