import Consent
import FHIRModel
import MerkleLog
import VaultCore

@testable import Guard

/// The same question answered the slow and obvious way.
///
/// Every section opened, every text parsed, nothing left out, one entry after the other: kept as it was
/// before the walk was made fast.
struct OracleWalk {
    let state: GuardState
    let query: AccessLogQuery
    var log = AccessLog()
    /// Whether every patient's back-pointers hold.
    private(set) var isChained = true
    /// Sessions of the log's beginning to the window's end.
    private(set) var sessions: [(context: Int, principal: PrincipalID, start: Instant)] = []
    /// Looks into the whole log inside the window.
    private(set) var surveys: [(context: Int, time: Instant)] = []
    /// When each principal was disabled; more than once where it was reinstated in between.
    private(set) var disabled: [PrincipalID: [Instant]] = [:]
    /// Digests of the policies by which the window's decisions were made.
    private(set) var policyDigests: Set<String> = []
    private let reader: LogReader
    private let directory: PatientPseudonym
    private var places: [PatientPseudonym: Int] = [:]
    /// Patients whose key is replaced by an intent that is not stored yet.
    private var rotating: [UInt64: [Int]] = [:]
    private var contextPlaces: [AccessLog.Context: Int] = [:]
    /// Names of each patient's records by number.
    private var records: [[UInt32: AccessLog.Record]] = []
    /// Patients of whom an entry can no longer be opened.
    private var hasClosedParts: Set<Int> = []
    private var tags: [PatientPseudonym: [String: SegmentTag]] = [:]

    init(state: GuardState, query: AccessLogQuery) {
        self.state = state
        self.query = query
        reader = LogReader(state: state)
        directory = state.ring.pseudonym(of: GuardState.directoryReference)
    }

    mutating func run() throws {
        var end: (size: UInt64, time: Instant)?
        try state.storage.forEachEntry(in: 0..<state.frontier.size) { index, bytes in
            let stored = Array(bytes)
            let time = try EntryCodec.frame(ofStored: stored).time
            if index == 0 {
                log.logBegins = time
                log.begins = time
            }
            guard time < query.until else {
                end = (index, time)
                return false
            }
            if time < query.from {
                log.fromSize = index + 1
                log.begins = time
            }
            try take(index, stored)
            return true
        }
        log.toSize = end?.size ?? state.frontier.size
        log.ends = end?.time ?? state.lastTime
        let hashes = StoredHashes(storage: try state.storage)
        log.fromRoot = try CompactRange(size: log.fromSize, reader: hashes).root.description
        log.toRoot = try CompactRange(size: log.toSize, reader: hashes).root.description
        for place in log.patients.indices {
            log.patients[place].reference =
                try state.patient(log.patients[place].pseudonym)?.reference
        }
        try state.forEachStoredItem(.principal) { key, _ in
            if let id = PrincipalID(String(decoding: key, as: UTF8.self)) {
                log.principals.insert(id)
            }
        }
    }

    private mutating func take(_ index: UInt64, _ stored: [UInt8]) throws {
        let entry = try reader.open(index, stored, parts: .all)
        let context = place(of: entry)
        takeHeader(entry, context)
        var closed = Set(try patients(of: index, stored))
        for part in entry.parts where closed.remove(part.pseudonym) != nil {
            let patient = link(part.pseudonym, part.body, at: entry)
            try takePart(part.body, of: entry, patient, context)
        }
        for pseudonym in closed {
            let patient = link(pseudonym, nil, at: entry)
            hasClosedParts.insert(patient)
            guard isInWindow(entry) else { continue }
            log.unreadable.append(entry.time)
            add(.other, entry, patient, context)
        }
    }

    private func isInWindow(_ entry: LoggedEntry) -> Bool { entry.time >= query.from }

    /// Patients that have a part in an entry, from the routing tags alone.
    private func patients(of index: UInt64, _ stored: [UInt8]) throws -> [PatientPseudonym] {
        try EntryCodec.decode(stored).sections.dropFirst()
            .map { reader.patient(of: $0.routing, index: index) }.filter { $0 != directory }
    }

    // MARK: Headers

