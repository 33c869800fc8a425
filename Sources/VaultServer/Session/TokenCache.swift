internal import Guard
internal import Synchronization
internal import VaultCore

/// Tokens that the Guard has read for this server, until they end; a revoked one still discloses nothing,
/// because every disclosure is the Guard's.
///
/// One that has to make room is asked about again.
final class TokenCache: Sendable {
    static let limit = 10_000
    private let known = Mutex(ExpiringTable<String, TokenFacts>(limit: limit))

    func facts(
        of token: String,
        now: Instant,
        else ask: (String) throws -> TokenFacts?
    ) throws -> TokenFacts? {
        if let facts = self.known(token, now: now) { return facts }
        guard let facts = try ask(token) else { return nil }
        known.withLock { $0.set(facts, for: token, until: facts.end) }
        return facts
    }

    /// What is remembered of a token that has not ended.
    func known(_ token: String, now: Instant) -> TokenFacts? {
        guard let facts = known.withLock({ $0[token] }), facts.end > now else { return nil }
        return facts
    }

    func forget(_ token: String) { known.withLock { _ = $0.remove(token) } }

    var count: Int { known.withLock { $0.count } }
}
