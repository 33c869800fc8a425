internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

extension GuardCore {
    /// Replays the whole log and compares everything the Guard keeps with what follows from it.
    ///
    /// - Parameters:
    ///   - share: Whose records are compared; all shares together compare everything.
    ///   - caller: An administrator, officer, overseer or the operator, by ``GuardRequest/audit``.
    /// - Returns: Problems as values, and what the record side must hold.
    /// - Throws: A ``Failure`` where the storage cannot be read at all.
    /// - Complexity: O(entries); holds the records of the share's patients in memory, and of all patients a
    ///   few hundred bytes each.
    public func audit(_ share: AuditShare, by caller: Caller) throws -> GuardAudit {
        try exclusively { mutable in
            try authorizeAudit(caller, &mutable)
            var audit = StateAudit(
                state: mutable.state,
                key: signingKey.verifier,
                isDemo: isDemo,
                share: share
            )
            return try audit.run()
        }
    }

    /// Checks the log alone: hashes, order of times, the kept checkpoint, and one given from outside.
    ///
    /// - Parameters:
    ///   - checkpoint: A signed checkpoint that this log must extend, if any.
    ///   - caller: An administrator, officer, overseer or the operator, by ``GuardRequest/audit``.
    /// - Returns: The number of entries and every problem.
    /// - Throws: A ``Failure`` where the storage cannot be read at all.
    /// - Complexity: O(entries), constant memory.
    public func auditLog(
        extending checkpoint: [UInt8]?,
        by caller: Caller
    ) throws -> GuardAudit {
        try exclusively { mutable in
            try authorizeAudit(caller, &mutable)
            var audit = StateAudit(
                state: mutable.state,
                key: signingKey.verifier,
                isDemo: isDemo
            )
            try audit.checkTree(extending: checkpoint)
            return audit.result
        }
    }

    func authorizeAudit(_ caller: Caller, _ mutable: inout Mutable) throws {
        _ = try authorize(
            caller,
            &mutable,
            for: GuardRequest.audit,
            kinds: .auditors,
            action: "verify"
        )
    }
}

/// One audit in progress.
struct StateAudit {
    let state: GuardState
    let key: NoteVerifierKey
    let isDemo: Bool
    var share = AuditShare.whole
    /// Whether the hashes were compared already, step by step.
    var isTreeChecked = false
    var result = GuardAudit()

    mutating func problem(_ kind: String, _ detail: String) {
        if result.problems.count < 1_000 {
            result.problems.append(AuditProblem(kind: kind, detail: detail))
        }
    }

    mutating func run() throws -> GuardAudit {
        // Nothing is taken from memory: what counts is what the disk gives back.
        state.rollBack()
        state.forgetCaches()
        try state.settle()
        var replay = emptyReplay()
        guard share.isFirst else {
            // The first share has reported what is wrong with the log itself.
            try replayLog(&replay)
            try comparePatients(replay)
            expect(replay)
            return result
        }
        for line in try state.storage.structuralProblems() { problem("file", line) }
        if isTreeChecked {
            result.entries = state.frontier.size
        } else {
            try checkTree(extending: nil)
        }
        try replayLog(&replay)
        result.problems += replay.problems
        try comparePatients(replay)
        try comparePrincipals(replay)
        try compareIncidents(replay)
        try compareSeals(replay)
        try compareIndex(replay)
        try checkItems(replay)
        if replay.isDemo != isDemo { problem("state", "the demo mark is not the first entry's") }
        for gap in LogOrigin(key.name).gaps { result.notes.append("\(gap)") }
        for index in replay.abandoned { result.notes.append("write \(index) was abandoned") }
        for index in replay.openIntents.keys.sorted() {
            result.notes.append("write \(index) is open; the next start closes it")
        }
        expect(replay)
        return result
    }

    private func emptyReplay() -> Replay {
        let ring = state.ring
        return Replay(share) { record, patient in ring.tag(of: record, patient: patient).high }
    }

    private mutating func expect(_ replay: Replay) {
        for (pseudonym, patient) in replay.patients where !patient.versions.isEmpty {
            result.expected[pseudonym] = patient.versions.values.sorted {
                ($0.number, $0.version) < ($1.number, $1.version)
            }
        }
    }

    private mutating func replayLog(_ replay: inout Replay) throws {
        let reader = LogReader(state: state)
        let parts: LogReader.Parts = share.isFirst ? .all : .share(share)
        var unreadable: [UInt64] = []
        try state.storage.forEachEntry(in: 0..<state.frontier.size) { index, bytes in
            do { try replay.apply(try reader.open(index, Array(bytes), parts: parts)) } catch {
                unreadable.append(index)
            }
            return true
        }
        for index in unreadable { problem("log", "entry \(index) cannot be read") }
    }
}
