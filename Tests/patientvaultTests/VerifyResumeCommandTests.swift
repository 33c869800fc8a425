import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    /// `verify` that was killed, and goes on.
    @Suite(.serialized) struct VerifyResumeCommandTests {
        @Test(.timeLimit(.minutes(3)))
        func `a verification that was killed goes on with --resume, and says so`() throws {
            let (tool, scratch) = try DemoVault.copy()
            let file = scratch.path("demo/verify.progress")
            var isStopped = false
            for _ in 0..<30 where !isStopped {
                let running = try tool.start(["verify", "--json"])
                running.closeInput()
                while running.process.isRunning, !isStopped {
                    isStopped = FileManager.default.fileExists(atPath: file)
                }
                kill(running.process.processIdentifier, SIGKILL)
                _ = running.finish()
                isStopped = FileManager.default.fileExists(atPath: file)
            }
            try #require(isStopped)
            let kept = try Data(contentsOf: URL(filePath: file))
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let resumed = try tool("verify", "--resume", "--json")
            #expect(resumed.status == 0, "\(resumed.all)")
            #expect(resumed.err.contains("taken up at entry"), "\(resumed.err)")
            #expect("\(resumed.object["notes"] ?? "")".contains("was not looked at again"))
            #expect(!FileManager.default.fileExists(atPath: file))

            let none = try tool("verify", "--resume")
            #expect(none.status == 0 && none.err.contains("no verification"), "\(none.all)")
            var altered = kept
            altered[altered.count - 3] ^= 8
            try altered.write(to: URL(filePath: file))
            let over = try tool("verify", "--resume")
            #expect(over.status == 0 && over.err.contains("from the beginning: the progress"))
            // Without --resume everything is looked at, whatever lies there.
            try kept.write(to: URL(filePath: file))
            let plain = try tool("verify")
            #expect(plain.status == 0 && !plain.err.contains("taken up"), "\(plain.all)")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
