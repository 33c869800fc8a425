internal import Dispatch
public import Guard
internal import Synchronization
internal import VaultCore

extension Server {
    /// Tells subscribers what happens, until it is told to stop.
    ///
    /// - Parameters:
    ///   - settings: What may be reached.
    ///   - caller: The record server itself, who may write records, or the operator; asked for at the start, and again
    ///     when the Guard knows the one before no more.
    /// - Returns: Ends the work; waits for the round that is under way.
    public func tellSubscribers(
        _ settings: NotificationSettings = NotificationSettings(),
        as caller: @escaping @Sendable () throws -> Caller
    ) -> SubscriptionKeeper {
        SubscriptionKeeper(server: self, sender: HTTPNotificationSender(settings), caller: caller)
    }

    /// Whether consents that may have ended by their dates are to be looked at; once each minute.
    func isConsentCheckDue(_ now: Instant) -> Bool {
        consentsChecked.withLock { last in
            if let last, now >= last, now < last.advanced(by: SubscriptionWork.consentStep) {
                return false
            }
            last = now
            return true
        }
    }
}

/// The thread that tells subscribers.
public final class SubscriptionKeeper: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let done = DispatchSemaphore(value: 0)
    private let signal: DispatchSemaphore

    init(
        server: Server,
        sender: any NotificationSender,
        caller: @escaping @Sendable () throws -> Caller
    ) {
        signal = server.subscriptionSignal
        let queue = DispatchQueue(label: "patientvault.subscriptions")
        queue.async { [self] in
            var known: Caller?
            while !isStopped.load(ordering: .relaxed) {
                var isMore = false
                do {
                    let who = try known ?? caller()
                    known = who
                    let work = SubscriptionWork(server: server, sender: sender, caller: who)
                    isMore = try work.run()
                } catch GuardError.notAuthenticated { known = nil } catch {
                    // A Guard that is sealed or gone: everything is still in its log when it is back.
                }
                if !isMore { _ = signal.wait(timeout: .now() + .seconds(1)) }
                // Many writes in the meantime are one reason to go round.
                while signal.wait(timeout: .now()) == .success {}
            }
            done.signal()
        }
    }

    /// Ends the work.
    public func stop() {
        isStopped.store(true, ordering: .relaxed)
        signal.signal()
        done.wait()
    }
}
