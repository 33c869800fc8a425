internal import Consent
internal import FHIRModel
internal import VaultCore

/// What a principal could have asked for of each patient, for any purpose but an emergency.
struct ReachQuestion: Sendable {
    let requester: Requester
    /// The moment that is asked about.
    let now: Instant
    let directory: PatientFacts
    let policies: PolicySet

    /// One patient, as the state has them.
    struct Subject: Sendable {
        /// Place among the log's patients.
        var place: Int
        var reference: RecordID
        var segments: [Segment]
        var facts: PatientFacts
        /// Whether the facts are those that were in force; otherwise nobody can say what the reach was.
        var isKnown: Bool
    }

    /// Purposes for which a principal can ask without an emergency.
    private static let purposes = [
        "TREAT", "HPAYMT", "HOPERAT", "PATRQT", "FAMRQT", "PWATRNY", "HRESCH", "PUBHLTH",
    ]

    /// Segments that the rules permit for one of the purposes; none where the facts are not known.
    func segments(_ subject: Subject) -> Set<Segment> {
        var found: Set<Segment> = []
        guard subject.isKnown else { return found }
        for purpose in Self.purposes where found.count < subject.segments.count {
            let context = DecisionContext(
                request: AccessRequest(
                    requester: requester,
                    patient: subject.reference,
                    purposes: [purpose],
                    now: now
                ),
                facts: subject.facts,
                directory: directory,
                policies: policies
            )
            guard context.decision().effect == .permit else { continue }
            for segment in subject.segments
            where !found.contains(segment)
                && context.segmentVerdict(category: segment.category, labels: segment.labels)
                    != .deny
            {
                found.insert(segment)
            }
        }
        return found
    }
}
