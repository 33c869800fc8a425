internal import Sealing
internal import VaultCore

/// What clients and providers have signed and shown here, each of which counts once; in memory alone.
///
/// It never forgets what could still be shown again. Where that would take more room than there is, nothing new
/// counts until something has ended: who floods it with good signatures stops others, but is never let in twice.
struct ReplayStore {
    /// Stands for a signed statement and who signed it: two alike would only be refused.
    private struct Mark: Tag16 {
        let high: UInt64
        let low: UInt64
    }

    private let limit: Int
    private var seen = ExpiringTable<Mark, Void>()
    /// What ends by now was forgotten, if it ever was here.
    private var forgotten = Instant(microseconds: .min)

    /// Makes an empty store.
    ///
    /// - Parameter limit: Most statements that have not ended: 8,000 proofs a second, each good for a minute, in some
    ///   40 MB.
    init(limit: Int = 500_000) { self.limit = limit }

    /// Whether a statement surely comes for the first time; it is remembered until it ends.
    ///
    /// - Parameters:
    ///   - id: Its `jti`.
    ///   - signer: Who signed it, and as what.
    ///   - end: From when on it is accepted no more.
    ///   - now: The Guard's time.
    /// - Returns: `false` also where that cannot be known or remembered.
    mutating func isFirst(_ id: String, of signer: String, end: Instant, now: Instant) -> Bool {
        seen.forgetEnded(by: now)
        forgotten = max(forgotten, now)
        let digest = PlainDigest.sha256(Array("\(signer) \(id)".utf8))
        // Under a clock that was set back, one that was forgotten would look new.
        guard end > forgotten, seen.count < limit, let mark = Mark(bytes: digest.prefix(16)),
            seen[mark] == nil
        else { return false }
        seen.set((), for: mark, until: end)
        return true
    }
}
