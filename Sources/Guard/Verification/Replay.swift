internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// The Guard's state as it follows from the log alone.
struct Replay {
    struct Patient {
        var reference: String
        var shard: UInt32
        var wrappedKey: String
        var count: UInt64 = 0
        var last: UInt64?
        var keyGeneration: UInt32 = 0
        var erasedAt: UInt64?
        var book = PatientBook()
        var versions: [UInt64: ExpectedVersion] = [:]
    }

    private(set) var patients: [PatientPseudonym: Patient] = [:]
    private(set) var principals: [PrincipalID: Principal] = [:]
    private(set) var clients: [String: Client] = [:]
    /// Digest of each account as it is kept.
    private(set) var accounts: [String: String] = [:]
    /// What each account's newest attempt left.
    private(set) var attempts: [String: JSONValue] = [:]
    /// Digest of each refresh token's item.
    private(set) var refreshes: [String: String] = [:]
    private(set) var openIntents: [UInt64: [(PatientPseudonym, IntentPart)]] = [:]
    private(set) var abandoned: [UInt64] = []
    private(set) var incidents = IncidentReplay()
    private(set) var heads = HeadsReplay()
    /// Hash of the ring as it was last wrapped anew; `nil` before the first time.
    private(set) var ringDigest: String?
    /// Custody keys, by the part of a backup.
    private(set) var custodies: [String: [UInt8]] = [:]
    /// The log's keys in order, the present one last; empty where it never changed.
    private(set) var logKeys: [String] = []
    /// Tails that the log lost, oldest first.
    private(set) var lostTails: [LostTail] = []
    private(set) var seals = SealReplay()
    private(set) var subscriptions = SubscriptionReplay()
    private(set) var isDemo = false
    private(set) var problems: [AuditProblem] = []
    let tag: (RecordID, PatientPseudonym) -> UInt64
    /// Whose records and facts are remembered; of others only what takes a few bytes.
    let share: AuditShare

    init(_ share: AuditShare, tag: @escaping (RecordID, PatientPseudonym) -> UInt64) {
        self.share = share
        self.tag = tag
    }

    /// Whether an open intent replaces the key of the patient with these bytes.
    func isRotating(_ pseudonym: [UInt8]) -> Bool {
        openIntents.values.joined().contains { $0.bytes == pseudonym && $1.rotation != nil }
    }

    mutating func report(_ detail: String) {
        problems.append(AuditProblem(kind: "log", detail: detail))
    }

    /// Applies the next entry.
    mutating func apply(_ entry: LoggedEntry) throws {
        let action = entry["action"] ?? ""
        if entry.index == 0 {
            isDemo = entry.header["demo"]?.bool ?? false
            if entry.kind != EntryKind.system.name {
                report("the first entry is not the vault's own")
            }
        }
        for part in entry.parts where action == "create-patient-key" { try create(part) }
        for part in entry.parts { link(part, at: entry.index) }
        if share.isFirst, entry.kind == EntryKind.heads.name {
            if let detail = try heads.compare(entry) { report(detail) }
        }
        switch entry.kind {
        case EntryKind.principal.name where entry.header["registration"] != nil:
            let client = try entry.header["registration"].map { try Client(json: $0) }
            if let client { clients[client.id] = client }
        case EntryKind.principal.name where entry.header["account"] != nil:
            try takeAccount(entry)
        case EntryKind.session.name:
            try subscriptions.apply(entry)
            if let actor = entry["actor"], let left = entry.header["attempts"] {
                attempts[actor] = left
            }
            if let refresh = entry.header["refresh"], let id = refresh["id"]?.string {
                refreshes[id] = refresh["digest"]?.string
            }
        case EntryKind.principal.name:
            guard let json = entry.header["principal"] else { throw GuardError.damagedState }
            let principal = try Principal(json: json)
            principals[principal.id] = principal
        case EntryKind.intent.name:
            openIntents[entry.index] = try entry.parts.map {
                (
                    $0.pseudonym,
                    share.holds($0.pseudonym)
                        ? try IntentPart(json: $0.body) : try IntentPart(outlineOf: $0.body)
                )
            }
        case EntryKind.stored.name:
            for intent in entry.header["intents"]?.integers ?? [] { try store(UInt64(intent)) }
        case EntryKind.abandoned.name:
            if let intent = entry.header["intent"]?.int {
                if openIntents.removeValue(forKey: UInt64(intent)) == nil {
                    report("entry \(entry.index) abandons write \(intent), which is not open")
                }
                abandoned.append(UInt64(intent))
            }
        case EntryKind.breach.name:
            if let detail = incidents.apply(entry) ?? seals.apply(entry) { report(detail) }
        case EntryKind.fact.name:
            for part in entry.parts { try state(part, at: entry.index) }
        case EntryKind.system.name where action == OriginOpening.action:
            try goOn(entry)
        case EntryKind.key.name where action == "custody":
            guard let custody = entry.header["custody"], let part = custody["part"]?.string else {
                throw GuardError.damagedState
            }
            custodies[part] = custody.bytes
        case EntryKind.key.name where action == "rotate-shard":
            for (pseudonym, hash) in try ShardAnnouncement.hashes(in: entry.header) {
                patients[pseudonym]?.wrappedKey = hash
            }
        case EntryKind.key.name where action.hasPrefix("rotate-"):
            try rotateRing(entry)
        case EntryKind.key.name where action == "erase":
            for part in entry.parts { erase(part.pseudonym, at: entry.index) }
            for pair in entry.header["rewrapped"]?.array ?? [] {
                guard let texts = pair.texts, texts.count == 2,
                    let pseudonym = Hex.decode(texts[0]).flatMap({ PatientPseudonym(bytes: $0) })
                else { throw GuardError.damagedState }
                patients[pseudonym]?.wrappedKey = texts[1]
            }
        default: break
        }
    }

