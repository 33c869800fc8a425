internal import Consent
internal import Dispatch
internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Synchronization
internal import Vault
internal import VaultCore

/// What is due for subscriptions: looks into the log for what was stored, notes events, and sends them.
///
/// The log is the queue. What was not noted is found again from the subscription's place in the log; what was noted
/// and not acknowledged is sent again. So a restart loses nothing, and something may be told twice.
struct SubscriptionWork: Sendable {
    let server: Server
    let sender: any NotificationSender
    /// The record server itself.
    let caller: Caller

    /// How often consents are looked at that may have ended by their dates.
    static let consentStep: Duration = .seconds(60)

    /// Does what is due for every subscription once.
    ///
    /// - Returns: Whether there is more to look at.
    @discardableResult
    func run() throws -> Bool {
        let subscriptions = try server.vault.guard.subscriptions(by: caller)
            .filter { $0.status != .off }
        guard !subscriptions.isEmpty else { return false }
        var changes: [UInt64: RecordChanges] = [:]
        for cursor in Set(subscriptions.map(\.cursor)) {
            changes[cursor] = try server.vault.guard.changes(from: cursor, by: caller)
        }
        let known = changes
        let isConsentCheckDue = server.isConsentCheckDue(server.clock.now())
        let isMore = Mutex(false)
        DispatchQueue.concurrentPerform(iterations: subscriptions.count) { place in
            let one = subscriptions[place]
            guard var changed = known[one.cursor] else { return }
            if isConsentCheckDue { changed.hasNewFacts = true }
            do {
                if try work(for: one, changed) { isMore.withLock { $0 = true } }
            } catch GuardError.notAuthenticated {
                // Its time is over, or its client may ask no more; the Guard looks once more.
                try? server.vault.guard.switchOff(one.id, by: caller)
            } catch {
                // Whatever it was, the place in the log is where it was: the next round begins there.
                server.metrics.countNotification(.failed)
            }
        }
        return isMore.withLock { $0 }
    }

    /// Does what is due for one.
    ///
    /// - Returns: Whether it has looked at as much of the log as one look takes, so that there may be more.
    private func work(for one: Subscription, _ changed: RecordChanges) throws -> Bool {
        var subscription = one
        let now = server.clock.now()
        if subscription.status == .requested {
            guard subscription.nextTry <= now else { return false }
            try send(.handshake, [], of: &subscription, upTo: nil, watching: [])
            if subscription.status == .requested { return false }
        }
        let requester = try requester(of: subscription)
        if subscription.waiting.count < Subscription.waitingLimit,
            changed.next > subscription.cursor
        {
            subscription = try server.vault.guard.note(
                events: try events(for: subscription, requester, changed),
                lookedUpTo: changed.next,
                by: subscription.caller
            )
        }
        if changed.hasNewFacts {
            subscription = try server.vault.guard.noteEndedConsents(
                request: ExportWork.request(of: requester),
                by: subscription.caller
            )
        }
        let isMore = subscription.cursor - one.cursor >= GuardCore.changeStep
        guard subscription.nextTry <= now else { return isMore }
        let due = Array(subscription.waiting.prefix(subscription.wish.maximumCount))
        if let last = due.last {
            let outcome = try EventTelling(
                server: server,
                requester: requester,
                subscription: subscription
            ).tell(due)
            guard !outcome.told.isEmpty else {
                _ = try server.vault.guard.note(
                    deliveryUpTo: last.number,
                    outcome: nil,
                    watching: [],
                    by: subscription.caller
                )
                return isMore
            }
            try send(
                .events,
                outcome.told,
                of: &subscription,
                upTo: last.number,
                watching: outcome.byConsent
            )
        } else if let seconds = subscription.wish.heartbeat,
            subscription.lastSent.advanced(by: .seconds(seconds)) <= now
        {
            try send(.heartbeat, [], of: &subscription, upTo: nil, watching: [])
        }
        return isMore
    }

    private func requester(of subscription: Subscription) throws -> Requester {
        guard let facts = subscription.facts(kind: .integration, now: server.clock.now()) else {
            throw GuardError.notAuthenticated
        }
        var requester = Requester(
            token: "subscription \(subscription.id.text)",
            facts: facts,
            emergency: nil,
            context: CallContext(
                client: subscription.client,
                recordServer: "fhir",
                automation: .machine
            )
        )
        requester.standing = subscription.caller
        return requester
    }

    /// Records of the subscription's type that were stored and that its client may see.
    private func events(
        for subscription: Subscription,
        _ requester: Requester,
        _ changed: RecordChanges
    ) throws -> [(patient: PatientPseudonym, record: Subscription.Event.Record)] {
        let query = try SubscriptionResource.query(of: subscription.wish)
        var found: [(patient: PatientPseudonym, record: Subscription.Event.Record)] = []
        for step in server.vault.exportSteps(of: changed.patients) {
            for patient in step {
                // One by one, for the answer names no pseudonym.
                let permitted = try server.vault.guard.exportable(
                    [patient],
                    request: ExportWork.request(of: requester),
                    by: requester.caller
                )
                guard let reference = permitted.first, query.mayMean(reference),
                    let view = try server.view(
                        of: .id(reference.id),
                        for: requester,
                        isExport: true,
                        isKept: false
                    )
                else { continue }
                for place in try view.matches(query) {
                    let record = try view.record(at: place)
                    guard changed.intents.contains(record.logIndex) else { continue }
                    found.append(
                        (
                            patient,
                            Subscription.Event.Record(
                                number: record.number,
                                version: record.version
                            )
                        )
                    )
                }
            }
        }
        return found
    }

    private func send(
        _ kind: SubscriptionNotice.Kind,
        _ told: [SubscriptionNotice.Told],
        of subscription: inout Subscription,
        upTo number: Int64?,
        watching patients: [PatientPseudonym]
    ) throws {
        guard let target = TargetURL(subscription.wish.endpoint) else {
            throw GuardError.notAuthenticated
        }
        let notice = SubscriptionNotice(subscription: subscription, base: server.base)
        let isTaken = sender.post(
            notice.json(kind, told, now: server.clock.now()).bytes,
            to: target,
            headers: subscription.wish.headers
        )
        server.metrics.countNotification(isTaken ? .taken : .refused)
        // CRASH: what was taken and is not noted is sent once more.
        subscription = try server.vault.guard.note(
            deliveryUpTo: number,
            outcome: isTaken,
            watching: patients,
            by: subscription.caller
        )
    }
}

extension SearchQuery {
    /// Whether a patient's record can be among what it asks for, by what it says of patients.
    fileprivate func mayMean(_ patient: RecordID) -> Bool {
        for criterion in criteria {
            guard case .parameter(let parameter, nil, let values) = criterion,
                ["patient", "subject", "beneficiary"].contains(parameter.code)
                    || type == .patient && parameter.code == "_id"
            else { continue }
            guard values.contains(where: { $0.split(separator: "/").last ?? "" == patient.id.text })
            else { return false }
        }
        return true
    }
}
