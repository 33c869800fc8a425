#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A value behind a lock on which threads can wait for one another.
///
/// `Synchronization.Mutex` has no condition; group commit needs one.
final class Monitor<Value>: @unchecked Sendable {
    // SAFETY: the value is touched only between lock and unlock; mutex and condition are made in `init`,
    // stay at their addresses, and end in `deinit`, when no thread can wait any more.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs alone.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Runs alone, as often as others wake this thread, until it gives something.
    func wait<Result>(until body: (inout Value) throws -> Result?) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Wakes every waiting thread.
    func wakeAll() { pthread_cond_broadcast(condition) }
}
