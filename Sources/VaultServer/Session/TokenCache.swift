internal import Guard
internal import Synchronization
internal import VaultCore

/// Tokens that the Guard has read for this server, until they end; a revoked one still discloses nothing,
/// because every disclosure is the Guard's.
final class TokenCache: Sendable {
    private let known = Mutex<[String: TokenFacts]>([:])

    func facts(
        of token: String,
        now: Instant,
        else ask: (String) throws -> TokenFacts?
    ) throws -> TokenFacts? {
        if let facts = self.known(token, now: now) { return facts }
        guard let facts = try ask(token) else { return nil }
        known.withLock { known in
            if known.count >= 4_096 { known = known.filter { $0.value.end > now } }
            known[token] = facts
        }
        return facts
    }

    /// What is remembered of a token that has not ended.
    func known(_ token: String, now: Instant) -> TokenFacts? {
        guard let facts = known.withLock({ $0[token] }), facts.end > now else { return nil }
        return facts
    }

    func forget(_ token: String) { known.withLock { $0[token] = nil } }
}
