#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Keeps other processes from opening the same store; let go when released or when the process ends.
///
/// The file beside the store is empty and stays: deleting it would let two openers lock two files.
final class StoreLock: Sendable {
    private let descriptor: Int32
    /// Ten milliseconds each: half a second, then the store really is another's.
    private static let attemptLimit = 50

    init(path: String) throws(RecordsError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RecordsError(system: errno) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            attempts += 1
            // A process that was just forked holds a copy of our last descriptor until it starts its program.
            if reason == EWOULDBLOCK, attempts < Self.attemptLimit {
                usleep(10_000)
                continue
            }
            close(descriptor)
            throw reason == EWOULDBLOCK ? .inUse : RecordsError(system: reason)
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}

/// The few calls to the system that SQLite does not make for us.
enum Files {
    /// Creates an empty file that only its owner may read.
    static func createPrivately(_ path: String) throws(RecordsError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RecordsError(system: errno) }
        close(descriptor)
    }

    /// Makes a file's or folder's bytes and names durable.
    static func synchronize(_ path: String) throws(RecordsError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RecordsError(system: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw RecordsError(system: errno) }
    }

    /// The folder a file is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    static func remove(_ path: String) { unlink(path) }

    /// Bytes of a file; 0 where there is none.
    static func byteCount(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

extension RecordsError {
    /// Translates the system's `errno`.
    fileprivate init(system reason: Int32) {
        self =
            switch reason {
            case EEXIST: .alreadyExists
            case ENOENT, ENOTDIR: .missing
            case ENOSPC, EDQUOT: .diskFull
            case EACCES, EPERM, EROFS: .notWritable
            default: .storageFailed(code: reason)
            }
    }
}
