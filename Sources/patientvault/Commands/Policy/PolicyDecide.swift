internal import ArgumentParser
internal import Consent
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

struct PolicyDecide: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Decides without a vault: one JSON object a line in, one a line out."
    )

    @Argument(help: "JSON lines; `-` is stdin.") var file = "-"
    @Option(help: ArgumentHelp("The rules; default the shipped ones.", valueName: "dir"))
    var policies: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
        let folder = try policies.map(PolicyFolder.init) ?? PolicyFolder.shipped()
        let hasLabels = Files.exists(folder.path + "/labels/labels.yaml")
        let tables =
            try hasLabels ? folder.labels(all: true) : PolicyFolder.shipped().labels(all: true)
        var decider = PolicyDecideLine(policies: try folder.rules(), labels: tables)
        let lines = try LineReader(file)
        let terminal = output.terminal
        var answers: [UInt8] = []
        while let line = try lines.next() {
            if line.allSatisfy({ $0 <= 0x20 }) { continue }
            answers += decider.decide(line)
            answers.append(0x0A)
            // A program at the other end of a pipe waits for its answer; a file does not.
            if lines.isInteractive || answers.count > 1 << 16 {
                terminal.emit(answers)
                answers.removeAll(keepingCapacity: true)
            }
        }
        terminal.emit(answers)
    }
}

/// Lines of a file or of stdin as they come, without their line feeds.
final class LineReader {
    /// Longest line: 64 MiB, as for a record.
    private static let maximumByteCount = Limits.maximumRecordByteCount

    /// Whether no more input is waiting right now.
    var isInteractive: Bool {
        guard start == buffer.count || !buffer[start...].contains(0x0A) else { return false }
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, 0) == 0
    }

    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ path: String) throws {
        name = path
        guard path != "-" else {
            descriptor = STDIN_FILENO
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? Complaint.missing(file: path) : Complaint.unreadable(file: path)
        }
    }

    deinit { if descriptor != STDIN_FILENO { _ = close(descriptor) } }

    func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            buffer.removeSubrange(..<start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private func fill() throws {
        guard buffer.count <= Self.maximumByteCount else {
            throw Complaint.badInput("a line is longer than 64 MiB", hint: "one object a line")
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { return }
        guard count >= 0 else { throw Complaint.unreadable(file: name) }
        isAtEnd = count == 0
        buffer += chunk[0..<count]
    }
}
