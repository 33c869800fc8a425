public import VaultCore

/// Subscriptions and what a record server notes of them, as messages.
extension RemoteGuard {
    /// Makes a subscription in the name of a token's client.
    public func subscribe(
        _ wish: Subscription.Wish,
        by caller: Caller,
        context: CallContext
    ) throws -> Subscription {
        try call(.subscribe, wish, caller, context)
    }

    /// Ends a subscription of the caller's own client.
    public func endSubscription(
        _ id: FHIRID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try run(.endSubscription, id, caller, context)
    }

    /// Subscriptions: of a token its client's, of a record server all.
    public func subscriptions(by caller: Caller) throws -> [Subscription] {
        try call(.subscriptions, caller)
    }

    /// Whose records were written since an entry.
    public func changes(from index: UInt64, by caller: Caller) throws -> RecordChanges {
        try call(.changes, index, caller)
    }

    /// Notes events, and that the log has been looked at up to an entry.
    public func note(
        events: [(patient: PatientPseudonym, record: Subscription.Event.Record)],
        lookedUpTo cursor: UInt64,
        by caller: Caller
    ) throws -> Subscription {
        let noted = events.map { NotedEvent(patient: $0.patient, record: $0.record) }
        return try call(.noteEvents, noted, cursor, caller)
    }

    /// Notes how an attempt ended.
    public func note(
        deliveryUpTo number: Int64?,
        outcome: Bool?,
        watching watched: [PatientPseudonym],
        by caller: Caller
    ) throws -> Subscription {
        try call(.noteDelivery, number, outcome, watched, caller)
    }

    /// Notes an event for each patient whose consent has ended.
    public func noteEndedConsents(
        request: ReleaseRequest,
        by caller: Caller
    ) throws -> Subscription {
        try call(.noteEndedConsents, request, caller)
    }

    /// References of the patients of events that say that a consent has ended.
    public func references(
        of patients: [PatientPseudonym],
        in id: FHIRID,
        by caller: Caller
    ) throws -> [PatientPseudonym: RecordID] {
        let named: [NamedPatient] = try call(.subscriptionReferences, patients, id, caller)
        return Dictionary(named.map { ($0.patient, $0.reference) }) { first, _ in first }
    }

    /// Notes that a subscription has ended by itself.
    public func switchOff(_ id: FHIRID, by caller: Caller) throws {
        try run(.switchOff, id, caller)
    }
}
