internal import Synchronization
internal import VaultCore

/// Slows down whoever tries assertions that do not hold: at most 30 a minute for each address, of IPv6 for each /64.
final class AttemptLimiter: Sendable {
    private struct Window {
        var end: Instant
        var failures: Int
    }

    static let limit = 30
    /// Most addresses that are remembered.
    static let addressLimit = 10_000
    private static let length: Duration = .seconds(60)
    private let windows = Mutex(ExpiringTable<AddressGroup, Window>(limit: addressLimit))

    /// Whether an address may try now.
    func mayTry(_ address: String?, now: Instant) -> Bool {
        guard let window = windows.withLock({ $0[AddressGroup(address)] }), window.end > now else {
            return true
        }
        return window.failures < Self.limit
    }

    func noteFailure(_ address: String?, now: Instant) {
        let group = AddressGroup(address)
        windows.withLock { windows in
            var window = Window(end: now.advanced(by: Self.length), failures: 0)
            if let known = windows[group], known.end > now { window = known }
            window.failures += 1
            // Who has many addresses must not get one free again by a failure from each of the others.
            let isFull = window.failures >= Self.limit
            let until = isFull ? window.end.advanced(by: Self.length) : window.end
            windows.set(window, for: group, until: until)
        }
    }
}
