internal import Consent
internal import MerkleLog
internal import VaultCore

/// What anybody who operates the vault may know about it.
public struct GuardStatus: Sendable {
    /// Entries in the log.
    public let logSize: UInt64
    /// Patients with a record, the shared directory not counted, erased ones neither.
    public let patients: Int
    /// Registered principals, disabled ones included.
    public let principals: Int
    /// The newest kept checkpoint.
    public let checkpoint: String?
    /// Writes that a crash left open and the next start closes.
    public let openIntents: Int
    /// Digest of the policies in force.
    public let policyDigest: String
}

extension GuardCore {
    /// Counts what there is; no entry, because nothing about anybody is told.
    ///
    /// - Parameter caller: Anybody whom the vault knows, by ``GuardRequest/status``.
    /// - Returns: The counts.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func status(by caller: Caller) throws -> GuardStatus {
        try exclusively { mutable in
            let state = mutable.state
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.status,
                kinds: Set(RequesterKind.allCases),
                action: "see the status"
            )
            let directory = state.ring.pseudonym(of: GuardState.directoryReference)
            let hasDirectory = try state.patient(directory) != nil
            return GuardStatus(
                logSize: state.frontier.size,
                patients: try state.storage.itemCount(.patientKey) - (hasDirectory ? 1 : 0),
                principals: try state.storage.itemCount(.principal),
                checkpoint: try state.storage.lastCheckpoint(),
                openIntents: try state.storage.itemCount(.openIntent),
                policyDigest: policyDigest
            )
        }
    }
}
