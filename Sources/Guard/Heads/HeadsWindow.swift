internal import Consent
public import MerkleLog
public import VaultCore

/// Two `heads` entries around a window of time, with their maps: proves of any patient that the window has
/// no entry about them.
///
/// How to use it: ask ``GuardCore/headsWindow(from:until:by:)`` once, then ``proof(of:)`` for each
/// patient. Two patients' proofs share everything but their own paths, 32 bytes a level.
public struct HeadsWindow: Sendable {
    /// One end.
    public struct End: Sendable {
        /// The entry that states the map's root, provable under ``HeadsWindow/checkpoint``.
        public let entry: EntryProof
        /// The patients' heads.
        public let heads: [PatientPseudonym: PatientHead]
        let map: HeadsMap<HeadsInMemory>

        /// The entry's time.
        public var time: Instant { entry.frame.time }
    }

    /// The last `heads` entry before the window.
    public let start: End
    /// The first one at the window's end or after.
    public let end: End
    /// The checkpoint that both paths lead to.
    public let checkpoint: SignedNote

    /// Proves that no entry of the window has a part of this patient.
    ///
    /// - Parameter patient: Anybody, also one whom the vault does not know.
    /// - Returns: The proof; `nil` where there is such an entry.
    /// - Throws: ``MerkleLogError`` where the maps are damaged.
    public func proof(of patient: PatientPseudonym) throws -> NotAccessedProof? {
        let head = start.heads[patient]
        guard head == end.heads[patient] else { return nil }
        return try NotAccessedProof(
            patient: patient.description,
            start: HeadsBlock(
                proof: try start.map.proof(of: patient.description, head),
                entry: start.entry
            ),
            end: HeadsBlock(
                proof: try end.map.proof(of: patient.description, head),
                entry: end.entry
            ),
            checkpoint: checkpoint
        )
    }
}

extension GuardCore {
    /// The heads of all patients at both ends of a window, as the log states them.
    ///
    /// The start is the last `heads` entry before the window, the end the first one at its end or after; what
    /// they prove is a little wider than what was asked. Where the window has only just ended, a `heads`
    /// entry is written now.
    ///
    /// - Parameters:
    ///   - from: First moment of the window.
    ///   - until: First moment after it.
    ///   - caller: An officer or the operator.
    /// - Returns: Both ends; `nil` where the log began inside the window, has not reached its end, or lost
    ///   entries between the two.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    /// - Complexity: O(entries up to the end); opens no entry but the two.
    public func headsWindow(
        from: Instant,
        until: Instant,
        by caller: Caller
    ) throws -> HeadsWindow? {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: AccessLogQuery(from: from, until: until).json,
                state: state,
                allowsOperator: true
            )
            try state.requireLogReader(actor, of: nil)
            let note = try checkpoint(
                &mutable.state,
                areHeadsDue: state.isHeadsEntryDue(at: until)
            )
            return try state.headsWindow(from: from, until: until, note: note)
        }
    }

    /// A portable proof that a window has no entry about a patient.
    ///
    /// - Parameters:
    ///   - patient: Whom.
    ///   - from: First moment of the window.
    ///   - until: First moment after it.
    ///   - caller: An officer, the operator, or that patient.
    /// - Returns: The text of a not-accessed proof; `nil` where an entry of the window is about them or the
    ///   window has no two ends.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func notAccessedProof(
        of patient: PatientDesignation,
        from: Instant,
        until: Instant,
        by caller: Caller
    ) throws -> String? {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: [
                    "kind": "not-accessed-proof", "patient": patient.json,
                    "from": .int(from.microseconds), "until": .int(until.microseconds),
                ],
                state: state,
                allowsOperator: true
            )
            let named = try state.pseudonym(of: patient)
            try state.requireLogReader(actor, of: named)
            guard let named, try state.patient(named) != nil else {
                throw GuardError.unknown(what: "patient")
            }
            let note = try checkpoint(
                &mutable.state,
                areHeadsDue: state.isHeadsEntryDue(at: until)
            )
            let window = try state.headsWindow(from: from, until: until, note: note)
            return try window?.proof(of: named).map { String(decoding: $0.bytes, as: UTF8.self) }
        }
    }
}

extension GuardState {
    /// Whether a moment has passed and no entry came since, so that no map of heads stands at or after it.
    fileprivate func isHeadsEntryDue(at moment: Instant) -> Bool {
        lastTime < moment && clock.now() >= moment
    }

    /// Finds the two entries and builds the maps as they stood there.
    fileprivate func headsWindow(
        from: Instant,
        until: Instant,
        note: String
    ) throws -> HeadsWindow? {
        var ends: (start: UInt64?, end: UInt64?) = (nil, nil)
        try storage.forEachEntry(in: 0..<frontier.size) { index, bytes in
            let frame = try EntryFrame(bytes)
            guard frame.kind == .heads else { return true }
            if frame.time < from { ends.start = index }
            if frame.time >= until { ends.end = index }
            return ends.end == nil
        }
        guard let first = ends.start, let second = ends.end, first < second,
            LogOrigin(origin).gap(between: first, and: second) == nil
        else { return nil }
        let checkpoint = try SignedNote(parsing: Array(note.utf8))
        var heads: [PatientPseudonym: PatientHead] = [:]
        func read(_ range: Range<UInt64>) throws {
            try forEachPatient(in: range) { patient, index in
                let count = heads[patient]?.count ?? 0
                heads[patient] = PatientHead(count: count + 1, last: index)
            }
        }
        try read(0..<first)
        let start = try end(at: first, heads)
        try read(first..<second)
        return HeadsWindow(start: start, end: try end(at: second, heads), checkpoint: checkpoint)
    }

    private func end(
        at index: UInt64,
        _ heads: [PatientPseudonym: PatientHead]
    ) throws -> HeadsWindow.End {
        var map = HeadsMap(HeadsInMemory())
        let byText = heads.map { ($0.key.description, $0.value) }
        let root = try map.set(Dictionary(byText, uniquingKeysWith: { $1 })).root
        let proof = try proof(of: index, patient: Self.nobody)
        guard proof.header?.json?[HeadsStatement.rootName]?.string == root.base64 else {
            throw GuardError.damagedState
        }
        return HeadsWindow.End(entry: proof, heads: heads, map: map)
    }
}
