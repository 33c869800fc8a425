public import Consent
internal import MerkleLog
internal import Synchronization
internal import VaultCore

extension GuardCore {
    /// Takes other policies into force, all of them or none; for whoever holds the passphrase.
    ///
    /// They are checked before anything changes: where a file is broken, the old ones go on deciding. No use
    /// case runs meanwhile, so that every decision and its entry name one set; the change has an entry of its
    /// own, which is on the disk before anything that was decided by the new set leaves.
    ///
    /// - Parameters:
    ///   - files: Every rule file of the folder.
    ///   - evenIfSame: Whether the log names them although they decide already: where it names others.
    ///   - context: Where the call came from.
    /// - Returns: Whether anything changed.
    /// - Throws: ``ConsentError/policy(_:)`` with the first problem of a file, and other ``Failure``s.
    @discardableResult
    public func reload(
        _ files: [PolicySet.File],
        evenIfSame: Bool = false,
        context: CallContext
    ) throws -> Bool {
        try exclusively { mutable in
            let actor = try mutable.authenticator.actor(
                .operator,
                body: .null,
                state: mutable.state,
                allowsOperator: true
            )
            let state = mutable.state
            return try inForce.reload(files, evenIfSame: evenIfSame) { policies in
                let digest = Self.digest(of: policies)
                var header = try state.header(.system, by: actor, context: context)
                header.action = "policies"
                header.policyDigest = digest
                try state.append(header)
                try state.commit()
                self.digest.withLock { $0 = digest }
            }
        }
    }
}
