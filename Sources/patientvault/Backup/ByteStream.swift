#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// An open file that is read or written from front to back; closed when it goes.
final class ByteStream {
    private let descriptor: Int32
    private let path: String

    /// Opens a file for reading.
    init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Complaint.missing(file: path) }
    }

    /// Creates a file that must not exist yet; mode 0600.
    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Complaint.cannotCreate(path, code: errno) }
    }

    deinit { _ = close(descriptor) }

    /// Reads up to `count` bytes; fewer only at the end.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, count - filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Complaint.unreadable(file: path) }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Complaint.notWritten(path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until everything written is on disk.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw Complaint.notWritten(path) }
        Files.syncFolder(of: path)
    }

    /// A file's size in bytes.
    static func size(of path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Complaint.missing(file: path) }
        return Int(status.st_size)
    }
}