    private mutating func place(of entry: LoggedEntry) -> Int {
        func text(_ field: String) -> String { entry[field] ?? EntryHeader.unknown }
        var context = AccessLog.Context(
            principal: text("actor"),
            organization: text("organization"),
            session: text("session"),
            device: text("device"),
            recordServer: text("recordServer"),
            guardHost: text("guard"),
            automation: text("automated")
        )
        // The Guard itself knows that there was no session, and that these kinds have no employer.
        if context.session == EntryHeader.unknown,
            ["ed25519", "passphrase"].contains(text("authMethod"))
        {
            context.session = "none"
        }
        if context.organization == EntryHeader.unknown,
            ["patient", "family", Actor.operatorName].contains(text("actorKind"))
        {
            context.organization = "none"
        }
        if let known = contextPlaces[context] { return known }
        contextPlaces[context] = log.contexts.count
        log.contexts.append(context)
        return log.contexts.count - 1
    }

    private mutating func takeHeader(_ entry: LoggedEntry, _ context: Int) {
        let action = entry["action"] ?? ""
        switch entry.kind {
        case EntryKind.session.name where action == "open-session" || action == "issue-token":
            if let principal = entry["actor"].flatMap({ PrincipalID($0) }) {
                sessions.append((context, principal, entry.time))
            }
        case EntryKind.principal.name where action == "disable":
            if let id = entry.header["principal"]?["id"]?.string.flatMap({ PrincipalID($0) }) {
                disabled[id, default: []].append(entry.time)
            }
        case EntryKind.stored.name:
            for intent in entry.header["intents"]?.integers ?? [] {
                for patient in rotating.removeValue(forKey: UInt64(intent)) ?? [] {
                    log.patients[patient].rotations.append(entry.time)
                }
            }
        case EntryKind.decision.name where isInWindow(entry):
            let isSurvey = action.hasPrefix("audit") || action.hasPrefix("breach")
            if isSurvey, entry.parts.isEmpty, entry["decision"] == "permit" {
                surveys.append((context, entry.time))
            }
            if let digest = entry["policyDigest"], digest != EntryHeader.unknown {
                policyDigests.insert(digest)
            }
        default: break
        }
    }

    // MARK: Parts

    /// Moves a patient's head and checks the back-pointer; answers the patient's place.
    private mutating func link(
        _ pseudonym: PatientPseudonym,
        _ body: JSONValue?,
        at entry: LoggedEntry
    ) -> Int {
        let patient: Int
        if let known = places[pseudonym] {
            patient = known
        } else {
            patient = log.patients.count
            places[pseudonym] = patient
            log.patients.append(AccessLog.Patient(pseudonym: pseudonym))
            records.append([:])
        }
        let head = log.patients[patient].end
        if let body {
            let previous = body["previous"]?.int.map { UInt64($0) }
            if body["count"]?.int != Int64(head.count + 1)
                || previous != (head.count == 0 ? nil : head.last)
            {
                isChained = false
            }
        }
        let next = AccessLog.Head(count: head.count + 1, last: entry.index)
        log.patients[patient].end = next
        if !isInWindow(entry) { log.patients[patient].start = next }
        return patient
    }

    private mutating func add(
        _ content: AccessLog.Content,
        _ entry: LoggedEntry,
        _ patient: Int,
        _ context: Int
    ) {
        log.events.append(
            AccessLog.Event(
                index: entry.index,
                time: entry.time,
                context: context,
                patient: patient,
                content: content
            )
        )
    }

    private mutating func takePart(
        _ body: JSONValue,
        of entry: LoggedEntry,
        _ patient: Int,
        _ context: Int
    ) throws {
        if entry.kind == EntryKind.intent.name {
            nameRecords(body, patient)
            if body["rotation"] != nil { rotating[entry.index, default: []].append(patient) }
        }
        var contents: [AccessLog.Content] = []
        if let grant = try grant(body, of: entry, patient) { contents.append(grant) }
        if isInWindow(entry) {
            contents += items(body, of: entry, patient)
            if contents.isEmpty { contents = [.other] }
        }
        for content in contents { add(content, entry, patient, context) }
    }

    /// The grant of a permitted decision, unless it had ended before the window began.
    private mutating func grant(
        _ body: JSONValue,
        of entry: LoggedEntry,
        _ patient: Int
    ) throws -> AccessLog.Content? {
        guard entry.kind == EntryKind.decision.name, let names = body["segments"]?.texts,
            let end = body["grantEnd"]?.string.flatMap({ Instant(rfc3339: $0) }),
            isInWindow(entry) || end > query.from,
            let id = entry["grant"].flatMap({ Hex.decode($0) }).flatMap({ GrantID(bytes: $0) })
        else { return nil }
        let pseudonym = log.patients[patient].pseudonym
        return .grant(id, segments: try names.map { try tag($0, of: pseudonym) }, end: end)
    }

