internal import Consent
internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// A portable proof that one entry is in the log, with the header and one patient's part opened.
    ///
    /// - Parameters:
    ///   - index: The entry.
    ///   - patient: Whose part is opened; `nil` opens the only part, or none where there are several.
    ///   - caller: An officer, the operator, or the patient whom the entry is about.
    /// - Returns: The text of a proof bundle; opening no other patient's part.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func proof(
        ofEntry index: UInt64,
        patient: PatientDesignation?,
        by caller: Caller
    ) throws -> String {
        try proof(
            ofEntry: index,
            patient: patient,
            body: ["kind": "proof", "index": .int(Int64(clamping: index))],
            by: caller
        ) { (try checkpoint(&$0.state), $0.state.frontier.size) }
    }

    /// The same for an entry from before the log lost its tail, under the name that it had then.
    ///
    /// - Parameters:
    ///   - index: The entry.
    ///   - patient: As for ``proof(ofEntry:patient:by:)``.
    ///   - origin: A name that the log had; its last checkpoint was signed when it got the next one.
    ///   - caller: As for ``proof(ofEntry:patient:by:)``.
    /// - Returns: The text of a proof bundle that the key of that name checks.
    /// - Throws: ``GuardError/unknown(what:)`` also for a name that the log never had, and others.
    public func proof(
        ofEntry index: UInt64,
        patient: PatientDesignation?,
        under origin: String,
        by caller: Caller
    ) throws -> String {
        try proof(
            ofEntry: index,
            patient: patient,
            body: [
                "kind": "proof", "index": .int(Int64(clamping: index)), "origin": .string(origin),
            ],
            by: caller
        ) { mutable in
            guard
                let tail = try mutable.state.lostTails().first(where: { $0.formerOrigin == origin }
                ),
                index < tail.present
            else { throw GuardError.unknown(what: "log entry under this name") }
            return (tail.closing, tail.present)
        }
    }

    private func proof(
        ofEntry index: UInt64,
        patient: PatientDesignation?,
        body: JSONValue,
        by caller: Caller,
        under checkpoint: (inout Mutable) throws -> (note: String, size: UInt64)
    ) throws -> String {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: body,
                state: state,
                allowsOperator: true
            )
            let own = try state.ownPseudonym(of: actor)
            if own == nil { try state.requireLogReader(actor, of: nil) }
            let (note, size) = try checkpoint(&mutable)
            var wanted = own
            if own == nil, let patient {
                // An identifier that nobody has opens nobody's part.
                wanted = try state.pseudonym(of: patient) ?? GuardState.nobody
            }
            let bundle = ProofBundle(
                entry: try state.proof(of: index, patient: wanted, isOwn: own != nil, size: size),
                checkpoint: try SignedNote(parsing: Array(note.utf8))
            )
            return String(decoding: bundle.bytes, as: UTF8.self)
        }
    }

    /// A portable proof of a patient's complete list: every entry about them, chained by back-pointers.
    ///
    /// - Parameters:
    ///   - patient: Whose list.
    ///   - caller: An officer, the operator, or that patient.
    /// - Returns: The text of a history proof.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func historyProof(
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> String {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "history-proof", "patient": patient.json],
                state: state,
                allowsOperator: true
            )
            let named = try state.pseudonym(of: patient)
            try state.requireLogReader(actor, of: named)
            guard let pseudonym = named, try state.patient(pseudonym) != nil else {
                throw GuardError.unknown(what: "patient")
            }
            let note = try checkpoint(&mutable.state)
            let entries = try LogReader(state: state).history(of: pseudonym).map {
                try state.proof(of: $0.index, patient: pseudonym)
            }
            let proof = PatientHistoryProof(
                entries: entries,
                heads: try state.newestHeads(of: pseudonym),
                checkpoint: try SignedNote(parsing: Array(note.utf8))
            )
            return String(decoding: proof.bytes, as: UTF8.self)
        }
    }

    /// Checks a proof or checkpoint with nothing but a public key; needs no vault and no secret.
    ///
    /// - Parameters:
    ///   - bytes: A proof bundle, a history proof or a checkpoint.
    ///   - verifierKey: The vault's public key in C2SP's text form.
    /// - Returns: What was proven, and every problem found.
    /// - Throws: A ``Failure`` where the key's text is malformed.
    public static func check(_ bytes: [UInt8], verifierKey: String) throws -> ProofFinding {
        let verdict = ProofCheck.check(bytes, key: try NoteVerifierKey(verifierKey))
        return ProofFinding(
            subject: verdict.subject?.rawValue,
            treeSize: verdict.checkpoint?.size,
            entries: verdict.entries.map(\.index),
            problems: verdict.problems.map { "\($0.kind.rawValue): \($0.detail)" },
            notes: verdict.notes
        )
    }
}

/// What an offline check of a proof found.
public struct ProofFinding: Sendable, Hashable {
    /// Which kind of document it is.
    public let subject: String?
    /// Entries that the document's checkpoint covers.
    public let treeSize: UInt64?
    /// Indexes of the entries that it proves.
    public let entries: [UInt64]
    /// Everything that does not hold; empty where all does.
    public let problems: [String]
    /// What holds only up to a point, in words.
    public let notes: [String]
}

extension GuardState {
    /// What the newest map says of a patient, where the newest entry states it.
    fileprivate func newestHeads(of patient: PatientPseudonym) throws -> PatientHistoryProof.Heads {
        guard let mark = try headsMark(), mark.size == frontier.size,
            let known = try self.patient(patient), let last = known.lastEntry
        else { return .none }
        let head = PatientHead(count: known.entryCount, last: last)
        return .map(
            HeadsBlock(
                proof: try HeadsMap(KeptTiles(state: self)).proof(of: patient.description, head),
                entry: try proof(of: mark.size - 1, patient: Self.nobody)
            )
        )
    }

    /// Path and openings of one entry: the header and at most one patient's part.
    func proof(
        of index: UInt64,
        patient: PatientPseudonym?,
        isOwn: Bool = false,
        size: UInt64? = nil
    ) throws -> EntryProof {
        guard let stored = try storage.entry(at: index) else {
            throw GuardError.unknown(what: "log entry")
        }
        let entry = try EntryCodec.decode(stored)
        let reader = LogReader(state: self)
        var openings = [try reader.opening(0, of: entry, patient: GuardState.nobody)]
        for number in entry.sections.indices.dropFirst() {
            let owner = reader.patient(of: entry.sections[number].routing, index: index)
            guard patient == owner || (patient == nil && entry.sections.count == 2) else {
                continue
            }
            openings.append(try reader.opening(number, of: entry, patient: owner))
            break
        }
        guard !isOwn || openings.count == 2 else {
            throw GuardError.notPermitted(action: "read the log")
        }
        return try EntryProof(
            index: index,
            entry: entry,
            openings: openings,
            size: size ?? frontier.size,
            reader: StoredHashes(storage: try storage)
        )
    }
}
