#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Holds a folder for one process by `flock` on a file of its own; the kernel lets go when we die.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock without waiting.
    ///
    /// - Parameter path: The lock file; created when missing, mode 0600.
    /// - Throws: ``StorageFailure/inUse`` where another process holds it, ``StorageFailure/readOnly``
    ///   where it cannot be opened.
    init(path: String) throws(StorageFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .readOnly }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            _ = close(descriptor)
            throw .inUse
        }
    }

    deinit { _ = close(descriptor) }
}
