internal import Guard
internal import Synchronization
internal import Vault
internal import VaultCore

/// Leases in use, so that a client's next request need not open the record again.
///
/// Keyed by the very token: nobody's lease serves anybody else. What is stale here cannot leave, because
/// the Guard checks the grant before each response.
final class LeaseCache: Sendable {
    struct Key: Hashable {
        var token: String
        /// `nil` for the shared directory.
        var patient: PatientDesignation?
        var emergency: BreakGlass?
        /// For the directory: the types opened.
        var types: [String] = []
        /// Whether it was opened for an export, in which no emergency goes on.
        var isExport = false
    }

    private struct Entry {
        var view: LeaseView
        var lastUsed: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Patients' leases of each token, those of exports left out.
        var patients: [String: Set<Key>] = [:]
        var byteCount = 0
        var tick: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(byteLimit: Int) { limit = byteLimit }

    func view(_ key: Key, now: Instant) -> LeaseView? {
        state.withLock { state in
            guard var entry = state.entries[key] else { return nil }
            guard entry.view.lease.end > now else {
                Self.remove(key, from: &state)
                return nil
            }
            state.tick += 1
            entry.lastUsed = state.tick
            state.entries[key] = entry
            return entry.view
        }
    }

    /// The open view of a token that shows a record; without it the Guard is asked whose the record may be.
    func view(
        holding record: RecordID,
        token: String,
        emergency: BreakGlass?,
        now: Instant
    ) -> (LeaseView, LeasedRecord)? {
        let open = state.withLock { $0.patients[token] ?? [] }
        for key in open where key.emergency == emergency {
            if let view = view(key, now: now), let found = view.record(record) {
                return (view, found)
            }
        }
        return nil
    }

    func keep(_ view: LeaseView, _ key: Key) {
        guard view.lease.byteCount <= limit / 2 else { return }
        state.withLock { state in
            Self.remove(key, from: &state)
            state.tick += 1
            state.entries[key] = Entry(view: view, lastUsed: state.tick)
            state.byteCount += view.lease.byteCount
            if key.patient != nil, !key.isExport {
                state.patients[key.token, default: []].insert(key)
            }
            while state.byteCount > limit,
                let oldest = state.entries.min(by: { $0.value.lastUsed < $1.value.lastUsed })
            {
                Self.remove(oldest.key, from: &state)
            }
        }
    }

    /// Lets every lease go that has ended: nobody may come back for it, and its keys and records lie open here.
    ///
    /// - Complexity: O(leases).
    func forgetEnded(now: Instant) {
        state.withLock { state in
            for (key, entry) in state.entries where entry.view.lease.end <= now {
                Self.remove(key, from: &state)
            }
        }
    }

    func drop(_ key: Key) { state.withLock { Self.remove(key, from: &$0) } }

    var count: Int { state.withLock { $0.entries.count } }

    private static func remove(_ key: Key, from state: inout State) {
        guard let entry = state.entries.removeValue(forKey: key) else { return }
        state.byteCount -= entry.view.lease.byteCount
        state.patients[key.token]?.remove(key)
        if state.patients[key.token]?.isEmpty == true { state.patients[key.token] = nil }
    }
}
