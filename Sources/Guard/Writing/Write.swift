internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

extension GuardCore {
    /// Begins a write with a fresh epoch.
    ///
    /// - Parameters:
    ///   - caller: Who writes; the operator, a registrar, a clinician or an integration.
    ///   - origin: Where the data come from, `import` or a client's name.
    ///   - context: Where the call came from.
    /// - Returns: The session.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func beginWrite(
        by caller: Caller,
        origin: String,
        context: CallContext
    ) throws -> WriteSessionID {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "write", "origin": .string(origin)],
                state: state,
                allowsOperator: true
            )
            try actor.require(
                [.administrator, .registrar, .clinician, .integration],
                action: "write records"
            )
            guard let id = WriteSessionID(bytes: state.random.bytes(16)),
                let epoch = Epoch(bytes: state.random.bytes(16))
            else { throw GuardError.damagedState }
            let kind = actor.principal?.requester.kind
            mutable.writes[id] = WriteSession(
                id: id,
                epoch: epoch,
                actor: actor,
                context: context,
                origin: origin,
                statesFacts: kind == nil || kind == .registrar || kind == .administrator
            )
            return id
        }
    }

    /// Begins a write that states one patient's consent; the patient, officers and registrars may.
    ///
    /// - Parameters:
    ///   - patient: Whose consent.
    ///   - caller: Who states it; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: The session; only that patient's Consents may be written in it.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func beginConsent(
        of patient: RecordID,
        by caller: Caller,
        context: CallContext
    ) throws -> WriteSessionID {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "consent", "patient": .string(patient.description)],
                state: state,
                allowsOperator: false
            )
            try state.requireConsentKeeper(actor, of: state.ring.pseudonym(of: patient.description))
            guard try state.patient(state.ring.pseudonym(of: patient.description)) != nil,
                let id = WriteSessionID(bytes: state.random.bytes(16)),
                let epoch = Epoch(bytes: state.random.bytes(16))
            else { throw GuardError.unknown(what: "patient") }
            mutable.writes[id] = WriteSession(
                id: id,
                epoch: epoch,
                actor: actor,
                context: context,
                origin: "consent",
                statesFacts: true,
                onlyConsentsOf: patient
            )
            return id
        }
    }

    /// Plans where every resource of some patients goes, and hands out this session's write keys.
    ///
    /// - Parameters:
    ///   - writes: One for each patient; a patient may come again in a later call.
    ///   - id: The session.
    /// - Returns: In the order of `writes`.
    /// - Throws: ``GuardError/unknown(what:)`` for an ended session, ``GuardError/erased``, others.
    public func plan(_ writes: [PatientWrite], in id: WriteSessionID) throws -> [PatientPlan] {
        try exclusively { mutable in
            let state = mutable.state
            guard var session = mutable.writes[id] else {
                throw GuardError.unknown(what: "write session")
            }
            guard session.admits(writes) else {
                throw GuardError.notPermitted(action: "write this")
            }
            let busy = mutable.writes.values.filter { $0.id != id }
            guard
                writes.allSatisfy({ write in
                    busy.allSatisfy { $0.books[state.pseudonym(of: write)] == nil }
                })
            else { throw GuardError.busy }
            try state.createMissing(writes, session: session)
            var plans: [PatientPlan] = []
            for write in writes {
                let pseudonym = state.pseudonym(of: write)
                guard let patient = try state.patient(pseudonym) else {
                    throw GuardError.damagedState
                }
                guard patient.erasedAt == nil else { throw GuardError.erased }
                let book = try session.books[pseudonym] ?? state.book(of: pseudonym, patient)
                var planner = WritePlanner(
                    state: state,
                    session: session,
                    pseudonym: pseudonym,
                    keys: try state.patientKeys(pseudonym, patient),
                    book: book
                )
                plans.append(try planner.plan(write))
                session.books[pseudonym] = planner.book
                session.moving[pseudonym] = planner.origins
                guard session.planned[pseudonym] == nil else {
                    throw GuardError.invalid(field: "plan")
                }
                if !planner.part.isEmpty { session.planned[pseudonym] = planner.part }
            }
            mutable.writes[id] = session
            return plans
        }
    }

    /// Announces what is about to be stored, and waits until the announcement is on disk.
    ///
    /// - Parameters:
    ///   - hashes: For every planned patient that has something to store.
    ///   - id: The session.
    /// - Returns: The intent's log index, which every stored row carries; `nil` for nothing to store.
    /// - Throws: ``GuardError/invalid(field:)`` where hashes do not fit the plan, and others.
    public func recordIntent(
        _ hashes: [SealedHashes],
        in id: WriteSessionID
    ) throws -> UInt64? {
        try exclusively { mutable in
            let state = mutable.state
            guard var session = mutable.writes[id] else {
                throw GuardError.unknown(what: "write session")
            }
            let known = Dictionary(
                hashes.map { ($0.pseudonym, $0.hashes) },
                uniquingKeysWith: { $1 }
            )
            var parts: [GuardState.Part] = []
            for (pseudonym, planned) in session.planned.sorted(by: { $0.key < $1.key }) {
                var part = planned
                let sealed = known[pseudonym] ?? []
                guard sealed.count == part.records.count else {
                    throw GuardError.invalid(field: "sealed hashes")
                }
                for (row, bytes) in sealed.enumerated() {
                    guard let hash = MerkleHash(bytes) else {
                        throw GuardError.invalid(field: "sealed hashes")
                    }
                    part.records[row].sealed = hash
                }
                parts.append(GuardState.Part(patient: pseudonym, body: part.json))
            }
            let announced = session.planned
            session.planned = [:]
            guard !parts.isEmpty else {
                mutable.writes[id] = session
                return nil
            }
            var header = try state.header(.intent, by: session.actor, context: session.context)
            header.action = "write"
            header.origin = [session.origin]
            header.more = [
                .init("write", .string(id.description)),
                .init("epoch", .string(session.epoch.description)),
            ]
            let (index, _) = try state.append(header, parts: parts)
            state.setItem(.openIntent, bigEndian(index), id.bytes)
            try state.commit()
            for (pseudonym, part) in announced {
                session.announce(part, of: pseudonym, at: index)
            }
            session.intents.append(index)
            mutable.writes[id] = session
            return index
        }
    }

    /// Says that the rows of all intents of a session are durable; from now on they count.
    ///
    /// - Parameter id: The session, which ends.
    /// - Returns: The `stored` entry; `nil` where the session had nothing to store.
    /// - Throws: ``GuardError/invalid(field:)`` where something planned was never announced, and others.
    public func finishWrite(_ id: WriteSessionID) throws -> Receipt? {
        try exclusively { mutable in
            guard let session = mutable.writes[id] else {
                throw GuardError.unknown(what: "write session")
            }
            // The books hold what was planned: unannounced rows must not count as stored.
            guard session.planned.isEmpty else { throw GuardError.invalid(field: "plan") }
            guard !session.intents.isEmpty else {
                mutable.writes[id] = nil
                return nil
            }
            let receipt: Receipt
            do {
                receipt = try mutable.state.stored(
                    session.intents,
                    books: try session.storedBooks(mutable.state),
                    header: {
                        try mutable.state.header(
                            .stored,
                            by: session.actor,
                            context: session.context
                        )
                    }
                )
            } catch {
                // The rows are there and do not count yet: no answer may mix them with the old state.
                // The next start completes the write.
                mutable.state.isStopped = true
                throw error
            }
            mutable.writes[id] = nil
            try mutable.state.growIndexIfNeeded()
            return receipt
        }
    }

    /// Gives a write up: none of its rows exist.
    ///
    /// - Parameter id: The session, which ends.
    /// - Throws: A ``Failure``.
    public func abandonWrite(_ id: WriteSessionID) throws {
        try exclusively { mutable in
            guard let session = mutable.writes.removeValue(forKey: id) else { return }
            try mutable.state.abandon(session.intents)
        }
    }
}

