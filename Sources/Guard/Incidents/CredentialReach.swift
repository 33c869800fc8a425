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

    /// Patients of whom the state is asked before the cores are; so many are held at once.
    private static let chunk = 4_096

    private mutating func reach(
        of id: PrincipalID,
        _ policies: PolicySet
    ) throws -> [(patient: Int, segments: [SegmentTag])] {
        guard let principal = try state.principal(id) else {
            return log.patients.indices.map { ($0, []) }
        }
        let question = ReachQuestion(
            requester: principal.requester,
            now: query.from,
            directory: try state.directoryFacts(),
            policies: policies
        )
        var found: [(patient: Int, segments: [SegmentTag])] = []
        for first in stride(from: 0, to: log.patients.count, by: Self.chunk) {
            let asked = try (first..<min(first + Self.chunk, log.patients.count))
                .compactMap { try subject($0) }
            // Only one thread at a time may read the state; the rules are asked on all cores.
            let answers = try Cores.slices(of: asked.count) { asked[$0].map(question.segments) }
            for (subject, segments) in zip(asked, answers.joined()) {
                let patient = log.patients[subject.place].pseudonym
                if !subject.isKnown {
                    found.append((subject.place, []))
                } else if !segments.isEmpty {
                    found.append(
                        (subject.place, try segments.map { try tag($0.name, of: patient) })
                    )
                }
            }
        }
        return found
    }

    private func subject(_ place: Int) throws -> ReachQuestion.Subject? {
        let pseudonym = log.patients[place].pseudonym
        guard let patient = try state.patient(pseudonym), patient.erasedAt == nil,
            let reference = RecordID(patient.reference)
        else { return nil }
        let facts = try state.facts(of: pseudonym)
        return ReachQuestion.Subject(
            place: place,
            reference: reference,
            segments: patient.segments,
            facts: facts.facts,
            isKnown: facts.index < log.fromSize
        )
    }
}

extension Session {
    /// Longest life of a session.
    static let longestLife: Duration = .seconds(8 * 3600)
}
