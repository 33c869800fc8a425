internal import VaultCore

/// Patients of writes that were announced, not closed, and that nobody continues.
///
/// Whoever holds the rows closes them (``GuardCore/resolve(_:hasRows:by:)``). Until then nobody knows whether
/// their records count: no other write of the same patient may give their numbers away again.
struct UnfinishedWrites {
    /// `nil` until the intents that the last run left were read.
    private var patients: [WriteSessionID: Set<PatientPseudonym>]?

    /// Whether one of them has records of a patient.
    mutating func hold(
        _ patient: PatientPseudonym,
        live: Set<WriteSessionID>,
        _ state: GuardState
    )
        throws -> Bool
    {
        try known(live, state).values.contains { $0.contains(patient) }
    }

    /// A write ends without being closed; it counts here only if it announced something.
    mutating func add(_ session: WriteSession) {
        guard !session.intents.isEmpty else { return }
        patients?[session.id] = Set(session.books.keys)
    }

    /// A write was closed.
    mutating func remove(_ session: WriteSessionID) { patients?[session] = nil }

    private mutating func known(
        _ live: Set<WriteSessionID>,
        _ state: GuardState
    ) throws -> [WriteSessionID: Set<PatientPseudonym>] {
        if let patients { return patients }
        var found: [WriteSessionID: Set<PatientPseudonym>] = [:]
        try state.forEachStoredItem(.openIntent) { key, session in
            guard let id = WriteSessionID(bytes: session) else { throw GuardError.damagedState }
            guard !live.contains(id) else { return }
            for (patient, _) in try state.intentParts(UInt64(bigEndianBytes: key)) {
                found[id, default: []].insert(patient)
            }
        }
        patients = found
        return found
    }
}

extension GuardCore.Mutable {
    /// Refuses a write, or an erasure, of a patient of whom another write is not closed.
    mutating func requireNoOtherWrite(
        of patient: PatientPseudonym,
        than session: WriteSessionID? = nil
    ) throws {
        let isWritten = writes.values.contains { $0.id != session && $0.books[patient] != nil }
        guard try !isWritten && !unfinished.hold(patient, live: Set(writes.keys), state) else {
            throw GuardError.busy
        }
    }

    /// Ends writes that nobody may or will continue.
    ///
    /// What they announced stays open: only who holds the rows
    /// knows whether they are there (``GuardCore/openIntents(by:)``).
    mutating func endWrites(where ends: (WriteSession) -> Bool) {
        for session in writes.values.filter(ends) {
            writes[session.id] = nil
            unfinished.add(session)
        }
    }
}
