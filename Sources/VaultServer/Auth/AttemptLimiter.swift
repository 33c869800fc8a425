internal import Synchronization
internal import VaultCore

/// Slows down whoever tries assertions that do not hold: at most 30 a minute for each address.
final class AttemptLimiter: Sendable {
    private struct Window {
        var start: Instant
        var failures: Int
    }

    static let limit = 30
    private let windows = Mutex<[String: Window]>([:])

    /// Whether an address may try now.
    func mayTry(_ address: String?, now: Instant) -> Bool {
        windows.withLock { windows in
            guard let window = windows[address ?? ""] else { return true }
            if now.microseconds - window.start.microseconds > 60_000_000 {
                windows[address ?? ""] = nil
                return true
            }
            return window.failures < Self.limit
        }
    }

    func noteFailure(_ address: String?, now: Instant) {
        windows.withLock { windows in
            if windows.count > 10_000 { windows = [:] }
            var window = windows[address ?? ""] ?? Window(start: now, failures: 0)
            window.failures += 1
            windows[address ?? ""] = window
        }
    }
}
