#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Synchronization

/// Holds a folder for one process by `flock` on a file of its own; the kernel lets go when we die.
final class FolderLock: Sendable {
    /// Negative once it was given back.
    private let descriptor: Mutex<Int32>

    /// Ten milliseconds each: half a second, then the folder really is another's.
    private static let attemptLimit = 50

    /// Takes the lock; waits half a second at most.
    ///
    /// - Parameter path: The lock file; created when missing, mode 0600.
    /// - Throws: ``StorageFailure/inUse`` where another process holds it, ``StorageFailure/readOnly``
    ///   where it cannot be opened.
    init(path: String) throws(StorageFailure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .readOnly }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            attempts += 1
            // A process that was just forked holds a copy of our last descriptor until it starts its program.
            guard errno == EWOULDBLOCK, attempts < Self.attemptLimit else {
                _ = close(descriptor)
                throw .inUse
            }
            usleep(10_000)
        }
        self.descriptor = Mutex(descriptor)
    }

    /// Lets the next one in; whoever held it has closed its files.
    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = close(descriptor) }
            descriptor = -1
        }
    }

    deinit { release() }
}

/// How large a file is.
enum FileSize {
    /// Bytes of a file; 0 where there is none.
    static func bytes(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
