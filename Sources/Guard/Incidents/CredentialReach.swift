internal import Consent
internal import MerkleLog
internal import VaultCore

extension AccessWalk {
    /// Adds the sessions and surveys that touch the window, each with what it could have asked for.
    ///
    /// A session's reach is what the rules permit its principal for any ordinary purpose; breaking the glass
    /// is an entry of its own and no reach. Where the policies in force have changed since, or a patient's
    /// facts have, nobody can say what the reach was: then it is everything.
    mutating func addReach(_ gathered: AccessGathering, policies: PolicySet) throws {
        let all = log.patients.indices.map { (patient: $0, segments: [SegmentTag]()) }
        for survey in gathered.surveys {
            log.credentials.append(
                AccessLog.Credential(
                    context: survey.context,
                    start: survey.time,
                    end: Instant(microseconds: survey.time.microseconds + 1),
                    reach: all
                )
            )
        }
        let isSamePolicy = gathered.otherPolicies.isEmpty
        var known: [PrincipalID: [(patient: Int, segments: [SegmentTag])]] = [:]
        for session in gathered.sessions {
            // A session ends with the first disabling after it was opened; an earlier one was reinstated.
            let longest = session.start.advanced(by: Session.longestLife)
            let stopped = gathered.disabled[session.principal]?.first { $0 >= session.start }
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

extension Session {
    /// Longest life of a session.
    static let longestLife: Duration = .seconds(8 * 3600)
}
