import Foundation
import Testing

/// A real witness, `audit witness serve`, that cosigns for one vault.
final class WitnessProcess {
    let line: String
    private let tool: Tool
    private let folder: String
    private let port: Int
    private var running: Tool.Running?

    /// Starts it and names it in the vault's `.witnesses` file.
    init(of tool: Tool, trusting key: String, for vault: String, in scratch: Scratch) throws {
        self.tool = tool
        folder = "witness"
        port = Int.random(in: 20_000..<60_000)
        let running = try Self.start(tool, folder, port, trusting: [key])
        self.running = running
        var text: String?
        for _ in 0..<1_000 where text == nil {
            text = try? String(
                contentsOfFile: scratch.path("witness/witness.pub"),
                encoding: .utf8
            )
            usleep(10_000)
        }
        line = try #require(text).trimmingCharacters(in: .newlines) + " http://127.0.0.1:\(port)"
        try scratch.write("\(vault).witnesses", line + "\n")
    }

    deinit { running?.process.terminate() }

    private static func start(
        _ tool: Tool,
        _ folder: String,
        _ port: Int,
        trusting keys: [String]
    ) throws -> Tool.Running {
        let running = try tool.start(
            [
                "audit", "witness", "serve", folder, "--name", "witness.example/1", "--listen",
                "127.0.0.1:\(port)",
            ] + keys.flatMap { ["--log", $0] }
        )
        running.closeInput()
        return running
    }

    func stop() {
        running?.process.terminate()
        running?.process.waitUntilExit()
        running = nil
    }

    /// Starts it again, trusting a further log.
    func restart(trusting keys: [String] = []) throws {
        stop()
        running = try Self.start(tool, folder, port, trusting: keys)
    }

    /// Has the newest checkpoint cosigned; it may take a moment until the witness listens.
    func cosign() throws -> Tool.Run {
        var run = try tool("audit", "cosign", "--json")
        for _ in 0..<200 where run.status == 69 {
            usleep(20_000)
            run = try tool("audit", "cosign", "--json")
        }
        return run
    }
}
