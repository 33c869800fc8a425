public import VaultCore

extension GuardCore {
    /// Names of shared directory records on the record side, so that a response opens only the few
    /// that it refers to.
    ///
    /// A tag tells nothing that the caller does not know, and opens nothing: no entry is due.
    ///
    /// - Parameters:
    ///   - records: Types and ids; whether the directory has them is not looked at.
    ///   - grant: One that has not ended by its time, and carries the directory's keys.
    /// - Returns: One tag for each.
    /// - Throws: ``GuardError/grantEnded``, ``GuardError/sealed``.
    public func directoryTags(
        of records: [RecordID],
        under grant: Grant
    ) throws -> [RecordTag] {
        try exclusively { mutable in
            try mutable.tickets.check(grant)
            guard grant.end > mutable.state.clock.now() else { throw GuardError.grantEnded }
            let ring = mutable.state.ring
            let directory = ring.pseudonym(of: GuardState.directoryReference)
            return records.map { ring.tag(of: $0, patient: directory) }
        }
    }
}
