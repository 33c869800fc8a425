internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// What is sent to a witness: the newest checkpoint and the way to it from what the witness knows.
    ///
    /// - Parameter oldSize: Size of the last checkpoint that the witness cosigned; 0 for none.
    /// - Returns: The body of a C2SP `add-checkpoint` request, and the checkpoint in it.
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` where the witness knows a longer log than this
    ///   one: then entries were lost, and nothing may be disclosed before people have looked.
    public func witnessRequest(
        from oldSize: UInt64
    ) throws -> (body: [UInt8], checkpoint: String) {
        try exclusively { mutable in
            let state = mutable.state
            let note = try checkpoint(&mutable.state)
            guard oldSize <= state.frontier.size else {
                throw GuardError.logRolledBack(size: state.frontier.size, witnessed: oldSize)
            }
            let request = try AddCheckpoint(
                oldSize: oldSize,
                checkpoint: try SignedNote(parsing: Array(note.utf8)),
                reader: StoredHashes(storage: try state.storage)
            )
            return (request.bytes, note)
        }
    }

    /// Refuses a log that is shorter than, or differs from, a checkpoint seen outside the vault's folder.
    ///
    /// - Parameter note: A checkpoint that this log signed, with or without cosignatures.
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)``, ``GuardError/damagedState``.
    public func requireExtends(_ note: String) throws { try checkWitnessed(note) }

    /// Checkpoints of this log, oldest first, connected into one file that anybody can check.
    ///
    /// - Parameter notes: Signed checkpoints, as they were kept over time.
    /// - Returns: The text of a checkpoint chain, ending with the newest checkpoint.
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` where one is longer than the log, others.
    public func checkpointChain(_ notes: [String]) throws -> String {
        try exclusively { mutable in
            let newest = try checkpoint(&mutable.state)
            let size = mutable.state.frontier.size
            var signed: [(size: UInt64, note: SignedNote)] = []
            for text in notes + [newest] {
                let note = try SignedNote(parsing: Array(text.utf8))
                guard let seen = try mutable.state.verified(note, key: signingKey.verifier) else {
                    throw GuardError.invalid(field: "checkpoint")
                }
                guard seen.size <= size else {
                    throw GuardError.logRolledBack(size: size, witnessed: seen.size)
                }
                if signed.last?.note != note { signed.append((seen.size, note)) }
            }
            signed.sort { $0.size < $1.size }
            let chain = try CheckpointChain(
                signed.map(\.note),
                reader: StoredHashes(storage: try mutable.state.storage)
            )
            return String(decoding: chain.bytes, as: UTF8.self)
        }
    }
}
