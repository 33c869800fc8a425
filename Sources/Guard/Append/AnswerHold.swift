internal import Synchronization

/// Lets answers be made while the disk still works, for somebody who holds them back until it has finished.
///
/// A Guard's calls return when what they rest on is durable: each has a thread that waits. Who can do something
/// else meanwhile, an event loop, makes the answer under a hold and sends it when the hold is told that the
/// disk has everything. What was made and could not be kept is dropped: it was told to nobody.
public final class AnswerHold: Sendable {
    /// What is made before the disk has it.
    public enum Reach: Sendable {
        /// Every answer: nothing of it leaves the Guard's process before the hold ends.
        case everything
        /// The entry of a response only: keys are still handed over only when their entry is durable, for
        /// whoever holds the answer back here is not the Guard.
        case disclosures
    }

    @TaskLocal static var current: AnswerHold?

    private let reach: Reach
    private let seen = Mutex<(group: GroupCommit, number: UInt64)?>(nil)

    /// Makes a hold; it is used for one answer.
    ///
    /// - Parameter reach: What is made before the disk has it.
    public init(_ reach: Reach) { self.reach = reach }

    /// Makes an answer whose calls do not wait for the disk.
    ///
    /// - Parameter body: Makes the answer, on this thread.
    /// - Returns: What must not be shown to anybody before ``end(_:)`` says so.
    /// - Throws: What the body throws; it too must not be shown before.
    public func making<Value>(_ body: () throws -> Value) rethrows -> Value {
        try Self.$current.withValue(self, operation: body)
    }

    /// Tells once everything that the answer rests on is durable.
    ///
    /// - Parameters:
    ///   - tell: Called once, at once or on another thread; gets why it never will be, then the answer must be
    ///     dropped.
    ///   - start: Given what starts the disk, if nobody does, to be called once and soon: an event loop calls it
    ///     after the requests that it has already, so that they share a flush.
    public func end(
        _ tell: @escaping @Sendable ((any Error)?) -> Void,
        starting start: (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        guard let (group, number) = seen.withLock({ $0 }) else { return tell(nil) }
        group.hold(until: number, tell, starting: start)
    }

    /// Whether everything that the answer rests on was durable when it was made.
    package var isOver: Bool { seen.withLock { $0 == nil } }

    /// Waits on this thread instead of being told: so a simulation decides who flushes, and when.
    ///
    /// - Throws: Why it will never be durable; then the answer must be dropped.
    package func wait() throws {
        guard let (group, number) = seen.withLock({ $0 }) else { return }
        try group.wait(for: number)
    }

    /// Takes over the wait for a batch.
    ///
    /// - Returns: Whether it does; otherwise the caller waits itself.
    func takes(_ group: GroupCommit, until number: UInt64, isDisclosure: Bool) -> Bool {
        guard reach == .everything || isDisclosure else { return false }
        return seen.withLock { seen in
            if let known = seen {
                // An answer of two Guards has nobody who could tell when both are done.
                guard known.group === group else { return false }
                seen = (group, max(known.number, number))
            } else {
                seen = (group, number)
            }
            return true
        }
    }
}
