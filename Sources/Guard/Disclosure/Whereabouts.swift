public import VaultCore

/// What a record server must know before it can ask for a release; nothing here opens anything, so no
/// entry is due. Whoever asks proves who they are all the same.
extension GuardCore {
    /// The patients who have a record of this name.
    ///
    /// Every patient is looked at, found or not, so that the time tells nothing.
    ///
    /// - Parameters:
    ///   - record: Type and id, as in a URL.
    ///   - caller: Anybody whom the vault knows, by ``GuardRequest/whereabouts(_:)``.
    /// - Returns: References of patients who are not erased; of the shared directory nothing.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    /// - Complexity: O(patients), one keyed hash each.
    public func patients(holding record: RecordID, by caller: Caller) throws -> [RecordID] {
        try exclusively { mutable in
            let state = mutable.state
            try requireKnown(caller, &mutable, for: GuardRequest.whereabouts(record))
            let directory = state.ring.pseudonym(of: GuardState.directoryReference)
            var found: [RecordID] = []
            for (patient, tags) in try state.recordTags() where patient != directory {
                let tag = state.ring.tag(of: record, patient: patient)
                guard tags.contains(tag.high),
                    let known = try state.patient(patient), known.erasedAt == nil,
                    let reference = RecordID(known.reference)
                else { continue }
                found.append(reference)
            }
            return found.sorted()
        }
    }

    /// Whether a patient had a record of this name that is deleted now.
    ///
    /// - Parameters:
    ///   - record: Type and id, as in a URL.
    ///   - patient: Whose record; unknown and erased ones have none.
    ///   - caller: Anybody whom the vault knows, by ``GuardRequest/whereabouts(_:)``.
    /// - Returns: `false` too where there never was one.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func isDeleted(
        _ record: RecordID,
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> Bool {
        try exclusively { mutable in
            let state = mutable.state
            try requireKnown(caller, &mutable, for: GuardRequest.whereabouts(record))
            guard let pseudonym = try state.pseudonym(of: patient),
                let known = try state.patient(pseudonym), known.erasedAt == nil
            else { return false }
            let tag = state.ring.tag(of: record, patient: pseudonym)
            let catalogue = try state.catalogue(of: pseudonym)
            return catalogue.number(ofTag: tag.high)
                .map { catalogue.items[$0].isDeleted } ?? false
        }
    }

    /// When entries were written: the time a stored row was announced is its `meta.lastUpdated`.
    ///
    /// - Parameters:
    ///   - indexes: Log indexes; duplicates cost nothing.
    ///   - caller: Anybody whom the vault knows, by ``GuardRequest/times``.
    /// - Returns: Their times; an index that the log does not have is left out.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func times(
        ofEntries indexes: Set<Int64>,
        by caller: Caller
    ) throws -> [Int64: Instant] {
        try exclusively { mutable in
            try requireKnown(caller, &mutable, for: GuardRequest.times)
            var times: [Int64: Instant] = [:]
            for index in indexes where index >= 0 {
                times[index] = try mutable.state.time(ofEntry: UInt64(index))
            }
            return times
        }
    }

    /// The names of a patient's records on the record side, for who holds a grant on them; a tag opens nothing.
    ///
    /// - Parameters:
    ///   - records: Types and ids; whether they exist is not looked at.
    ///   - grant: One that has not ended by its time.
    /// - Returns: One tag for each.
    /// - Throws: ``GuardError/grantEnded`` and other ``Failure``s.
    public func recordTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag] {
        try exclusively { mutable in
            try mutable.tickets.check(grant)
            guard grant.end > mutable.state.clock.now() else { throw GuardError.grantEnded }
            return records.map { mutable.state.ring.tag(of: $0, patient: grant.patient) }
        }
    }

    /// Refuses whom the vault does not know.
    private func requireKnown(
        _ caller: Caller,
        _ mutable: inout Mutable,
        for body: JSONValue
    ) throws {
        _ = try mutable.authenticator.actor(
            caller,
            body: body,
            state: mutable.state,
            allowsOperator: true
        )
    }
}
