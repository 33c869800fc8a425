internal import Synchronization

/// Counts for Prometheus: interactions, status classes and times; nothing about anybody.
final class Metrics: Sendable {
    private struct Key: Hashable {
        var interaction: String
        var status: Int
    }

    /// How an attempt to tell a subscriber ended.
    enum Notification: String {
        case taken, refused, failed
    }

    private struct State {
        var notifications: [String: Int] = [:]
        var counts: [Key: Int] = [:]
        var buckets = [Int](repeating: 0, count: Metrics.limits.count + 1)
        var seconds = 0.0
        var total = 0
    }

    private static let limits = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
    private let state = Mutex(State())

    func count(_ interaction: Interaction?, status: Int, took: Duration) {
        let (whole, rest) = took.components
        let seconds = Double(whole) + Double(rest) / 1e18
        let place = Self.limits.firstIndex { seconds <= $0 } ?? Self.limits.count
        let key = Key(interaction: interaction?.rawValue ?? "none", status: status)
        state.withLock { state in
            state.counts[key, default: 0] += 1
            state.buckets[place] += 1
            state.seconds += seconds
            state.total += 1
        }
    }

    func countNotification(_ how: Notification) {
        state.withLock { $0.notifications[how.rawValue, default: 0] += 1 }
    }

    func text(leases: Int, witnesses: [WitnessGauge] = []) -> String {
        let state = state.withLock { $0 }
        var lines = [
            "# HELP patientvault_requests_total Requests by interaction and status.",
            "# TYPE patientvault_requests_total counter",
        ]
        for (key, count) in state.counts.sorted(by: {
            ($0.key.interaction, $0.key.status) < ($1.key.interaction, $1.key.status)
        }) {
            lines.append(
                "patientvault_requests_total{interaction=\"\(key.interaction)\","
                    + "status=\"\(key.status)\"} \(count)"
            )
        }
        lines += [
            "# HELP patientvault_request_seconds Time from a request's last byte to its reply.",
            "# TYPE patientvault_request_seconds histogram",
        ]
        var running = 0
        for (place, limit) in Self.limits.enumerated() {
            running += state.buckets[place]
            lines.append("patientvault_request_seconds_bucket{le=\"\(limit)\"} \(running)")
        }
        lines += [
            "patientvault_request_seconds_bucket{le=\"+Inf\"} \(state.total)",
            "patientvault_request_seconds_sum \(state.seconds)",
            "patientvault_request_seconds_count \(state.total)",
            "# HELP patientvault_leases Leases held for clients' next requests.",
            "# TYPE patientvault_leases gauge", "patientvault_leases \(leases)",
        ]
        lines += [
            "# HELP patientvault_notifications_total Attempts to tell subscribers, by how they ended.",
            "# TYPE patientvault_notifications_total counter",
        ]
        for (how, count) in state.notifications.sorted(by: { $0.key < $1.key }) {
            lines.append("patientvault_notifications_total{outcome=\"\(how)\"} \(count)")
        }
        lines += WitnessGauge.lines(witnesses)
        return lines.joined(separator: "\n")
    }
}