extension GuardState {
    fileprivate func pseudonym(of write: PatientWrite) -> PatientPseudonym {
        ring.pseudonym(of: write.patient?.description ?? Self.directoryReference)
    }

    /// Makes and announces the keys of patients that are written for the first time.
    fileprivate func createMissing(_ writes: [PatientWrite], session: WriteSession) throws {
        var parts: [Part] = []
        var count = try storage.itemCount(.patient)
        for write in writes {
            let pseudonym = pseudonym(of: write)
            guard try patient(pseudonym) == nil else { continue }
            let shard = UInt32(count / Limits.patientsPerShard)
            count += 1
            setPatient(
                pseudonym,
                PatientState(
                    reference: write.patient?.description ?? Self.directoryReference,
                    shard: shard
                )
            )
            let key = try makePatientKey(pseudonym, shard: shard, generation: 0)
            parts.append(
                Part(
                    patient: pseudonym,
                    body: [
                        "reference": .string(
                            write.patient?.description ?? Self.directoryReference
                        ),
                        "shard": .int(Int64(shard)), "generation": 0,
                        "wrappedKey": .string(key.base64),
                    ]
                )
            )
        }
        guard !parts.isEmpty else { return }
        var header = try self.header(.key, by: session.actor, context: session.context)
        header.action = "create-patient-key"
        try append(header, parts: parts)
        // CRASH: a patient without records; the next write uses the same key.
        try commit()
    }

