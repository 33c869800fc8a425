public import VaultCore

extension GuardCore {
    /// Names of shared directory records on the record side, so that a response opens only the few
    /// that it refers to.
    ///
    /// A tag tells nothing that the caller does not know, and opens nothing: no entry is due.
    ///
    /// - Parameter records: Types and ids; whether the directory has them is not looked at.
    /// - Returns: One tag for each.
    /// - Throws: ``GuardError/sealed``.
    public func directoryTags(of records: [RecordID]) throws -> [RecordTag] {
        try exclusively { mutable in
            let ring = mutable.state.ring
            let directory = ring.pseudonym(of: GuardState.directoryReference)
            return records.map { ring.tag(of: $0, patient: directory) }
        }
    }
}