    private mutating func items(
        _ body: JSONValue,
        of entry: LoggedEntry,
        _ patient: Int
    ) -> [AccessLog.Content] {
        switch entry.kind {
        case EntryKind.decision.name where body["resealed"] != nil:
            [.stored(items(body["resealed"], patient))]
        case EntryKind.decision.name where body["found"] != nil || body["read"] != nil,
            EntryKind.breach.name where body["letter"] != nil:
            [.disclosure([])]
        case EntryKind.decision.name, EntryKind.disclosure.name:
            body["manifest"] == nil ? [] : [.disclosure(items(body["manifest"], patient))]
        case EntryKind.intent.name:
            [.stored(written(body, patient))]
        default: []
        }
    }

    private mutating func items(_ manifest: JSONValue?, _ patient: Int) -> [AccessLog.Item] {
        let parsed = manifest?.string.flatMap { Manifest($0) }
        if parsed == nil { isChained = false }
        return (parsed?.items ?? []).compactMap { item($0.number, Int64($0.version), patient) }
    }

    private mutating func written(_ body: JSONValue, _ patient: Int) -> [AccessLog.Item] {
        if let rotation = try? RotationPart(json: body) {
            return rotation.rows.compactMap { item($0.number, Int64($0.version), patient) }
        }
        guard let rows = try? IntentPart.rows(of: body) else {
            isChained = false
            return []
        }
        return rows.records.compactMap { item($0.number, Int64($0.version), patient) }
    }

    private mutating func item(
        _ number: UInt32,
        _ version: Int64,
        _ patient: Int
    ) -> AccessLog.Item? {
        guard let record = records[patient][number] else {
            // Named by an entry whose audit key has ended, or by none: then the log cannot be believed.
            if !hasClosedParts.contains(patient) { isChained = false }
            return unnamed(number, patient).map { AccessLog.Item(record: $0, version: version) }
        }
        let tag = state.ring.tag(of: record.id, patient: log.patients[patient].pseudonym)
        log.records[tag] = record
        return AccessLog.Item(record: tag, version: version)
    }

    /// Stands for a record whose name can no longer be read.
    private func unnamed(_ number: UInt32, _ patient: Int) -> RecordTag? {
        let bytes = log.patients[patient].pseudonym.bytes + bigEndian(UInt64(number))
        return RecordTag(bytes: Array(TreeHasher.leafHash(bytes).bytes.prefix(16)))
    }

    private mutating func nameRecords(_ body: JSONValue, _ patient: Int) {
        guard let rows = try? IntentPart.rows(of: body) else { return }
        for record in rows.records {
            guard let id = record.id else { continue }
            records[patient][record.number] = AccessLog.Record(
                id: id,
                category: rows.segments[record.segment].category.rawValue
            )
        }
    }

    // MARK: Segments

    /// A segment's name on the record side; an erased patient's is a hash that nothing else has.
    mutating func tag(_ name: String, of patient: PatientPseudonym) throws -> SegmentTag {
        if let known = tags[patient]?[name] { return known }
        var tag = SegmentTag(
            bytes: Array(TreeHasher.leafHash(patient.bytes + Array(name.utf8)).bytes.prefix(16))
        )
        if let known = try state.patient(patient), known.erasedAt == nil,
            let segment = Segment(name: name)
        {
            tag = try state.patientKeys(patient, known).tag(of: segment)
        }
        guard let tag else { throw GuardError.damagedState }
        tags[patient, default: [:]][name] = tag
        log.segmentNames[tag] = name
        return tag
    }
}

