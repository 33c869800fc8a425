internal import MerkleLog
public import VaultCore

/// One incident: the fold over its transition records.
///
/// It holds nothing that its records do not say. Each record carries the digest of the one before
/// it; the Guard writes each into a `breach` entry of the log, which is what makes them durable.
public struct Incident: Sendable, Hashable {
    /// The incident's id.
    public let id: String
    /// Whether this is a drill on marked synthetic patients; can never change and never sends.
    public let isDrill: Bool
    /// Where it stands.
    public internal(set) var state = IncidentState.ready
    /// How much ceremony.
    public internal(set) var lane = IncidentLane.full
    /// Versions of the scope so far.
    public internal(set) var scopeVersion: Int64 = 0
    /// Digest of the newest recorded scope, in hexadecimal; letters are of this one and no other.
    public internal(set) var certificate: String?
    /// Who has which role, from the declaration on.
    public internal(set) var roster: [IncidentRole: Set<PrincipalID>] = [:]
    /// Who may see the case, from the declaration on.
    public internal(set) var needToKnow: Set<PrincipalID> = []
    /// Evidence ids in the case: those of `evidence` records and of manifests.
    public internal(set) var evidence: Set<String> = []
    /// Whether evidence was ever preserved.
    public internal(set) var isPreserved = false
    /// The assessment of the present scope.
    public internal(set) var assessment: RiskAssessment?
    /// The decisions on the present scope.
    public internal(set) var decisions: [NoticeDecision] = []
    /// When the present law-enforcement hold ends.
    public internal(set) var holdEnd: Instant?
    /// What was recorded, in order.
    public internal(set) var records: [JSONValue] = []
    /// Time of the last record.
    public internal(set) var lastTime: Instant?

    /// Starts an incident in which nothing has happened yet.
    ///
    /// - Parameters:
    ///   - id: The incident's id.
    ///   - isDrill: Whether it is a drill.
    public init(id: String, isDrill: Bool) {
        self.id = id
        self.isDrill = isDrill
    }

    /// Reads an incident back from its records, checking every step again.
    ///
    /// - Parameter records: All of them, in order.
    /// - Throws: ``BreachResponseError/brokenHistory(record:)`` where a record is missing, altered,
    ///   out of place, or a step that the table refuses.
    public init(records: [JSONValue]) throws(BreachResponseError) {
        guard let first = records.first, let id = first["incident"]?.string,
            let isDrill = first["drill"]?.bool
        else { throw .brokenHistory(record: 0) }
        self.init(id: id, isDrill: isDrill)
        for (index, record) in records.enumerated() {
            guard let request = IncidentRequest(record: record),
                case .moved(let next, let written) = transition(request), written == record
            else { throw .brokenHistory(record: index) }
            self = next
        }
    }

    /// Whether a real letter may leave now.
    ///
    /// - Parameter now: The present.
    /// - Returns: `false` for a drill, before `notify`, and under a hold.
    public func maySend(at now: Instant) -> Bool {
        !isDrill && state == .notifying && !isHeld(at: now)
    }

    /// Whether law enforcement asked for delay.
    ///
    /// - Parameter now: The present.
    /// - Returns: Whether the hold lasts at that moment.
    public func isHeld(at now: Instant) -> Bool { holdEnd.map { now < $0 } ?? false }

    /// What can be done from here, in the order of the table.
    public var possible: [IncidentEvent] {
        var seen: Set<IncidentEvent> = []
        return steps.map(\.event).filter { seen.insert($0).inserted }
    }

    /// The rows of the table that apply here: what can be done, by whom, with what, and why.
    public var steps: [IncidentRule] {
        IncidentTable.rules.filter { rule in
            guard rule.from.contains(state), rule.lanes.contains(lane) else { return false }
            // A case that was dismissed before anything was preserved starts at triage again.
            return rule.event != .scope || isPreserved
        }
    }

    /// The digest of the last record, all zeros before the first.
    var lastDigest: String {
        records.last.map { TreeHasher.leafHash($0.bytes).description }
            ?? String(repeating: "0", count: 64)
    }

    /// Corrections by the number of the record that they correct; the record itself stays.
    public var corrections: [Int64: [JSONValue]] {
        var found: [Int64: [JSONValue]] = [:]
        for record in records where record["event"] == .string(IncidentEvent.correct.rawValue) {
            if let number = record["artefacts"]?["record"]?.int {
                found[number, default: []].append(record)
            }
        }
        return found
    }
}

/// What came of a wish.
public enum IncidentOutcome: Sendable, Hashable {
    /// Done: the incident after it, and the record for the log. Nothing holds until the Guard has
    /// written the record.
    case moved(Incident, record: JSONValue)
    /// Not done, and why: all reasons, not only the first.
    case refused([IncidentRefusal])
}
