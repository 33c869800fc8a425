internal import Dispatch
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

// Reads from leases that are open: no thread waits while the disk takes the entry of what they carry.

extension Server {
    /// The route of a read that can be answered from an open lease: it costs less than waking a thread, and
    /// waits for nothing but the disk.
    ///
    /// A Guard elsewhere is waited for on a thread.
    func openRead(_ call: HTTPCall) -> RouteMatch? {
        guard call.method == "GET", vault.guard is GuardCore,
            case .found(let match) = RouteMatch.find(method: call.method, path: call.path),
            match.route.interaction == .read, let type = match.types.first, let id = match.id,
            type != .auditEvent, let token = Self.token(of: call),
            tokens.known(token, now: clock.now()) != nil,
            leases.view(
                holding: RecordID(type: type.rawValue, id: id),
                token: token,
                emergency: Self.emergency(of: call),
                now: clock.now()
            ) != nil
        else { return nil }
        return match
    }

    /// Makes the reply at once, and gives it when the disk has the entry of what it carries.
    func heldReply(
        to call: HTTPCall,
        _ match: RouteMatch,
        since start: ContinuousClock.Instant
    ) async -> HTTPReply {
        let hold = AnswerHold(.disclosures)
        let made = hold.making { self.reply(to: call, match) }
        let failure = await withCheckedContinuation { continuation in
            hold.end { continuation.resume(returning: $0) }
        }
        let reply = failure.map { Problem($0).reply } ?? made
        guard Evening.isDue(reply) else {
            return finish(reply, of: match.route.interaction, call, since: start)
        }
        return await onWorker {
            self.finish(reply, of: match.route.interaction, call, since: start)
        }
    }

    func onWorker(_ body: @escaping @Sendable () -> HTTPReply) async -> HTTPReply {
        await withCheckedContinuation { continuation in
            worker.async { continuation.resume(returning: body()) }
        }
    }
}
