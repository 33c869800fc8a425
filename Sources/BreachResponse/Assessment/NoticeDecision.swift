public import VaultCore

/// Notify or not, for one rule and jurisdiction, with reasons.
///
/// Who decides not to notify bears the burden of proof (45 CFR 164.414(b)), so that choice needs a
/// ground and evidence, and the ground must be what the assessment found.
public struct NoticeDecision: Sendable, Hashable {
    /// Why no notice is due.
    public enum Ground: String, Sendable, Hashable, CaseIterable {
        /// Encrypted, keys and sessions safe.
        case secured
        /// Four factors.
        case lowProbability
        /// One of the three exceptions.
        case exception
        /// A risk is unlikely (GDPR article 33).
        case riskUnlikely
        /// The risk is not high (GDPR article 34).
        case riskNotHigh
        /// Fewer persons than the law asks for.
        case belowThreshold
        /// A documented finding of no harm, where the law knows it.
        case noHarm
        /// The law does not bind this operator, or not yet.
        case notApplicable
    }

    /// Rule id, `hipaa-individual`.
    public var rule: String
    /// The jurisdiction of the deadline.
    public var jurisdiction: String
    /// Whether notice is given.
    public var notifies: Bool
    /// Why.
    public var reason: String
    /// The ground, where notice is not given.
    public var ground: Ground?
    /// Evidence ids.
    public var proof: [String]

    /// Makes a decision.
    ///
    /// - Parameters:
    ///   - rule: Rule id.
    ///   - jurisdiction: The jurisdiction of the deadline.
    ///   - notifies: Whether notice is given.
    ///   - reason: Why.
    ///   - ground: The ground, where notice is not given.
    ///   - proof: Evidence ids; at least one where notice is not given.
    public init(
        rule: String,
        jurisdiction: String,
        notifies: Bool,
        reason: String,
        ground: Ground? = nil,
        proof: [String] = []
    ) {
        self.rule = rule
        self.jurisdiction = jurisdiction
        self.notifies = notifies
        self.reason = reason
        self.ground = ground
        self.proof = proof
    }

    /// What keeps the decision from holding.
    ///
    /// - Parameters:
    ///   - assessment: What was found.
    ///   - evidence: Ids of the evidence in the case.
    /// - Returns: One line each; empty where it holds.
    public func problems(assessment: RiskAssessment, evidence: Set<String>) -> [String] {
        let place = "the decision on `\(rule)`"
        if notifies { return reason.isEmpty ? ["\(place) has no reason"] : [] }
        var found = RiskAssessment.gaps(place, reason, proof, evidence)
        guard let ground else { return found + ["\(place) has no ground"] }
        let isBorne =
            switch ground {
            case .secured: assessment.encryption?.isSecured == true
            case .lowProbability:
                assessment.isLowProbability && assessment.problems(evidence: evidence).isEmpty
            case .exception: assessment.exception != nil
            case .riskUnlikely: assessment.risk == .unlikely
            case .riskNotHigh: assessment.risk == .unlikely || assessment.risk == .risk
            case .belowThreshold, .noHarm, .notApplicable: true
            }
        if !isBorne {
            found.append("\(place): the assessment does not bear `\(ground.rawValue)`")
        }
        return found
    }

    /// Required notices on which nobody has decided.
    ///
    /// - Parameters:
    ///   - decisions: What was decided.
    ///   - deadlines: What the clocks found.
    /// - Returns: `rule/jurisdiction` of each; a case with any is not decided.
    public static func undecided(
        _ decisions: [NoticeDecision],
        of deadlines: [BreachDeadline]
    ) -> [String] {
        let decided = Set(decisions.map { "\($0.rule)/\($0.jurisdiction)" })
        return deadlines.filter(\.isRequired).map { "\($0.rule.id)/\($0.jurisdiction)" }
            .filter { !decided.contains($0) }
    }

    /// The decision as a document.
    public var document: JSONValue {
        [
            "rule": .string(rule), "jurisdiction": .string(jurisdiction),
            "notify": .bool(notifies), "reason": .string(reason),
            "ground": ground.map { .string($0.rawValue) } ?? .null, "proof": .strings(proof),
        ]
    }

    /// Reads a decision.
    ///
    /// - Parameter document: As ``document`` writes it.
    /// - Throws: ``BreachResponseError/malformed(document:member:)``.
    public init(_ document: JSONValue) throws(BreachResponseError) {
        guard let rule = document["rule"]?.string,
            let jurisdiction = document["jurisdiction"]?.string,
            let notifies = document["notify"]?.bool, let reason = document["reason"]?.string
        else { throw .malformed(document: "decision", member: "rule") }
        var ground: Ground?
        if let text = document["ground"]?.string {
            guard let known = Ground(rawValue: text) else {
                throw .malformed(document: "decision", member: "ground")
            }
            ground = known
        }
        self.init(
            rule: rule,
            jurisdiction: jurisdiction,
            notifies: notifies,
            reason: reason,
            ground: ground,
            proof: document["proof"]?.stringArray ?? []
        )
    }
}