extension OracleWalk {
    /// Adds the sessions and surveys that touch the window, each with what it could have asked for.
    ///
    /// A session's reach is what the rules permit its principal for any ordinary purpose; breaking the glass
    /// is an entry of its own and no reach. Where the policies in force have changed since, or a patient's
    /// facts have, nobody can say what the reach was: then it is everything.
    mutating func addReach(
        to log: inout AccessLog,
        policies: PolicySet,
        digest: String
    ) throws {
        let all = log.patients.indices.map { (patient: $0, segments: [SegmentTag]()) }
        for survey in surveys {
            log.credentials.append(
                AccessLog.Credential(
                    context: survey.context,
                    start: survey.time,
                    end: Instant(microseconds: survey.time.microseconds + 1),
                    reach: all
                )
            )
        }
        let isSamePolicy = policyDigests.subtracting([digest]).isEmpty
        var known: [PrincipalID: [(patient: Int, segments: [SegmentTag])]] = [:]
        for session in sessions {
            // A session ends with the first disabling after it was opened; an earlier one was reinstated.
            let longest = session.start.advanced(by: Session.longestLife)
            let stopped = disabled[session.principal]?.first { $0 >= session.start }
            let end = min(longest, stopped ?? longest)
            guard end > query.from else { continue }
            if known[session.principal] == nil {
                known[session.principal] =
                    isSamePolicy ? try reach(of: session.principal, policies) : all
            }
            log.credentials.append(
                AccessLog.Credential(
                    context: session.context,
                    start: session.start,
                    end: end,
                    reach: known[session.principal] ?? all
                )
            )
        }
        log.segmentNames = self.log.segmentNames
    }

    /// Purposes for which a principal can ask without an emergency.
    private static let purposes = [
        "TREAT", "HPAYMT", "HOPERAT", "PATRQT", "FAMRQT", "PWATRNY", "HRESCH", "PUBHLTH",
    ]

    private mutating func reach(
        of id: PrincipalID,
        _ policies: PolicySet
    ) throws -> [(patient: Int, segments: [SegmentTag])] {
        guard let principal = try state.principal(id) else {
            return log.patients.indices.map { ($0, []) }
        }
        var found: [(patient: Int, segments: [SegmentTag])] = []
        for (place, entry) in log.patients.enumerated() {
            guard let patient = try state.patient(entry.pseudonym), patient.erasedAt == nil,
                let reference = RecordID(patient.reference)
            else { continue }
            let facts = try state.facts(of: entry.pseudonym)
            guard facts.index < log.fromSize else {
                found.append((place, []))
                continue
            }
            var names: Set<Segment> = []
            for purpose in Self.purposes {
                let context = DecisionContext(
                    request: AccessRequest(
                        requester: principal.requester,
                        patient: reference,
                        purposes: [purpose],
                        now: query.from
                    ),
                    facts: facts.facts,
                    directory: try state.directoryFacts(),
                    policies: policies
                )
                guard context.decision().effect == .permit else { continue }
                for segment in patient.segments
                where context.segmentVerdict(category: segment.category, labels: segment.labels)
                    != .deny
                {
                    names.insert(segment)
                }
            }
            if !names.isEmpty {
                found.append((place, try names.map { try tag($0.name, of: entry.pseudonym) }))
            }
        }
        return found
    }
}

extension OracleWalk {
    /// The whole answer, with the tree checked hash by hash.
    static func accessLog(_ query: AccessLogQuery, of core: GuardCore) throws -> AccessLog {
        let (policies, digest, origin) = (core.policies, core.policyDigest, core.origin)
        let key = core.signingKey.verifier
        return try core.exclusively { mutable in
            let state = mutable.state
            var walk = OracleWalk(state: state, query: query)
            try walk.run()
            var log = walk.log
            log.origin = origin
            log.isVerified = try walk.isChained && isTreeWhole(state, key)
            try walk.addReach(to: &log, policies: policies, digest: digest)
            return log
        }
    }

    private static func isTreeWhole(_ state: GuardState, _ key: NoteVerifierKey) throws -> Bool {
        let storage = try state.storage
        let checkpoint = try storage.lastCheckpoint().flatMap {
            try state.verified(try SignedNote(parsing: Array($0.utf8)), key: key)
        }
        var verifier = LogVerifier(checkpoints: [checkpoint].compactMap { $0 })
        var isWhole = true
        var next: UInt64 = 0
        var nodes: [PlacedHash] = []
        try storage.forEachEntry(in: 0..<UInt64.max >> 1) { index, bytes in
            if index != next { isWhole = false }
            next = index + 1
            verifier.add(bytes) { nodes.append($0) }
            return true
        }
        for node in nodes where try storage.node(at: node.position) != node.hash {
            isWhole = false
        }
        verifier.finish()
        return isWhole && verifier.problems.isEmpty && next == state.frontier.size
    }
}
