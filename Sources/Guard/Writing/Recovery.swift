internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

extension GuardCore {
    /// Intents that a crash left between their announcement and their `stored` entry; those of writes
    /// that are under way are not among them.
    ///
    /// - Parameter caller: Who may write records, or the operator, by ``GuardRequest/recovery``.
    /// - Returns: Oldest first; whoever holds the rows looks whether each probe is there.
    /// - Throws: A ``Failure``.
    public func openIntents(by caller: Caller) throws -> [OpenIntent] {
        try exclusively { mutable in
            try authorizeRecovery(caller, &mutable)
            return try openIntents(&mutable)
        }
    }

    func authorizeRecovery(_ caller: Caller, _ mutable: inout Mutable) throws {
        _ = try authorize(
            caller,
            &mutable,
            for: GuardRequest.recovery,
            kinds: .writers,
            action: "finish a write"
        )
    }

    private func openIntents(_ mutable: inout Mutable) throws -> [OpenIntent] {
        let state = mutable.state
        let live = Set(mutable.writes.keys)
        var found: [OpenIntent] = []
        try state.forEachStoredItem(.openIntent) { key, session in
            guard let id = WriteSessionID(bytes: session) else {
                throw GuardError.damagedState
            }
            guard !live.contains(id) else { return }
            let index = UInt64(bigEndianBytes: key)
            try state.requireOpen(index)
            let probe = try state.intentParts(index).lazy.compactMap { patient, part in
                if let rotation = part.rotation {
                    return rotation.probe.map { ($0, rotation.rows[0].version) }
                }
                return part.rows.records.first { $0.id != nil }.flatMap { row in
                    row.id.map { (state.ring.tag(of: $0, patient: patient), row.version) }
                }
            }.first
            found.append(OpenIntent(index: index, session: id, probe: probe))
        }
        return found
    }

    /// Closes what a crash left open: as stored where the rows are there, else as abandoned.
    ///
    /// - Parameters:
    ///   - session: The write session.
    ///   - hasRows: Whether its transaction of rows was committed.
    ///   - caller: Who may write records, or the operator, by ``GuardRequest/recovery``.
    /// - Throws: A ``Failure``.
    public func resolve(_ session: WriteSessionID, hasRows: Bool, by caller: Caller) throws {
        try exclusively { mutable in
            try authorizeRecovery(caller, &mutable)
            let open = try openIntents(&mutable).filter { $0.session == session }.map(\.index)
            let state = mutable.state
            guard hasRows else {
                try state.abandon(open)
                return mutable.unfinished.remove(session)
            }
            var books: [PatientPseudonym: PatientBook] = [:]
            for index in open {
                for (pseudonym, part) in try state.intentParts(index) {
                    guard let patient = try state.patient(pseudonym) else {
                        throw GuardError.damagedState
                    }
                    var book = try books[pseudonym] ?? state.book(of: pseudonym, patient)
                    try book.apply(part, at: index) {
                        state.ring.tag(of: $0, patient: pseudonym).high
                    }
                    books[pseudonym] = book
                }
            }
            for (pseudonym, book) in books { try state.setBook(book, of: pseudonym) }
            _ = try state.stored(open) {
                var header = EntryHeader(kind: .stored, time: try state.entryTime())
                header.actor = "guard"
                header.actorKind = "guard"
                header.automated = .machine
                return header
            }
            mutable.unfinished.remove(session)
        }
    }
}

extension GuardState {
    /// Refuses an intent that the log has closed: an older copy of its mark was put back, and to complete
    /// it again would bring back old facts and versions.
    fileprivate func requireOpen(_ intent: UInt64) throws {
        let reader = LogReader(state: self)
        try storage.forEachEntry(in: intent + 1..<max(intent + 1, frontier.size)) { index, bytes in
            let kind = try EntryFrame(bytes).kind
            guard kind == .stored || kind == .abandoned else { return true }
            let header = try reader.open(index, Array(bytes), parts: .only(Self.nobody)).header
            let closed = (header["intents"]?.integers ?? []) + [header["intent"]?.int ?? -1]
            guard !closed.contains(Int64(intent)) else { throw GuardError.damagedState }
            return true
        }
    }

    /// The patients' parts of an intent.
    func intentParts(_ index: UInt64) throws -> [(PatientPseudonym, IntentPart)] {
        try LogReader(state: self).entry(index, parts: .all).parts.map {
            ($0.pseudonym, try IntentPart(json: $0.body))
        }
    }
}
