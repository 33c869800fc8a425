internal import Consent
internal import MerkleLog
internal import VaultCore

/// An emergency that a clinician declared for one patient: for four hours no new reason is asked for.
///
/// Each of its requests is decided, noted and told to the patient like the first. It is not prolonged by
/// asking again, and its grants are as short as any.
struct EmergencySession: Sendable {
    var reason: String
    /// The entry that declared it.
    var index: UInt64
    var end: Instant
}

/// The emergencies that may still go on, read from the log where this process has not seen them begin.
struct EmergencyTable {
    private var known: [PatientPseudonym: [String: EmergencySession]] = [:]

    static let purposes: Set<String> = ["TREAT", "ETREAT", "BTG"]

    /// The emergency that a request without a reason of its own goes on with.
    mutating func session(
        for request: ReleaseRequest,
        by principal: Principal,
        on subject: Subject?,
        state: GuardState
    ) throws -> EmergencySession? {
        // An export asks for many patients; an emergency is one patient's.
        guard request.breakGlass == nil, request.action != ReleaseRequest.export,
            principal.requester.kind == .clinician, let subject, !request.purposes.isEmpty,
            Self.purposes.isSuperset(of: request.purposes)
        else { return nil }
        let now = state.clock.now()
        if known[subject.pseudonym] == nil {
            if known.count > 1_000 { known = [:] }
            known[subject.pseudonym] = try Self.read(of: subject, now: now, state: state)
        }
        let session = known[subject.pseudonym]?[principal.id.text]
        return session.flatMap { $0.end > now ? $0 : nil }
    }

    /// Notes an emergency that was declared and permitted.
    mutating func note(
        _ reason: String,
        by principal: Principal,
        on patient: PatientPseudonym,
        at receipt: Receipt,
        time: Instant
    ) {
        known[patient]?[principal.id.text] = EmergencySession(
            reason: reason,
            index: receipt.index,
            end: time.advanced(by: Limits.breakGlassLifetime)
        )
    }

    /// Walks back through a patient's entries as far as an emergency can last.
    private static func read(
        of subject: Subject,
        now: Instant,
        state: GuardState
    ) throws -> [String: EmergencySession] {
        let reader = LogReader(state: state)
        let oldest = now.advanced(by: .zero - Limits.breakGlassLifetime)
        var found: [String: EmergencySession] = [:]
        var next = subject.state.lastEntry
        while let index = next {
            let entry = try reader.entry(index, parts: .only(subject.pseudonym))
            guard entry.time > oldest, let part = entry.parts.first?.body else { break }
            next = part["previous"]?.int.map { UInt64($0) }
            guard entry.kind == EntryKind.decision.name, entry["decision"] == "permit",
                part["continues"] == nil, let actor = entry["actor"], found[actor] == nil,
                let reason = entry["breakGlassReason"], EmergencyOverride.reasons.contains(reason)
            else { continue }
            found[actor] = EmergencySession(
                reason: reason,
                index: index,
                end: entry.time.advanced(by: Limits.breakGlassLifetime)
            )
        }
        return found
    }
}
