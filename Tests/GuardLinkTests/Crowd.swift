import Foundation
import Testing

/// Many connections held by a second process: one process could not hold both ends of ten thousand.
final class Crowd {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest: [UInt8] = []

    /// Opens connections one after the other and asks on all of them, once all are open.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - socket: The Guard's.
    ///   - message: What each sends, frame and all.
    /// - Throws: What the system says where there is no such program.
    init(_ count: Int, at socket: String, asking message: [UInt8]) throws {
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let hexadecimal = message.map { String(format: "%02x", $0) }.joined()
        process.arguments = ["-c", Self.script, socket, String(count), hexadecimal]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// The next number that the process says: connections opened, then connections answered.
    ///
    /// - Returns: The number.
    /// - Throws: Where the process ended before it said one.
    func next() throws -> Int {
        while !rest.contains(10) {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the crowd ended")
            rest += more
        }
        let line = rest.prefix { $0 != 10 }
        rest.removeFirst(line.count + 1)
        return try #require(Int(String(decoding: line, as: UTF8.self)))
    }

    /// Ends all connections at once.
    func leave() {
        // A child may have inherited a mask that blocks SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static let script = """
        import resource, socket, sys
        path, count, message = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        peers = []
        for _ in range(count):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(path)
            peer.settimeout(60)
            peers.append(peer)
        print(len(peers), flush=True)
        for peer in peers: peer.sendall(message)
        print(sum(1 for peer in peers if peer.recv(65536)), flush=True)
        sys.stdin.read()
        """
}
