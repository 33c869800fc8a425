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
            let note = try checkpoint(&mutable.state)
            let body = try mutable.state.witnessRequest(note, from: oldSize)
            return (body, note)
        }
    }

    /// The same for the log exactly as it is: nothing is written first.
    ///
    /// A Guard that starts asks this way. Where its log lost its tail, an entry written now would stand in the
    /// place of a lost one, and nobody could say any more what exactly is missing.
    ///
    /// - Parameter oldSize: As for ``witnessRequest(from:)``.
    /// - Returns: The body of the request.
    /// - Throws: As ``witnessRequest(from:)``.
    public func witnessRequestAsItIs(from oldSize: UInt64) throws -> [UInt8] {
        try exclusively { mutable in
            let state = mutable.state
            let note = try Checkpoint(
                origin: origin,
                size: state.frontier.size,
                root: state.frontier.root
            ).signed(with: signingKey)
            return try state.witnessRequest(note.description, from: oldSize)
        }
    }

    /// The same for a checkpoint that this log signed before, so that several witnesses cosign one and the same.
    ///
    /// - Parameters:
    ///   - oldSize: As for ``witnessRequest(from:)``.
    ///   - note: A checkpoint under the log's present name.
    /// - Returns: The body of the request; `nil` where the witness knows a newer checkpoint of this log.
    /// - Throws: As ``witnessRequest(from:)``.
    public func witnessRequest(from oldSize: UInt64, to note: String) throws -> [UInt8]? {
        try exclusively { mutable in
            let size = try Checkpoint(text: SignedNote(parsing: Array(note.utf8)).text).size
            guard oldSize > size, oldSize <= mutable.state.frontier.size else {
                return try mutable.state.witnessRequest(note, from: oldSize)
            }
            return nil
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
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` where one is longer than the log,
    ///   ``GuardError/invalid(field:)`` for one that is not this log's, or stands under a name that it had
    ///   before it lost entries: no chain leads across a gap.
    public func checkpointChain(_ notes: [String]) throws -> String {
        try exclusively { mutable in
            let newest = try checkpoint(&mutable.state)
            let size = mutable.state.frontier.size
            var signed: [(size: UInt64, note: SignedNote)] = []
            for text in notes + [newest] {
                let note = try SignedNote(parsing: Array(text.utf8))
                guard let seen = try mutable.state.verified(note, key: signingKey.verifier),
                    seen.origin == origin
                else { throw GuardError.invalid(field: "checkpoint") }
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

extension GuardState {
    /// A C2SP `add-checkpoint` request: the note, and the path to it from what the witness knows.
    fileprivate func witnessRequest(_ note: String, from oldSize: UInt64) throws -> [UInt8] {
        guard oldSize <= frontier.size else {
            throw GuardError.logRolledBack(size: frontier.size, witnessed: oldSize)
        }
        return try AddCheckpoint(
            oldSize: oldSize,
            checkpoint: try SignedNote(parsing: Array(note.utf8)),
            reader: StoredHashes(storage: try storage)
        ).bytes
    }
}
