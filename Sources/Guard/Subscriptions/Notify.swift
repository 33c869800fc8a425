internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

// What a record server notes of a subscription while it works for it. The events are numbers only: what they are
// about is decided and opened anew whenever they are told.

extension GuardCore {
    /// Notes events, and that the log has been looked at up to an entry.
    ///
    /// - Parameters:
    ///   - events: Patient and version of each; they get the next numbers.
    ///   - cursor: Where to go on; never back.
    ///   - caller: The subscription.
    /// - Returns: The subscription as it is now.
    /// - Throws: ``GuardError/notAuthenticated`` where it has ended, and other ``Failure``s.
    public func note(
        events: [(patient: PatientPseudonym, record: Subscription.Event.Record)],
        lookedUpTo cursor: UInt64,
        by caller: Caller
    ) throws -> Subscription {
        try change(by: caller) { subscription, state, _ in
            guard cursor >= subscription.cursor else { throw GuardError.invalid(field: "cursor") }
            subscription.cursor = cursor
            let now = state.clock.now()
            for event in events {
                subscription.add(patient: event.patient, record: event.record, at: now)
            }
        }
    }

    /// Notes how an attempt ended.
    ///
    /// - Parameters:
    ///   - number: The newest event that was told; `nil` where none was due.
    ///   - outcome: `true` where the address took it, `false` where it did not, `nil` where nothing was sent
    ///     because nothing of it may leave any more.
    ///   - watched: Patients whose own consent let something be told.
    ///   - caller: The subscription.
    /// - Returns: The subscription as it is now.
    /// - Throws: ``GuardError/notAuthenticated`` where it has ended, and other ``Failure``s.
    public func note(
        deliveryUpTo number: Int64?,
        outcome: Bool?,
        watching watched: [PatientPseudonym],
        by caller: Caller
    ) throws -> Subscription {
        try change(by: caller) { subscription, state, _ in
            let now = state.clock.now()
            if outcome == false {
                subscription.noteFailure(at: now)
                return
            }
            if let number {
                guard (subscription.delivered...subscription.eventCount).contains(number) else {
                    throw GuardError.invalid(field: "event")
                }
                subscription.delivered = number
            }
            for patient in watched where !subscription.watched.contains(patient) {
                subscription.watched.append(patient)
            }
            if outcome == true {
                subscription.status = .active
                subscription.failures = 0
                subscription.nextTry = now
                subscription.lastSent = now
            }
            subscription.forgetOld()
        }
    }

    /// Finds patients whose consent let something be told and who permit nothing any more, and notes an event for
    /// each: their recipient is to be told.
    ///
    /// One entry with a part for each of them. A restriction that stops a requester whom no consent had let in is not
    /// told: that there is one shows to nobody.
    ///
    /// - Parameters:
    ///   - request: What is asked of each; its own patient does not count.
    ///   - caller: The subscription.
    /// - Returns: The subscription as it is now.
    /// - Throws: ``GuardError/notAuthenticated`` where it has ended, and other ``Failure``s.
    public func noteEndedConsents(
        request: ReleaseRequest,
        by caller: Caller
    ) throws -> Subscription {
        try change(by: caller) { subscription, state, actor in
            guard !subscription.watched.isEmpty, let principal = actor.principal else { return }
            var ended: [PatientPseudonym] = []
            for pseudonym in subscription.watched {
                var isOpen = false
                if let subject = try state.subject(pseudonym) {
                    var asked = request
                    asked.patient = .id(subject.reference.id)
                    let question = try Question(
                        request: asked,
                        requester: principal.requester,
                        subject: subject,
                        state: state,
                        policies: policies,
                        seal: try state.seal(stopping: asked, by: principal, of: pseudonym)
                    )
                    isOpen = question.isPermitted && !question.segments.isEmpty
                }
                if !isOpen { ended.append(pseudonym) }
            }
            guard !ended.isEmpty else { return }
            var header = try state.header(.disclosure, by: actor, context: request.context)
            header.action = "notify-consent-ended"
            header.client = subscription.client
            header.purpose = subscription.purposes
            header.decision = .permit
            header.rules = ["subscription.consent-ended"]
            header.scopeAsked = ["subscription": .string(subscription.id.text)]
            header.grant = "none"
            // No document of an erased patient is written any more but that the recipient was told.
            try state.append(
                header,
                parts: ended.map { GuardState.Part(patient: $0, body: ["released": 0]) }
            )
            let now = state.clock.now()
            for patient in ended { subscription.add(patient: patient, record: nil, at: now) }
            subscription.watched.removeAll { ended.contains($0) }
        }
    }

