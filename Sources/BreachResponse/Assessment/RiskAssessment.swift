internal import VaultCore

/// The four factors, the exception if any, and the risk level, each with its evidence.
///
/// Source: 45 CFR 164.402 (a breach is presumed unless a low probability is documented), GDPR
/// articles 33 and 34.
public struct RiskAssessment: Sendable, Hashable {
    /// The four factors of 164.402(2).
    public enum Factor: String, Sendable, Hashable, CaseIterable {
        /// Nature and extent of the data, and how likely persons can be told from them.
        case dataNature
        /// Who used the data or got them.
        case unauthorizedPerson
        /// Whether the data were really acquired or viewed.
        case acquiredOrViewed
        /// How far the risk was mitigated.
        case mitigation
    }

    /// Which way a factor points.
    public enum Weight: String, Sendable, Hashable, CaseIterable {
        /// Towards a low probability of compromise.
        case lowers
        /// Neither way.
        case neutral
        /// Towards compromise.
        case raises
    }

    /// What was found on one factor.
    public struct Finding: Sendable, Hashable {
        /// Which.
        public var factor: Factor
        /// Which way.
        public var weight: Weight
        /// Why.
        public var reason: String
        /// Evidence ids.
        public var evidence: [String]

        /// Makes a finding.
        ///
        /// - Parameters:
        ///   - factor: Which.
        ///   - weight: Which way.
        ///   - reason: Why.
        ///   - evidence: Evidence ids, at least one.
        public init(_ factor: Factor, _ weight: Weight, reason: String, evidence: [String]) {
            self.factor = factor
            self.weight = weight
            self.reason = reason
            self.evidence = evidence
        }
    }

    /// One of the three exceptions, with its proof.
    public struct ClaimedException: Sendable, Hashable {
        /// Which.
        public var kind: BreachFacts.Exception
        /// Why it fits.
        public var reason: String
        /// Evidence ids.
        public var evidence: [String]
        /// That there was no further use or disclosure; every exception but the third needs it.
        public var noFurtherUse: Bool

        /// Makes a claim.
        ///
        /// - Parameters:
        ///   - kind: Which.
        ///   - reason: Why it fits.
        ///   - evidence: Evidence ids, at least one.
        ///   - noFurtherUse: That there was no further use or disclosure.
        public init(
            kind: BreachFacts.Exception,
            reason: String,
            evidence: [String],
            noFurtherUse: Bool
        ) {
            self.kind = kind
            self.reason = reason
            self.evidence = evidence
            self.noFurtherUse = noFurtherUse
        }
    }

    /// The four findings.
    public var findings: [Finding]
    /// Whether the probability of compromise is low.
    public var isLowProbability: Bool
    /// Why, over all factors.
    public var conclusion: String
    /// An exception, if one is claimed.
    public var exception: ClaimedException?
    /// Risk to the persons (GDPR), where that law applies.
    public var risk: BreachFacts.Risk?
    /// What encryption means here, where it matters.
    public var encryption: EncryptionFinding?

    /// Makes an assessment.
    ///
    /// - Parameters:
    ///   - findings: One for each factor.
    ///   - isLowProbability: Whether the probability of compromise is low.
    ///   - conclusion: Why, over all factors.
    ///   - exception: An exception, if one is claimed.
    ///   - risk: Risk to the persons (GDPR).
    ///   - encryption: What encryption means here.
    public init(
        findings: [Finding],
        isLowProbability: Bool,
        conclusion: String,
        exception: ClaimedException? = nil,
        risk: BreachFacts.Risk? = nil,
        encryption: EncryptionFinding? = nil
    ) {
        self.findings = findings
        self.isLowProbability = isLowProbability
        self.conclusion = conclusion
        self.exception = exception
        self.risk = risk
        self.encryption = encryption
    }

    /// What keeps the assessment from holding.
    ///
    /// - Parameter evidence: Ids of the evidence in the case.
    /// - Returns: One line each; empty where it holds.
    public func problems(evidence: Set<String>) -> [String] {
        var found: [String] = []
        for factor in Factor.allCases {
            let theirs = findings.filter { $0.factor == factor }
            guard let finding = theirs.first, theirs.count == 1 else {
                found.append("factor `\(factor.rawValue)` needs exactly one finding")
                continue
            }
            found += Self.gaps(
                "factor `\(factor.rawValue)`",
                finding.reason,
                finding.evidence,
                evidence
            )
            if isLowProbability, finding.weight == .raises {
                found.append("factor `\(factor.rawValue)` points to compromise: not low")
            }
        }
        if conclusion.isEmpty { found.append("the conclusion has no reason") }
        if let exception {
            found += Self.gaps("the exception", exception.reason, exception.evidence, evidence)
            if exception.kind != .notRetained, !exception.noFurtherUse {
                found.append("the exception needs that there was no further use")
            }
        }
        return found
    }

    static func gaps(
        _ place: String,
        _ reason: String,
        _ cited: [String],
        _ known: Set<String>
    ) -> [String] {
        var found: [String] = []
        if reason.isEmpty { found.append("\(place) has no reason") }
        if cited.isEmpty { found.append("\(place) has no evidence") }
        for id in cited where !known.contains(id) {
            found.append("\(place) cites `\(id)`, which is not in the case")
        }
        return found
    }
}
