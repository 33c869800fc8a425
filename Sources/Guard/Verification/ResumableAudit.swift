internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    private static let progressKey = Array("verification-progress".utf8)

    /// Entries whose hashes are compared before the Guard's lock is let go and progress can be kept.
    public static let verificationStep: UInt64 = 100_000

    /// Compares the hashes of the next entries; call until all of the log is compared.
    ///
    /// Other requests go on between two calls.
    ///
    /// - Parameters:
    ///   - progress: Where to go on; its problems grow.
    ///   - step: How many entries at most.
    ///   - caller: As for ``audit(_:by:)``.
    /// - Returns: Whether the whole log as it is now was compared.
    /// - Throws: A ``Failure`` where the storage cannot be read at all.
    /// - Complexity: O(step), constant memory.
    public func auditTree(
        _ progress: inout VerificationProgress,
        step: UInt64 = GuardCore.verificationStep,
        by caller: Caller
    ) throws -> Bool {
        let (next, isDone) = try exclusively { [progress] mutable in
            try authorizeAudit(caller, &mutable)
            var progress = progress
            var audit = StateAudit(
                state: mutable.state,
                key: signingKey.verifier,
                isDemo: isDemo
            )
            let isDone = try audit.checkTree(&progress, step: step)
            let known = Set(progress.problems)
            progress.problems += audit.result.problems.filter { !known.contains($0) }
            progress.bind(to: mutable.state)
            return (progress, isDone)
        }
        progress = next
        return isDone
    }

    /// The same as ``audit(_:by:)`` where the hashes were compared by ``auditTree(_:step:by:)``.
    ///
    /// - Parameters:
    ///   - share: Whose records are compared.
    ///   - progress: Bound to the log that this looks at.
    ///   - caller: As for ``audit(_:by:)``.
    /// - Returns: Problems as values, and what the record side must hold.
    /// - Throws: A ``Failure`` where the storage cannot be read at all.
    public func audit(
        _ share: AuditShare,
        going progress: inout VerificationProgress,
        by caller: Caller
    ) throws -> GuardAudit {
        let (next, found) = try exclusively { [progress] mutable in
            try authorizeAudit(caller, &mutable)
            var progress = progress
            var audit = StateAudit(
                state: mutable.state,
                key: signingKey.verifier,
                isDemo: isDemo,
                share: share
            )
            audit.isTreeChecked = true
            let found = try audit.run()
            progress.bind(to: mutable.state)
            return (progress, found)
        }
        progress = next
        return found
    }

    /// Seals progress for a file: nobody else can make one, or make another of it.
    ///
    /// - Parameters:
    ///   - progress: As ``auditTree(_:step:by:)`` and ``audit(_:going:by:)`` left it.
    ///   - caller: As for ``audit(_:by:)``.
    /// - Returns: The file's bytes.
    /// - Throws: A ``Failure``.
    public func sealed(_ progress: VerificationProgress, by caller: Caller) throws -> [UInt8] {
        try exclusively { mutable in
            try authorizeAudit(caller, &mutable)
            return try SealedItem.seal(
                progress.json.bytes,
                kind: .meta,
                key: Self.progressKey,
                with: mutable.state.ring.state,
                random: mutable.state.random
            )
        }
    }

    /// Takes up what an earlier verification left.
    ///
    /// The log must extend the one that it saw, and its stored hashes must still be those that were computed.
    /// Where newer entries are about a patient, that patient's share is looked at again; where there are
    /// newer entries of any kind but sessions, heads and disclosures, so is the first share.
    ///
    /// - Parameters:
    ///   - file: As ``sealed(_:by:)`` wrote it.
    ///   - caller: As for ``audit(_:by:)``.
    /// - Returns: The progress, or why it cannot be used.
    /// - Throws: A ``Failure`` where the storage cannot be read at all.
    public func takeUp(_ file: [UInt8], by caller: Caller) throws -> VerificationTakeUp {
        try exclusively { mutable in
            try authorizeAudit(caller, &mutable)
            let state = mutable.state
            let bytes = try? SealedItem.open(
                file,
                kind: .meta,
                key: Self.progressKey,
                with: state.ring.state
            )
            guard let json = bytes.flatMap({ JSONValue(parsing: $0) }),
                var progress = VerificationProgress(json)
            else {
                return .startsOver("the progress file was altered, or is another vault's")
            }
            let hashes = StoredHashes(storage: try state.storage)
            guard progress.size <= state.frontier.size,
                try CompactRange(size: progress.size, reader: hashes).root == progress.root,
                try CompactRange(size: progress.entries, reader: hashes).root == progress.treeRoot
            else {
                return .startsOver("the log does not go on from the one that was looked at")
            }
            try state.reopenShares(&progress)
            return .goesOn(progress)
        }
    }
}

extension VerificationProgress {
    /// What was looked at holds for the log as it is now.
    fileprivate mutating func bind(to state: GuardState) {
        size = state.frontier.size
        root = state.frontier.root
    }
}

extension GuardState {
    /// Takes out the shares about which newer entries say something.
    fileprivate func reopenShares(_ progress: inout VerificationProgress) throws {
        let newer = progress.size..<frontier.size
        guard !newer.isEmpty else { return }
        let harmless: Set<EntryKind> = [.session, .heads, .disclosure]
        var isFirstTouched = false
        try storage.forEachEntry(in: newer) { _, bytes in
            isFirstTouched = !harmless.contains(try EntryFrame(bytes).kind)
            return !isFirstTouched
        }
        if isFirstTouched { progress.shares.remove(0) }
        let count = progress.shareCount
        try forEachPatient(in: newer) { patient, _ in
            progress.shares = progress.shares.filter {
                !AuditShare(number: $0, of: count).holds(patient)
            }
        }
    }
}