    /// References of the patients of events that say that a consent has ended.
    ///
    /// - Parameters:
    ///   - patients: Pseudonyms; others than those of such events of this subscription are left out.
    ///   - id: The subscription.
    ///   - caller: The subscription, or a token of its client.
    /// - Returns: What the recipient knew them by.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func references(
        of patients: [PatientPseudonym],
        in id: FHIRID,
        by caller: Caller
    ) throws -> [PatientPseudonym: RecordID] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "subscription-references"],
                state: state,
                allowsOperator: false
            )
            guard let token = actor.token, let known = try state.subscription(id),
                known.isOwn(of: token)
            else { throw GuardError.unknown(what: "subscription") }
            let told = Set(known.events.filter { $0.record == nil }.map(\.patient))
            var found: [PatientPseudonym: RecordID] = [:]
            for patient in patients where told.contains(patient) {
                found[patient] = try state.patient(patient).flatMap { RecordID($0.reference) }
            }
            return found
        }
    }

    /// Notes that a subscription has ended by itself; one that may still act is left as it is.
    ///
    /// - Parameters:
    ///   - id: The subscription.
    ///   - caller: Who may write records, or the operator, by ``GuardRequest/subscriptions``.
    /// - Throws: A ``Failure``.
    public func switchOff(_ id: FHIRID, by caller: Caller) throws {
        try exclusively { mutable in
            let state = mutable.state
            let worker = try authorize(
                caller,
                &mutable,
                for: GuardRequest.subscriptions,
                kinds: .writers,
                action: "deliver notifications"
            )
            guard var known = try state.subscription(id), known.status != .off,
                try state.actor(for: id, key: known.key) == nil
            else { return }
            known.status = .off
            var header = try state.header(.session, by: worker, context: CallContext())
            header.action = "subscription-ended"
            header.client = known.client
            try state.append(header)
            state.setProgress(of: known)
            try state.commit()
        }
    }

    private func change(
        by caller: Caller,
        _ body: (inout Subscription, GuardState, Actor) throws -> Void
    ) throws -> Subscription {
        try exclusively { mutable in
            guard case .subscription(let id, _) = caller else {
                throw GuardError.notAuthenticated
            }
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "subscription"],
                state: state,
                allowsOperator: false
            )
            guard var subscription = try state.subscription(id) else {
                throw GuardError.notAuthenticated
            }
            try body(&subscription, state, actor)
            // CRASH: what was sent before this is on the disk is sent once more: at least once, never less.
            state.setProgress(of: subscription)
            try state.commit()
            return subscription
        }
    }
}

extension Subscription {
    fileprivate mutating func add(
        patient: PatientPseudonym,
        record: Event.Record?,
        at time: Instant
    ) {
        eventCount += 1
        events.append(Event(number: eventCount, patient: patient, record: record, time: time))
        forgetOld()
    }

    /// Lets go of the oldest events that have arrived.
    fileprivate mutating func forgetOld() {
        while events.count > Self.keptEvents, let first = events.first, first.number <= delivered {
            events.removeFirst()
        }
    }

    /// Waits twice as long after each failure, an hour at most.
    fileprivate mutating func noteFailure(at now: Instant) {
        failures += 1
        if failures >= Self.failureLimit { status = .error }
        nextTry = now.advanced(by: .seconds(min(3_600, 1 << min(failures, 12))))
    }
}
