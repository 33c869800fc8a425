public import VaultCore

extension RiskAssessment {
    /// The assessment as a document, always the same for the same assessment.
    public var document: JSONValue {
        var members: [JSONValue.Member] = [
            .init(
                "findings",
                .array(
                    findings.map {
                        [
                            "factor": .string($0.factor.rawValue),
                            "weight": .string($0.weight.rawValue), "reason": .string($0.reason),
                            "evidence": .strings($0.evidence),
                        ]
                    }
                )
            ), .init("lowProbability", .bool(isLowProbability)),
            .init("conclusion", .string(conclusion)),
        ]
        if let exception {
            members.append(
                .init(
                    "exception",
                    [
                        "kind": .string(exception.kind.rawValue),
                        "reason": .string(exception.reason),
                        "evidence": .strings(exception.evidence),
                        "noFurtherUse": .bool(exception.noFurtherUse),
                    ]
                )
            )
        }
        if let risk { members.append(.init("risk", .string(risk.rawValue))) }
        if let encryption { members.append(.init("encryption", encryption.document)) }
        return .object(members)
    }

    /// Reads an assessment.
    ///
    /// - Parameter document: As ``document`` writes it.
    /// - Throws: ``BreachResponseError/malformed(document:member:)``.
    public init(_ document: JSONValue) throws(BreachResponseError) {
        func bad(_ member: String) -> BreachResponseError {
            .malformed(document: "assessment", member: member)
        }
        guard let items = document["findings"]?.array else { throw bad("findings") }
        var findings: [Finding] = []
        for item in items {
            guard let factor = item["factor"]?.string.flatMap(Factor.init(rawValue:)),
                let weight = item["weight"]?.string.flatMap(Weight.init(rawValue:)),
                let reason = item["reason"]?.string, let evidence = item["evidence"]?.stringArray
            else { throw bad("findings") }
            findings.append(Finding(factor, weight, reason: reason, evidence: evidence))
        }
        guard let low = document["lowProbability"]?.bool,
            let conclusion = document["conclusion"]?.string
        else { throw bad("conclusion") }
        var exception: ClaimedException?
        if let item = document["exception"] {
            guard let kind = item["kind"]?.string.flatMap(BreachFacts.Exception.init(rawValue:)),
                let reason = item["reason"]?.string, let evidence = item["evidence"]?.stringArray,
                let further = item["noFurtherUse"]?.bool
            else { throw bad("exception") }
            exception = ClaimedException(
                kind: kind,
                reason: reason,
                evidence: evidence,
                noFurtherUse: further
            )
        }
        var risk: BreachFacts.Risk?
        if let text = document["risk"]?.string {
            guard let known = BreachFacts.Risk(rawValue: text) else { throw bad("risk") }
            risk = known
        }
        var encryption: EncryptionFinding?
        if let item = document["encryption"] { encryption = try EncryptionFinding(item) }
        self.init(
            findings: findings,
            isLowProbability: low,
            conclusion: conclusion,
            exception: exception,
            risk: risk,
            encryption: encryption
        )
    }

    /// What the clocks need of it; claims carry their evidence.
    ///
    /// - Parameter facts: Receives the claims, the risk and what encryption means.
    public func state(in facts: inout BreachFacts) {
        facts.claims[.lowProbability] = BreachFacts.Claim(
            isMade: isLowProbability,
            evidence: findings.flatMap(\.evidence)
        )
        if let exception {
            facts.exception = exception.kind
            facts.claims[.exception] = BreachFacts.Claim(
                isMade: true,
                evidence: exception.evidence
            )
        }
        if let risk { facts.risk = risk }
        encryption?.state(in: &facts)
    }
}
