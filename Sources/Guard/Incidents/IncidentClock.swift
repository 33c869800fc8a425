public import VaultCore

extension GuardCore {
    /// The time that a step of a breach case is recorded at: the clock's, never before the newest entry.
    ///
    /// - Returns: The present.
    /// - Throws: ``GuardError/clockWentBackwards`` and other ``Failure``s.
    public func incidentTime() throws -> Instant {
        try exclusively { try $0.state.entryTime() }
    }
}
