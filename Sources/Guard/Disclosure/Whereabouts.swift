public import VaultCore

/// What a record server must know before it can ask for a release; nothing here opens anything, so no
/// entry is due.
extension GuardCore {
    /// The patients who have a record of this name.
    ///
    /// Every patient is looked at, found or not, so that the time tells nothing.
    ///
    /// - Parameter record: Type and id, as in a URL.
    /// - Returns: References of patients who are not erased; of the shared directory nothing.
    /// - Throws: A ``Failure``.
    /// - Complexity: O(patients), one keyed hash each.
    public func patients(holding record: RecordID) throws -> [RecordID] {
        try exclusively { mutable in
            let state = mutable.state
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
    /// - Returns: `false` too where there never was one.
    /// - Throws: A ``Failure``.
    public func isDeleted(_ record: RecordID, of patient: PatientDesignation) throws -> Bool {
        try exclusively { mutable in
            let state = mutable.state
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
    /// - Parameter indexes: Log indexes; duplicates cost nothing.
    /// - Returns: Their times; an index that the log does not have is left out.
    /// - Throws: A ``Failure``.
    public func times(ofEntries indexes: Set<Int64>) throws -> [Int64: Instant] {
        try exclusively { mutable in
            var times: [Int64: Instant] = [:]
            for index in indexes where index >= 0 {
                times[index] = try mutable.state.time(ofEntry: UInt64(index))
            }
            return times
        }
    }

    /// The names of a patient's records on the record side, for who holds a live grant on them.
    ///
    /// - Parameters:
    ///   - records: Types and ids; whether they exist is not looked at.
    ///   - grant: Live.
    /// - Returns: One tag for each.
    /// - Throws: ``GuardError/sealed``.
    public func recordTags(of records: [RecordID], under grant: Grant) throws -> [RecordTag] {
        try exclusively { mutable in
            records.map { mutable.state.ring.tag(of: $0, patient: grant.patient) }
        }
    }
}