    private mutating func takeAccount(_ entry: LoggedEntry) throws {
        guard let account = entry.header["account"], let id = account["principal"]?.string,
            let digest = account["digest"]?.string
        else { throw GuardError.damagedState }
        accounts[id] = digest
        if account["disabled"] == false { attempts[id] = nil }
    }

    /// A new wrapping of the ring, and with it perhaps a new key of the log.
    private mutating func rotateRing(_ entry: LoggedEntry) throws {
        guard let digest = entry.header["ring"]?.string else { throw GuardError.damagedState }
        ringDigest = digest
        guard entry["action"] == "rotate-log-key" else { return }
        try replaceLogKey(entry)
    }

    private mutating func replaceLogKey(_ entry: LoggedEntry) throws {
        guard let old = entry.header["oldKey"]?.string, let new = entry.header["newKey"]?.string
        else { throw GuardError.damagedState }
        if let before = logKeys.last, before != old {
            report("entry \(entry.index) replaces a log key that was not in force")
        }
        if logKeys.isEmpty { logKeys = [old] }
        logKeys.append(new)
    }

    /// The log goes on under a name that tells what it lost.
    private mutating func goOn(_ entry: LoggedEntry) throws {
        guard let json = entry.header["lostTail"] else { throw GuardError.damagedState }
        let tail = try LostTail(json: json)
        if tail.present != entry.index
            || lostTails.last.map({ $0.origin != tail.formerOrigin }) ?? false
        {
            report("entry \(entry.index) opens an origin that does not go on with this log")
        }
        lostTails.append(tail)
        try replaceLogKey(entry)
    }

    private mutating func create(_ part: LoggedEntry.Part) throws {
        guard let reference = part.body["reference"]?.string, let shard = part.body["shard"]?.int,
            let wrapped = part.body["wrappedKey"]?.string, patients[part.pseudonym] == nil
        else { throw GuardError.damagedState }
        patients[part.pseudonym] = Patient(
            reference: reference,
            shard: UInt32(shard),
            wrappedKey: wrapped
        )
    }

    /// Checks the back-pointer and the count of a patient's part.
    private mutating func link(_ part: LoggedEntry.Part, at index: UInt64) {
        guard var patient = patients[part.pseudonym] else {
            report("entry \(index) is about a patient whose key was never announced")
            return
        }
        let previous = part.body["previous"]?.int.map { UInt64($0) }
        if previous != patient.last || part.body["count"]?.int != Int64(patient.count + 1) {
            report("entry \(index) does not follow the patient's entry before it")
        }
        patient.count += 1
        patient.last = index
        heads.move(part.pseudonym, PatientHead(count: patient.count, last: index))
        patients[part.pseudonym] = patient
    }

    private mutating func store(_ intent: UInt64) throws {
        guard let parts = openIntents.removeValue(forKey: intent) else {
            report("a write says that intent \(intent) is stored, which is not open")
            return
        }
        for (pseudonym, part) in parts {
            // Taken out, so that what it holds is changed in place: a copy for each write of a record of many
            // writes would cost the square of their number.
            guard var patient = patients.removeValue(forKey: pseudonym) else {
                throw GuardError.damagedState
            }
            defer { patients[pseudonym] = patient }
            guard share.holds(pseudonym) else {
                patient.book.identity = part.identity ?? patient.book.identity
                continue
            }
            try patient.book.apply(part, at: intent) { tag($0, pseudonym) }
            if let rotation = part.rotation { patient.rotate(rotation, at: intent) }
            for record in part.rows.records {
                let key = UInt64(record.number) << 32 | UInt64(record.version)
                patient.versions[key] = ExpectedVersion(
                    number: record.number,
                    version: record.version,
                    logIndex: intent,
                    commitment: record.sealed.bytes
                )
            }
        }
    }

    private mutating func state(_ part: LoggedEntry.Part, at index: UInt64) throws {
        guard share.holds(part.pseudonym), var patient = patients[part.pseudonym] else { return }
        if try FactsReplay.apply(part.body, to: &patient.book.facts.facts) {
            patient.book.facts.index = index
        }
        patients[part.pseudonym] = patient
    }

    private mutating func erase(_ pseudonym: PatientPseudonym, at index: UInt64) {
        guard var patient = patients[pseudonym] else { return }
        patient.erasedAt = index
        patient.versions = [:]
        patient.book = PatientBook()
        patients[pseudonym] = patient
    }
}

extension Replay.Patient {
    /// Every version is sealed anew under the next key.
    fileprivate mutating func rotate(_ rotation: RotationPart, at intent: UInt64) {
        keyGeneration = rotation.generation
        wrappedKey = rotation.wrappedKey.base64
        for row in rotation.rows {
            versions[UInt64(row.number) << 32 | UInt64(row.version)] = ExpectedVersion(
                number: row.number,
                version: row.version,
                logIndex: intent,
                commitment: row.sealed.bytes
            )
        }
    }
}
