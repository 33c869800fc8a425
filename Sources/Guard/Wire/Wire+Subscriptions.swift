internal import Consent
internal import VaultCore

/// Subscriptions and what a record server notes of them.
extension Subscription: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(registration)
        out.put(progress)
    }

    init(_ wire: inout WireReader) throws {
        let (registration, progress): (JSONValue, JSONValue) = (try wire.take(), try wire.take())
        do { try self.init(registration: registration, progress: progress) } catch {
            throw WireError()
        }
    }
}

extension Subscription.Wish: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }

    init(_ wire: inout WireReader) throws {
        guard let wish = Self(json: try wire.take()) else { throw WireError() }
        self = wish
    }
}

extension RecordChanges: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patients)
        out.put(Array(intents))
        out.put(hasNewFacts)
        out.put(next)
    }

    init(_ wire: inout WireReader) throws {
        patients = try wire.take()
        intents = Set(try wire.take([Int64].self))
        hasNewFacts = try wire.take()
        next = try wire.take()
    }
}

/// One event that is to be noted.
struct NotedEvent: WireValue {
    var patient: PatientPseudonym
    var record: Subscription.Event.Record

    init(patient: PatientPseudonym, record: Subscription.Event.Record) {
        self.patient = patient
        self.record = record
    }

    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(record.number)
        out.put(record.version)
    }

    init(_ wire: inout WireReader) throws {
        patient = try wire.take()
        record = Subscription.Event.Record(number: try wire.take(), version: try wire.take())
    }
}

/// A patient's pseudonym with the reference behind it.
struct NamedPatient: WireValue {
    var patient: PatientPseudonym
    var reference: RecordID

    init(patient: PatientPseudonym, reference: RecordID) {
        self.patient = patient
        self.reference = reference
    }

    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(reference)
    }

    init(_ wire: inout WireReader) throws {
        patient = try wire.take()
        reference = try wire.take()
    }
}

extension GuardDispatch {
    static func answerSubscriptions(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .subscribe:
            let (wish, caller): (Subscription.Wish, Caller) = (try wire.take(), try wire.take())
            out.put(try service.subscribe(wish, by: caller, context: try wire.last()))
        case .endSubscription:
            let (id, caller): (FHIRID, Caller) = (try wire.take(), try wire.take())
            try service.endSubscription(id, by: caller, context: try wire.last())
        case .subscriptions: out.put(try service.subscriptions(by: try wire.last()))
        case .changes:
            let index: UInt64 = try wire.take()
            out.put(try service.changes(from: index, by: try wire.last()))
        case .noteEvents:
            let (events, cursor): ([NotedEvent], UInt64) = (try wire.take(), try wire.take())
            out.put(
                try service.note(
                    events: events.map { ($0.patient, $0.record) },
                    lookedUpTo: cursor,
                    by: try wire.last()
                )
            )
        case .noteDelivery:
            let (number, outcome): (Int64?, Bool?) = (try wire.take(), try wire.take())
            let watched: [PatientPseudonym] = try wire.take()
            out.put(
                try service.note(
                    deliveryUpTo: number,
                    outcome: outcome,
                    watching: watched,
                    by: try wire.last()
                )
            )
        case .noteEndedConsents:
            let request: ReleaseRequest = try wire.take()
            out.put(try service.noteEndedConsents(request: request, by: try wire.last()))
        case .subscriptionReferences:
            let (patients, id): ([PatientPseudonym], FHIRID) = (try wire.take(), try wire.take())
            let found = try service.references(of: patients, in: id, by: try wire.last())
            out.put(found.map { NamedPatient(patient: $0.key, reference: $0.value) })
        case .switchOff:
            let id: FHIRID = try wire.take()
            try service.switchOff(id, by: try wire.last())
        default: throw WireError()
        }
    }
}
