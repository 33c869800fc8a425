#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// One TCP connection with a deadline, closed when it goes.
struct Connection: ~Copyable {
    private let descriptor: Int32
    private let deadline: Int

    /// Takes over an open socket.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; ours from now on.
    ///   - seconds: How long all reading and writing may take together.
    init(descriptor: Int32, seconds: Int) {
        self.descriptor = descriptor
        deadline = Self.now() + seconds
        Self.limit(descriptor, seconds: seconds)
    }

    /// Bounds how long one call of the kernel waits, connecting included.
    private static func limit(_ descriptor: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                descriptor,
                SOL_SOCKET,
                option,
                &limit,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
    }

    /// Connects to a host; `nil` where nobody answers there.
    init?(host: String, port: String, seconds: Int) {
        let opened = Self.open(host: host, port: port) { descriptor, address, length in
            Self.limit(descriptor, seconds: seconds)
            return connect(descriptor, address, length) == 0
        }
        guard let socket = opened else { return nil }
        self.init(descriptor: socket, seconds: seconds)
    }

    deinit { _ = close(descriptor) }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// Opens a socket on the first address of a host on which `use` succeeds.
    static func open(
        host: String,
        port: String,
        isListening: Bool = false,
        _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = isListening ? AI_PASSIVE : 0
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next?.pointee {
            let descriptor = socket(
                address.ai_family,
                address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue),
                0
            )
            if descriptor >= 0, let name = address.ai_addr {
                if use(descriptor, UnsafePointer(name), address.ai_addrlen) { return descriptor }
                _ = close(descriptor)
            }
            next = address.ai_next
        }
        return nil
    }

    /// Reads one message; `nil` where it is none, too large, or does not come in time.
    borrowing func read() -> HTTPMessage.Parsed? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while Self.now() <= deadline {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            bytes += buffer[0..<count]
            switch HTTPMessage.parse(bytes, isAtEnd: count == 0) {
            case .complete(let message): return message
            case .malformed: return nil
            case .incomplete: continue
            }
        }
        return nil
    }

    /// Writes bytes; whether all went out.
    @discardableResult
    borrowing func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty, Self.now() <= deadline {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return rest.isEmpty
    }
}
