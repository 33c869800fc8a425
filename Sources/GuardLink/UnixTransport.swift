#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
public import Guard
internal import Sealing
internal import Synchronization
internal import VaultCore

/// Connections to a Guard's Unix socket: one for each call that is under way, kept for the next.
///
/// A connection that broke is replaced, but a message that may have arrived is never sent twice: a decision
/// would be an entry twice.
public final class UnixTransport: GuardTransport {
    private let path: String
    private let limits: LinkLimits
    private let idle = Mutex<[Int32]>([])

    /// Looks whether somebody listens.
    ///
    /// - Parameters:
    ///   - path: The socket.
    ///   - limits: Bounds on answers.
    /// - Throws: ``LinkError/notReachable(address:)``.
    public init(path: String, limits: LinkLimits = LinkLimits()) throws {
        self.path = path
        self.limits = limits
        let first = try connect()
        idle.withLock { $0.append(first) }
    }

    deinit { close() }

    /// Sends a message and waits for its answer.
    ///
    /// - Parameter message: At most ``LinkLimits/messageByteCount`` bytes.
    /// - Returns: The answer.
    /// - Throws: ``LinkError``.
    public func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard message.count <= limits.messageByteCount else {
            throw LinkError.messageTooLong(byteCount: message.count)
        }
        let connection = try liveConnection()
        do {
            try send(FrameHeader.bytes(message.count), message, on: connection)
            let header = try receive(FrameHeader.byteCount, on: connection)
            guard let length = FrameHeader.length(header, limit: limits.answerByteCount) else {
                throw LinkError.malformedAnswer
            }
            let answer = try receive(length, on: connection)
            idle.withLock { $0.append(connection) }
            return answer
        } catch {
            _ = closeDescriptor(connection)
            throw error
        }
    }

    /// Ends the connections.
    public func close() {
        let open = idle.withLock { connections in
            defer { connections = [] }
            return connections
        }
        for connection in open { _ = closeDescriptor(connection) }
    }

    /// An idle connection that the other side has not closed meanwhile, or a new one.
    private func liveConnection() throws -> Int32 {
        while let connection = idle.withLock({ $0.popLast() }) {
            var byte: UInt8 = 0
            // Nothing is due on an idle connection: end or bytes mean that it is of no use any more.
            if recv(connection, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0,
                errno == EAGAIN
            {
                return connection
            }
            _ = closeDescriptor(connection)
        }
        return try connect()
    }

    private func connect() throws -> Int32 {
        let unreachable = LinkError.notReachable(address: path)
        guard var address = UnixAddress(path: path) else { throw unreachable }
        let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { throw unreachable }
        var timeout = timeval(tv_sec: Int(limits.answerSeconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                connection,
                SOL_SOCKET,
                option,
                &timeout,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
        while !address.connect(connection) {
            // A Guard that seals itself starts anew: for a moment nobody listens.
            guard errno == EINTR else {
                _ = closeDescriptor(connection)
                throw unreachable
            }
        }
        return connection
    }

    private func send(_ header: [UInt8], _ message: [UInt8], on connection: Int32) throws {
        // One write for both: a small message is one packet and one wake-up.
        var bytes = header + message
        defer { Wiping.wipe(&bytes) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    connection,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LinkError.interrupted }
            sent += count
        }
    }

    private func receive(_ count: Int, on connection: Int32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let more = bytes.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress?.advanced(by: received), count - received, 0)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { throw LinkError.interrupted }
            received += more
        }
        return bytes
    }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { Glibc.close(descriptor) }

/// A path as the socket calls want it.
struct UnixAddress {
    private var address = sockaddr_un()

    init?(path: String) {
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    mutating func connect(_ descriptor: Int32) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
