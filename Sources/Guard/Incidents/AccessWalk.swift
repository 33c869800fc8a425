internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// Makes an ``AccessLog`` from one pass over the log.
struct AccessWalk {
    let state: GuardState
    let query: AccessLogQuery
    var log = AccessLog()
    private var tags: [PatientPseudonym: [String: SegmentTag]] = [:]

    init(state: GuardState, query: AccessLogQuery) {
        self.state = state
        self.query = query
    }

    /// Reads, and checks what it reads.
    ///
    /// - Parameters:
    ///   - audit: Gets what is wrong with the tree.
    ///   - policies: Those in force.
    ///   - policyDigest: Their digest.
    /// - Returns: Everything that a scope is computed from.
    /// - Throws: A ``Failure`` where the storage cannot be read.
    mutating func run(
        _ audit: inout StateAudit,
        policies: PolicySet,
        policyDigest: String
    ) throws -> AccessLog {
        let storage = try state.storage
        var gathered = AccessGathering(
            query: query,
            size: state.frontier.size,
            check: TreeCheck(checkpoints: try audit.checkpoints(extending: nil))
        )
        let opener = EntryOpener(state: state, query: query, policyDigest: policyDigest)
        gathered = try LogPass(storage: storage, opener: opener).run(into: gathered)
        audit.take(&gathered.check)
        log = gathered.log
        log.origin = state.origin
        log.isVerified = audit.result.problems.isEmpty && gathered.isChained
        log.toSize = gathered.end?.size ?? state.frontier.size
        log.ends = gathered.end?.time ?? state.lastTime
        let hashes = StoredHashes(storage: storage)
        log.fromRoot = try CompactRange(size: log.fromSize, reader: hashes).root.description
        log.toRoot = try CompactRange(size: log.toSize, reader: hashes).root.description
        try addReferences()
        try state.forEachStoredItem(.principal) { key, _ in
            if let id = PrincipalID(String(decoding: key, as: UTF8.self)) {
                log.principals.insert(id)
            }
        }
        try addEvents(gathered)
        try addReach(gathered, policies: policies)
        return log
    }

    /// Names the patients that the vault still knows; one pass costs less than to look each of them up.
    private mutating func addReferences() throws {
        var places: [PatientPseudonym: Int] = [:]
        places.reserveCapacity(log.patients.count)
        for (place, patient) in log.patients.enumerated() { places[patient.pseudonym] = place }
        try state.forEachStoredItem(.patient) { key, bytes in
            guard let place = PatientPseudonym(bytes: key).flatMap({ places[$0] }) else { return }
            log.patients[place].reference = try PatientState(decoding: bytes).reference
        }
    }

    /// Adds the events that are told in full, with the names of their records and segments.
    private mutating func addEvents(_ gathered: AccessGathering) throws {
        var names = try RecordNames(gathered, LogReader(state: state))
        log.events.reserveCapacity(gathered.events.count)
        for event in gathered.events {
            func items(_ items: [WalkItem]) -> [AccessLog.Item] {
                items.compactMap { item in
                    names.tag(of: item.number, event, &log.records)
                        .map { AccessLog.Item(record: $0, version: item.version) }
                }
            }
            let content: AccessLog.Content
            switch event.content {
            case .grant(let id, let segments, let end):
                let patient = log.patients[event.patient].pseudonym
                content = .grant(
                    id,
                    segments: try segments.map { try tag($0, of: patient) },
                    end: end
                )
            case .disclosure(let carried): content = .disclosure(items(carried))
            case .stored(let written): content = .stored(items(written))
            case .other: content = .other
            }
            log.events.append(
                AccessLog.Event(
                    index: event.index,
                    time: event.time,
                    context: event.context,
                    patient: event.patient,
                    content: content
                )
            )
        }
    }

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