    /// A patient's book as it is stored.
    func book(of pseudonym: PatientPseudonym, _ patient: PatientState) throws -> PatientBook {
        PatientBook(
            segments: patient.segments,
            catalogue: try catalogue(of: pseudonym),
            graph: try item(.labelGraph, pseudonym.bytes).map { try LabelNodes(decoding: $0) }
                ?? LabelNodes(),
            facts: try facts(of: pseudonym),
            identity: nil
        )
    }

    /// Stages and commits the `stored` entry of some intents and everything that follows from them.
    fileprivate func stored(
        _ intents: [UInt64],
        books: [PatientPseudonym: PatientBook],
        header makeHeader: () throws -> EntryHeader
    ) throws -> Receipt {
        for (pseudonym, book) in books { try setBook(book, of: pseudonym) }
        var header = try makeHeader()
        header.action = "stored"
        header.more = [.init("intents", .array(intents.map { .int(Int64($0)) }))]
        let (index, leaf) = try append(header)
        for intent in intents { setItem(.openIntent, bigEndian(intent), nil) }
        try commit()
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    func setBook(_ book: PatientBook, of pseudonym: PatientPseudonym) throws {
        guard var patient = try patient(pseudonym) else { throw GuardError.damagedState }
        patient.segments = book.segments
        setPatient(pseudonym, patient)
        setItem(.catalogue, pseudonym.bytes, book.catalogue.encoded())
        setItem(.labelGraph, pseudonym.bytes, book.graph.encoded())
        setFacts(book.facts, of: pseudonym)
        if let identity = book.identity { try setSearchFields(identity, of: pseudonym) }
    }

    fileprivate func abandon(_ intents: [UInt64]) throws {
        for index in intents {
            var header = EntryHeader(kind: .abandoned, time: try entryTime())
            header.actor = "guard"
            header.actorKind = "guard"
            header.automated = .machine
            header.action = "abandon"
            header.more = [.init("intent", .int(Int64(index)))]
            try append(header)
            setItem(.openIntent, bigEndian(index), nil)
        }
        if !intents.isEmpty { try commit() }
    }
}

// MARK: After a crash

extension GuardCore {
    /// Intents that a crash left between their announcement and their `stored` entry.
    ///
    /// - Returns: Oldest first; whoever holds the rows looks whether each probe is there.
    /// - Throws: A ``Failure``.
    public func openIntents() throws -> [OpenIntent] {
        try exclusively { mutable in
            let state = mutable.state
            var found: [OpenIntent] = []
            try state.forEachStoredItem(.openIntent) { key, session in
                guard let id = WriteSessionID(bytes: session) else {
                    throw GuardError.damagedState
                }
                let index = UInt64(bigEndianBytes: key)
                try state.requireOpen(index)
                let probe = try state.intentParts(index).lazy.compactMap { patient, part in
                    part.records.first { $0.id != nil }.flatMap { row in
                        row.id.map { (state.ring.tag(of: $0, patient: patient), row.version) }
                    }
                }.first
                found.append(OpenIntent(index: index, session: id, probe: probe))
            }
            return found
        }
    }

    /// Closes what a crash left open: as stored where the rows are there, else as abandoned.
    ///
    /// - Parameters:
    ///   - session: The write session.
    ///   - hasRows: Whether its transaction of rows was committed.
    /// - Throws: A ``Failure``.
    public func resolve(_ session: WriteSessionID, hasRows: Bool) throws {
        let open = try openIntents().filter { $0.session == session }.map(\.index)
        try exclusively { mutable in
            let state = mutable.state
            guard hasRows else { return try state.abandon(open) }
            var books: [PatientPseudonym: PatientBook] = [:]
            for index in open {
                for (pseudonym, part) in try state.intentParts(index) {
                    guard let patient = try state.patient(pseudonym) else {
                        throw GuardError.damagedState
                    }
                    var book = try books[pseudonym] ?? state.book(of: pseudonym, patient)
                    try book.apply(part, at: index) {
                        UInt64(bigEndianBytes: state.ring.tag(of: $0, patient: pseudonym).bytes)
                    }
                    books[pseudonym] = book
                }
            }
            _ = try state.stored(open, books: books) {
                var header = EntryHeader(kind: .stored, time: try state.entryTime())
                header.actor = "guard"
                header.actorKind = "guard"
                header.automated = .machine
                return header
            }
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

extension IntentPart {
    /// Whether there is nothing to announce.
    var isEmpty: Bool { records.isEmpty && !statesSomething }

    /// Whether it states facts or who the patient is.
    var statesSomething: Bool { !facts.isEmpty || !withdrawn.isEmpty || identity != nil }
}
