import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    /// Keys are kept only where memory can be locked.
    struct MemoryLockTests {
        /// Runs the program as a user who may lock so many KiB; root itself may always lock.
        private func run(
            _ tool: Tool,
            locking limit: Int,
            _ arguments: [String]
        ) throws -> Tool.Run {
            let user = geteuid() == 0 ? "65534" : "\(geteuid())"
            let running = try Tool.Running(
                [
                    "-c",
                    "ulimit -l \(limit) && exec setpriv --reuid=\"$0\" --bounding-set=-all \"$@\"",
                    user, Tool.program.path,
                ] + arguments,
                in: tool.folder,
                environment: tool.environment,
                program: URL(filePath: "/bin/bash")
            )
            running.closeInput()
            return running.finish()
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
        func `where memory cannot be locked no key is made, and nothing is left`() throws {
            // With 12 KiB the passphrase has room, and the keys' 16 KiB have not.
            for limit in [0, 12] { try refuses(locking: limit) }
        }

        private func refuses(locking limit: Int) throws {
            let scratch = try Scratch()
            var tool = Tool(in: scratch.url)
            try scratch.write("pass", "a passphrase for tests\n")
            tool.environment["PATIENTVAULT_HOME"] = "v"
            tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "pass"
            if geteuid() == 0 {
                for path in [scratch.url.path, scratch.path("pass")] {
                    #expect(chown(path, 65_534, 65_534) == 0)
                }
            }
            let run = try run(tool, locking: limit, ["init"])
            #expect(run.status == 69 && run.err.contains("could not be locked"), "\(run.all)")
            #expect(!FileManager.default.fileExists(atPath: scratch.path("v")))
        }
    }
}
