import Consent
import Guard
import MerkleLog
import VaultCore

extension Schedule {
    enum Ending {
        /// The machine stopped: who waited hears nothing.
        case stopped
        /// The Guard was told to end: who waited gets an answer.
        case sealed
    }

    /// Ends this run of the Guard, lets intruders try, and starts the next.
    func restart(_ ending: Ending) throws {
        note(ending == .sealed ? "sealed" : "stopped")
        if ending == .sealed, let core {
            let isWhole = !disk.hasFailed && disk.fault == nil && !disk.isFull
            do { try core.seal() } catch  where !isWhole { note("sealed: not whole") }
            for caller in callers { try finish(caller) }
            if isWhole, let kept = disk.kept.checkpoint {
                try ledger.publish(kept, key: prepared.verifierKey)
                lastSeen = kept
            }
        }
        callers = []
        core = nil
        sessions = [:]
        areSealsKnown = false
        known = []
        run += 1
        disk.start()
        if dice.happens(20) { try putOlderBack() }
        if dice.happens(10) { try putOtherInPlace() }
        try start()
    }

    /// Starts the Guard as the program does, and checks everything that a start must find.
    ///
    /// Under a clock that ran backwards it cannot close what a crash left open: then people set the clock first.
    func start() throws {
        guard !disk.isDamaged else { return }
        do { try startOnce() } catch GuardError.clockWentBackwards {
            note("refused: start")
            disk.start()
            clock.set(max(latest, clock.now()))
            try startOnce()
        }
        try openSessions()
    }

    private func startOnce() throws {
        let core = try unseal()
        let size = disk.seen.size
        for known in try witnessed() where known.size > size {
            throw Violation("started with \(size) entries of \(known.size) that were witnessed")
        }
        if let cosigned { try core.requireExtends(cosigned) }
        self.core = core
        try ledger.settle(with: disk.seen)
        for (session, _) in Dictionary(
            grouping: try core.openIntents(by: .operator),
            by: \.session
        ) {
            try core.resolve(session, hasRows: rows[session] != nil, by: .operator)
            note("resolved: \(rows[session] != nil ? "stored" : "abandoned")")
        }
        try checkPrincipals(core)
        try checkLog(core)
    }

    /// Most people are signed in before the schedule goes on.
    private func openSessions() throws {
        guard let core else { return }
        for person in Self.readers where dice.happens(80) {
            let statement = try prepared.statement(
                person,
                GuardRequest.session,
                time: clock.now(),
                nonce: random.bytes(16)
            )
            do {
                sessions[person] = try core.openSession(statement, context: CallContext())
            } catch GuardError.notAuthenticated where person == .locum && isLocumDisabled {
            } catch GuardError.clockWentBackwards { return }
        }
    }

    private func unseal() throws -> GuardCore {
        try GuardCore.unseal(
            storage: disk,
            root: prepared.root,
            vault: prepared.id,
            witnessed: lastSeen,
            policies: prepared.policies,
            limits: .none,
            clock: clock,
            random: random
        )
    }

    /// Everything that somebody outside is known to have seen.
    private func witnessed() throws -> [Checkpoint] {
        try [lastSeen, cosigned].compactMap { $0 }.map {
            try Checkpoint(text: SignedNote(parsing: Array($0.utf8)).text)
        }
    }

    /// An older copy is put back; where somebody outside has seen more, the Guard does not start.
    private func putOlderBack() throws {
        let newest = disk.kept
        guard let old = dice.pick(copies),
            let seen = try witnessed().map(\.size).max(), old.size < seen
        else { return }
        note("older copy put back")
        disk.replace(with: old)
        defer { disk.replace(with: newest) }
        guard let core = try? unseal() else { return }
        if let cosigned, (try? core.requireExtends(cosigned)) == nil { return }
        throw Violation("started with \(old.size) entries of \(seen) that were witnessed")
    }

    /// Somebody with the root key lets an older copy grow into another log; neither the Guard nor a witness
    /// takes it for this one.
    private func putOtherInPlace() throws {
        let newest = disk.kept
        guard let old = dice.pick(copies),
            let seen = try witnessed().map(\.size).max(), old.size < seen
        else { return }
        note("other log put in place")
        disk.replace(with: old)
        defer { disk.replace(with: newest) }
        let time = clock.now()
        defer { clock.set(time) }
        clock.set(latest.advanced(by: .seconds(1)))
        let lastSeen = lastSeen
        self.lastSeen = nil
        defer { self.lastSeen = lastSeen }
        let other = try unseal()
        while disk.seen.size < seen + 2 {
            guard let nobody = PrincipalID("nobody-\(disk.seen.size)") else { return }
            let principal = Principal(
                id: nobody,
                name: "nobody",
                requester: .init(kind: .researcher),
                publicKey: random.bytes(32)
            )
            try other.register(principal, by: .operator, context: CallContext())
        }
        for number in witnesses.indices {
            guard let newest = witnesses[number].newest, newest.size <= disk.seen.size,
                newest.size > old.size
            else { continue }
            let body = try other.witnessRequest(from: newest.size).body
            if case .cosigned = try witnesses[number].read(body, at: clock.now()) {
                throw Violation("a witness cosigned another log")
            }
        }
        self.lastSeen = lastSeen
        guard let core = try? unseal() else { return }
        if let cosigned, (try? core.requireExtends(cosigned)) == nil { return }
        throw Violation("started with another log than the witnessed one")
    }

    private func checkPrincipals(_ core: GuardCore) throws {
        let isDisabled = try core.principals(by: .operator).contains {
            $0.id.text == Person.locum.rawValue && $0.isDisabled
        }
        if ledger.isDisablingAnswered, !isDisabled {
            throw Violation("a disabled principal may act again")
        }
        isLocumDisabled = isDisabled
    }
}
