import Consent
import FHIRModel
import Guard
import MerkleLog
import VaultCore

extension Schedule {
    func askSomething() throws {
        switch dice.roll(22) {
        case 0..<5: try askForRecord(isLease: false)
        case 5..<8: try askForRecord(isLease: true)
        case 8..<11: try disclose()
        case 11: try restrict()
        case 12: try withdraw()
        case 13: try disable()
        case 14: try closeOrOpen()
        case 15, 16: try beginWrite()
        case 17..<20: try endWrite()
        case 20: try askForCheckpoint()
        default: try askForWitness()
        }
    }

    /// Only calls that read no table as a whole: such a call waits inside the Guard's lock for the flush under
    /// way, which on one thread would never end.
    func askDuringFlush() throws {
        switch dice.roll(6) {
        case 0, 1: try askForRecord(isLease: dice.happens(50), isDuringFlush: true)
        case 2: try disclose()
        case 3: try restrict()
        case 4: try withdraw()
        default: try disable()
        }
    }

    static let readers: [Person] = [.doctor, .locum, .first, .second]

    /// The session of a person; where there is none, one is asked for.
    private func session(of person: Person) throws -> Caller? {
        if let session = sessions[person] { return .session(session) }
        let nonce = random.bytes(16)
        try ask(
            "session",
            { [prepared, clock] core in
                try core.openSession(
                    try prepared.statement(
                        person,
                        GuardRequest.session,
                        time: clock.now(),
                        nonce: nonce
                    ),
                    context: CallContext()
                )
            },
            answered: { [unowned self, run] session in
                if run == self.run { sessions[person] = session }
            }
        )
        return nil
    }

    func askForRecord(isLease: Bool, isDuringFlush: Bool = false) throws {
        guard let person = dice.pick(Self.readers) else { return }
        let isPatient = person == .first || person == .second
        let patient = isPatient ? person : (dice.happens(50) ? .first : .second)
        // The first look at the seals and at a patient's emergencies reads tables.
        if isDuringFlush, !areSealsKnown || !(isPatient || known.contains(patient)) { return }
        guard let caller = try session(of: person), let name = FHIRID(patient.patient) else {
            return
        }
        var request = ReleaseRequest(
            patient: .id(name),
            purposes: [isPatient ? "PATRQT" : "TREAT"]
        )
        request.isLease = isLease
        let standing = standing[patient] ?? 0
        try ask(
            isLease ? "lease" : "release",
            { try $0.release(request, by: caller) },
            staged: { outcome in
                areSealsKnown = true
                if !isPatient { known.insert(patient) }
                guard case .granted = outcome else { return }
                try requireOpen(to: person, patient)
            },
            answered: { [unowned self, run] outcome in
                switch outcome {
                case .denied(let denial): try acknowledge(denial.receipt)
                case .granted(let grant):
                    note("keys")
                    try acknowledge(grant.receipt, hasKeys: true)
                    guard grant.manifest == nil else { return }
                    grants.append(
                        HeldGrant(
                            grant: grant,
                            person: person,
                            patient: patient,
                            run: run,
                            standing: standing
                        )
                    )
                }
            }
        )
        if sessions[person] != nil, dice.happens(3) { sessions[person] = nil }
    }

    /// Nothing may be decided for these two, as things stand.
    private func requireOpen(to person: Person, _ patient: Person) throws {
        if ledger.isClosed { throw Violation("a grant while everything is closed") }
        if person == .locum, isLocumDisabled {
            throw Violation("a grant to a disabled principal")
        }
        if person == .doctor, !ledger.restrictions(of: patient).isEmpty {
            throw Violation("a grant against a restriction")
        }
    }

    func disclose() throws {
        guard let held = dice.pick(grants) else { return }
        let now = clock.now()
        try ask(
            "disclosure",
            { try $0.recordDisclosure(held.grant, carrying: Manifest([])) },
            staged: { _ in
                if held.run != run { throw Violation("a disclosure of an earlier run's grant") }
                if held.grant.end <= now { throw Violation("a disclosure after the grant's end") }
                if held.standing != standing[held.patient] {
                    throw Violation("a disclosure after facts, record or seals changed")
                }
                try requireOpen(to: held.person, held.patient)
            },
            answered: { [unowned self] in try acknowledge($0) }
        )
    }

    func restrict() throws {
        let patient = dice.happens(50) ? Person.first : .second
        guard let caller = try session(of: patient), let name = FHIRID(patient.patient),
            let origin = RecordID("Restriction/r\(dice.roll(4))")
        else { return }
        var fact = Fact(.restriction)
        fact.restriction = .blockedPerson
        fact.parties = [Party(role: .blocked, reference: "Practitioner/gp")]
        let entry = PatientFacts.Entry(origin: origin, version: 1, facts: [fact])
        try ask(
            "restriction",
            { try $0.state([entry], of: .id(name), by: caller, context: CallContext()) },
            staged: {
                ledger.stage(.restriction(patient, origin), $0)
                standing[patient, default: 0] += 1
            },
            answered: { [unowned self] in try acknowledge($0) }
        )
    }

