import Foundation
import Synchronization
import VaultTestSupport

/// Runs the real binary; pipes are drained on threads, because a full pipe would stop the child.
struct Tool {
    struct Run {
        let status: Int32
        let out: String
        let err: String

        /// The one JSON value on stdout; `nil` where stdout is anything else.
        var json: Any? {
            try? JSONSerialization.jsonObject(with: Data(out.utf8), options: [.fragmentsAllowed])
        }

        var object: [String: Any] { json as? [String: Any] ?? [:] }
        var all: String { out + err }

        /// Whether stderr is exactly one `error:` and one `hint:` line.
        var isOneComplaint: Bool {
            let lines = err.split(separator: "\n")
            return lines.count == 2 && lines[0].hasPrefix("error: ")
                && lines[1].hasPrefix("hint: ")
        }
    }

    /// The repository's folder.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The program beside this test runner.
    static let program: URL = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let arguments = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let folders = [arguments, runner].map { $0.deletingLastPathComponent() }
        return folders.map { $0.appending(path: "patientvault") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
            ?? folders[0].appending(path: "patientvault")
    }()

    let folder: URL
    var environment: [String: String]
    /// Kept as long as the tool that works in it.
    var scratch: Scratch?

    init(in folder: URL) {
        self.folder = folder
        let root = Self.repository
        environment = [
            "PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "100",
            "PATIENTVAULT_POLICIES": root.appending(path: "Policies").path,
            "PATIENTVAULT_EXAMPLES": root.appending(path: "Examples").path,
            "PATIENTVAULT_EXAMPLE_KEYS": root.appending(path: "keys-example").path,
        ]
    }

    func callAsFunction(_ arguments: String..., input: String? = nil) throws -> Run {
        try run(arguments, input: input)
    }

    func run(_ arguments: [String], input: String? = nil) throws -> Run {
        let started = try start(arguments)
        if let input { try started.write(input) }
        started.closeInput()
        return started.finish()
    }

    /// A child that runs while the test goes on.
    func start(_ arguments: [String]) throws -> Running {
        try Running(arguments, in: folder, environment: environment)
    }

    final class Running {
        let process = Process()
        private let input = Pipe()
        private let out = Drain()
        private let err = Drain()

        init(
            _ arguments: [String],
            in folder: URL,
            environment: [String: String],
            program: URL = Tool.program
        ) throws {
            process.executableURL = program
            process.arguments = arguments
            process.currentDirectoryURL = folder
            process.environment = environment
            process.standardInput = input
            process.standardOutput = out.pipe
            process.standardError = err.pipe
            try process.run()
            out.start()
            err.start()
        }

        func write(_ text: String) throws {
            try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        }

        func closeInput() { try? input.fileHandleForWriting.close() }

        func finish() -> Run {
            let texts = (out.text(), err.text())
            process.waitUntilExit()
            return Run(status: process.terminationStatus, out: texts.0, err: texts.1)
        }
    }

    /// Reads one pipe to its end on a thread of its own.
    private final class Drain: Sendable {
        let pipe = Pipe()
        private let read = Mutex(Data())
        private let done = DispatchSemaphore(value: 0)

        func start() {
            Thread {
                let data = (try? self.pipe.fileHandleForReading.readToEnd()) ?? Data()
                self.read.withLock { $0 = data }
                self.done.signal()
            }.start()
        }

        func text() -> String {
            done.wait()
            return read.withLock { String(decoding: $0, as: UTF8.self) }
        }
    }
}
