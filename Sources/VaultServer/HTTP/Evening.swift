internal import Foundation
internal import Synchronization
internal import VaultCore

/// Lets answers that say "there is nothing" take the same time, whatever kept the answerer busy.
///
/// Hidden, denied and absent things cost different work: a decision about facts, or about none. So such an
/// answer leaves at the next multiple of a step after the request came, and a random moment later, which drowns
/// what waking up from a shorter or longer wait would still tell.
final class Evening: Sendable {
    private static let jitter: Int64 = 1_000_000
    private let pace = Mutex(EveningPace())

    /// Whether something may be hidden behind a reply.
    static func isDue(_ reply: HTTPReply) -> Bool {
        reply.isMiss || [403, 404, 405, 410, 412, 422, 429].contains(reply.status)
    }

    /// Waits until an answer to a request that came at `start` may leave.
    func wait(from start: ContinuousClock.Instant, random: any RandomSource) {
        let elapsed = ContinuousClock.now - start
        let step = pace.withLock { pace in
            defer { pace.note(elapsed) }
            return pace.step
        }
        let steps = Int(elapsed / step) + 1
        let draw = random.bytes(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let noise = (draw * Self.jitter) >> 32
        let end = start + step * steps + .nanoseconds(noise)
        let (seconds, rest) = (end - ContinuousClock.now).components
        Thread.sleep(forTimeInterval: Double(seconds) + Double(rest) / 1e18)
    }
}