    func withdraw() throws {
        let patient = dice.happens(50) ? Person.first : .second
        guard let origin = ledger.restrictions(of: patient).first,
            let caller = try session(of: patient)
        else { return }
        try ask(
            "withdrawal",
            { try $0.withdraw(anyOf: [origin], by: caller, context: CallContext()) },
            staged: {
                ledger.stage(.withdrawal(patient, origin), $0)
                standing[patient, default: 0] += 1
            },
            answered: { [unowned self] in try acknowledge($0) }
        )
    }

    func disable() throws {
        guard dice.happens(20), let locum = PrincipalID(Person.locum.rawValue) else { return }
        try ask(
            "disabling",
            { try $0.disable(locum, by: .operator, context: CallContext()) },
            staged: { isLocumDisabled = true },
            answered: { [unowned self] in ledger.isDisablingAnswered = true }
        )
    }

    private func closeOrOpen() throws {
        guard let everything = AccessSeal(.vault) else { return }
        let closes = !ledger.isClosed && dice.happens(50)
        let statement = try prepared.statement(
            .officer,
            GuardCore.sealBody(everything, closes: closes),
            time: clock.now(),
            nonce: random.bytes(16)
        )
        areSealsKnown = false
        try ask(
            closes ? "closing" : "opening",
            {
                try $0.apply(
                    everything,
                    closes: closes,
                    by: .signed(statement),
                    context: CallContext()
                )
            },
            staged: { receipt in
                guard let receipt else { return }
                ledger.stage(closes ? .closing : .opening, receipt)
                if closes { for patient in standing.keys { standing[patient, default: 0] += 1 } }
            },
            answered: { [unowned self] receipt in
                if let receipt { try acknowledge(receipt) }
            }
        )
    }

    // MARK: Writes

    private func beginWrite() throws {
        let patient = dice.happens(50) ? Person.first : .second
        guard let record = RecordID("Observation/o\(dice.roll(1_000_000))"),
            let whose = RecordID("Patient/\(patient.patient)")
        else { return }
        let write = PatientWrite(
            patient: whose,
            items: [PreparedVault.item(record, .laboratory)],
            facts: [],
            identity: nil
        )
        try ask(
            "intent",
            { [random] core in
                let session = try core.beginWrite(
                    by: .operator,
                    origin: "import",
                    context: CallContext()
                )
                do {
                    let intent = try PreparedVault.announce(write, in: session, core, random)
                    return (session, intent)
                } catch {
                    try? core.abandonWrite(session)
                    throw error
                }
            },
            answered: { [unowned self, run] session, intent in
                guard intent != nil else { return }
                var write = OpenWrite(session: session, patient: patient, run: run)
                // The rows are written after the intent is on the disk, unless the machine stops first.
                if dice.happens(80) {
                    write.hasRows = true
                    rows[session] = patient
                }
                writes.append(write)
            }
        )
    }

    private func endWrite() throws {
        writes.removeAll { $0.run != run }
        guard let write = dice.pick(writes) else { return }
        writes.removeAll { $0.session == write.session }
        guard write.hasRows else {
            return try ask("abandoned", { try $0.abandonWrite(write.session) }, answered: { _ in })
        }
        try ask(
            "stored",
            { try $0.finishWrite(write.session) },
            staged: { receipt in
                if receipt != nil { standing[write.patient, default: 0] += 1 }
            },
            answered: { [unowned self] receipt in
                if let receipt { try acknowledge(receipt) }
            }
        )
    }

    // MARK: Outsiders

    private func askForCheckpoint() throws {
        let isKept = dice.happens(80)
        try ask("checkpoint", { try $0.checkpoint() }) { [unowned self] note in
            try ledger.publish(note, key: prepared.verifierKey)
            // CRASH between the two leaves the older file.
            if isKept { lastSeen = note }
        }
    }

    func askForWitness() throws {
        let number = dice.roll(witnesses.count)
        let believed = witnesses[number].believed
        try ask("witness request", { try $0.witnessRequest(from: believed) }) {
            [unowned self] request in
            try ledger.publish(request.checkpoint, key: prepared.verifierKey)
            witnesses[number].mail.append(request.body)
        }
    }

    /// A request reaches its witness, perhaps late, perhaps twice; the answer may get lost.
    func deliverMail() throws {
        let number = dice.roll(witnesses.count)
        let mail = witnesses[number].mail
        guard !mail.isEmpty else { return }
        let place = dice.roll(mail.count)
        let body = mail[place]
        if dice.happens(75) { witnesses[number].mail.remove(at: place) }
        let reply = try witnesses[number].read(body, at: clock.now())
        note("witness: \(reply)".prefix(while: { $0 != "(" }).description)
        let isLost = dice.happens(20)
        switch reply {
        case .cosigned where !isLost:
            let request = try AddCheckpoint(parsing: body)
            witnesses[number].believed = try Checkpoint(text: request.checkpoint.text).size
            cosigned = request.checkpoint.description
        case .knows(let size) where !isLost: witnesses[number].believed = size
        case .refused(let refusal) where refusal != .notKept:
            throw Violation("a witness refused an honest log: \(refusal)")
        default: break
        }
    }
}

extension PreparedVault.Person {
    /// The id of the patient who this is.
    var patient: String { self == .second ? "b" : "a" }
}
