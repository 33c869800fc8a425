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
            try admit(.write, actor, context, &mutable)
            try state.requireUnsealed(actor, context)
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
                statesFacts: kind == nil || kind == .registrar || kind == .administrator,
                lastUsed: state.clock.now(),
                token: actor.token
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
                lastUsed: state.clock.now(),
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
    /// - Throws: ``GuardError/unknown(what:)`` for an ended session, ``GuardError/erased``,
    ///   ``GuardError/notPermitted(action:)`` where no rule lets a clinician write there, others.
    public func plan(_ writes: [PatientWrite], in id: WriteSessionID) throws -> [PatientPlan] {
        try exclusively { mutable in
            let state = mutable.state
            var session = try mutable.write(id)
            guard session.admits(writes) else {
                throw GuardError.notPermitted(action: "write this")
            }
            for write in writes {
                try mutable.requireNoOtherWrite(of: state.pseudonym(of: write), than: id)
                try requireWriter(session, of: write, state)
            }
            var plans: [PatientPlan] = []
            for write in writes {
                let pseudonym = state.pseudonym(of: write)
                let (keys, stored) = try state.keysAndBook(of: write, pseudonym, &session)
                var planner = WritePlanner(
                    state: state,
                    session: session,
                    pseudonym: pseudonym,
                    keys: keys,
                    book: try session.book(of: pseudonym, state) ?? stored
                )
                plans.append(try planner.plan(write))
                session.moving[pseudonym] = planner.origins
                guard session.planned[pseudonym] == nil else {
                    throw GuardError.invalid(field: "plan")
                }
                // Where everything is stored already nothing is written back: every import names the
                // same directory entries.
                if !planner.part.isEmpty {
                    session.keep(planner.book, of: pseudonym)
                    session.planned[pseudonym] = planner.part
                }
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
            var session = try mutable.write(id)
            let known = Dictionary(
                hashes.map { ($0.pseudonym, $0.hashes) },
                uniquingKeysWith: { $1 }
            )
            var parts: [GuardState.Part] = []
            var facts: [PatientPseudonym: [UInt8]] = [:]
            for (pseudonym, planned) in session.planned.sorted(by: { $0.key < $1.key }) {
                var part = planned
                let sealed = known[pseudonym] ?? []
                guard sealed.count == part.sealedCount else {
                    throw GuardError.invalid(field: "sealed hashes")
                }
                for (row, bytes) in sealed.enumerated() {
                    guard let hash = MerkleHash(bytes) else {
                        throw GuardError.invalid(field: "sealed hashes")
                    }
                    part.setSealed(hash, row: row)
                }
                if let rotation = session.rotation {
                    part.rotation?.wrappedKey = try rotation.stageKey(state)
                }
                let stated = try part.compactedFacts()
                facts[pseudonym] = stated
                parts.append(GuardState.Part(patient: pseudonym, body: part.body(facts: stated)))
            }
            let announced = session.planned
            session.planned = [:]
            guard !parts.isEmpty else {
                mutable.writes[id] = session
                return nil
            }
            try state.stageNew(
                session.unannounced.filter { announced[$0.key] != nil },
                session: session
            )
            session.unannounced = [:]
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
                session.announce(
                    part,
                    facts: facts[pseudonym] ?? [],
                    of: pseudonym,
                    at: index
                )
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
            var session = try mutable.write(id)
            mutable.writes[id] = nil
            // The books hold what was planned: unannounced rows must not count as stored.
            guard session.planned.isEmpty else {
                mutable.writes[id] = session
                throw GuardError.invalid(field: "plan")
            }
            if session.intents.isEmpty { return nil }
            let written = Set(session.books.keys)
            let receipt: Receipt
            do {
                try session.stageBooks(in: mutable.state)
                receipt = try mutable.state.stored(session.intents) {
                    try mutable.state.header(
                        .stored,
                        by: session.actor,
                        context: session.context
                    )
                }
            } catch {
                // The rows are there and do not count yet: no answer may mix them with the old state.
                // The next start completes the write.
                mutable.state.stop()
                throw error
            }
            if let rotation = session.rotation {
                mutable.grants.revokeAll(for: [rotation.plan.pseudonym])
                // What is still on its way to the disk would leave the old wrapped key behind it.
                try mutable.state.settle()
                // CRASH, and where it fails: an older page may hold the old wrapped key until the next
                // opening, which does the same.
                try? mutable.state.storage.forgetOldValues()
            }
            // What a grant's holder has opened is the record of before: it asks anew.
            mutable.grants.revokeAll(for: written)
            try mutable.state.growIndexIfNeeded()
            return receipt
        }
    }

    /// Gives back the room that a bulk write needed beside the data.
    ///
    /// - Throws: A ``Failure``; nothing is lost then.
    public func settle() throws {
        try exclusively { try $0.state.storage.settle() }
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

extension GuardCore.Mutable {
    /// A write in progress, continued now; its id is known to nobody but who began it.
    mutating func write(_ id: WriteSessionID) throws -> WriteSession {
        guard var session = writes[id] else { throw GuardError.unknown(what: "write session") }
        session.lastUsed = state.clock.now()
        writes[id] = session
        return session
    }

    /// Ends writes that nobody has continued for long.
    mutating func endIdleWrites() {
        guard !writes.isEmpty else { return }
        let now = state.clock.now()
        endWrites { $0.lastUsed.advanced(by: Limits.writeIdleLifetime) <= now }
    }
}
