internal import BreachResponse
internal import MerkleLog
internal import VaultCore

/// What the persons of a drill state at the steps that nothing is computed for.
extension DrillResponse {
    /// Who takes a step that only states something, and what they state.
    func stated(_ event: IncidentEvent) -> ([String], JSONValue) {
        switch event {
        case .report: (["reporter"], report)
        case .triage:
            (
                ["officer"],
                [
                    "reason": "credible", "severity": "high", "dataKinds": ["medical"],
                    "estimate": .int(Int64(play.stage.patients.count)),
                ]
            )
        case .declare: (["lead"], declaration)
        case .assess: (["officer"], ["assessment": assessment.document])
        case .reportOut:
            (
                ["officer"],
                [
                    "receipts": .array(receipts), "openLetters": 0,
                    "returnedMail": "none in a drill", "addenda": [],
                ]
            )
        case .remediate:
            (["lead"], ["actions": ["the cause is removed"], "tests": ["the play is refused now"]])
        case .close:
            (
                ["lead", "counsel"],
                [
                    "afterAction": "see the after-action report",
                    "metrics": ["steps": .int(Int64(steps.count))],
                    "caseFile": .string(
                        TreeHasher.leafHash(JSONValue.array(incident.records).bytes).description
                    ),
                ]
            )
        default: ([], [:])
        }
    }

    private var receipts: [JSONValue] {
        let filed = Self.filings(of: deadlines)
        return filed.isEmpty ? ["DRILL: no authority was to be told"] : filed
    }

    private var report: JSONValue {
        let known = scenario.time(scenario.response[.report] ?? 0).rfc3339
        return [
            "report": .string(scenario.situation), "knownSince": .string(known),
            "shouldHaveKnownSince": .string(known),
            "from": .string(scenario.time(scenario.window.from).rfc3339),
        ]
    }

    private var declaration: JSONValue {
        let parts: [(IncidentRole, String)] = [
            (.privacyOfficer, "officer"), (.commander, "lead"), (.securityEngineer, "engineer"),
            (.scribe, "lead"), (.counsel, "counsel"), (.communications, "officer"),
            (.systemOwner, "lead"), (.reviewer, "counsel"),
        ]
        return [
            "codename": .string("DRILL-\(scenario.name)"),
            "roster": .object(
                parts.map { .init($0.0.rawValue, .strings(["drill-\($0.1)"])) }
            ),
            "needToKnow": .strings(
                ["officer", "lead", "engineer", "counsel"].map { "drill-\($0)" }
            ),
            "retentionFreeze": true,
        ]
    }

    private var assessment: RiskAssessment {
        let wasRead = scope?.result.accessed.isEmpty == false
        return RiskAssessment(
            findings: [
                .init(.dataNature, .raises, reason: "health data", evidence: ["log-head"]),
                .init(
                    .unauthorizedPerson,
                    .raises,
                    reason: "nobody with a duty of confidence",
                    evidence: ["log-head"]
                ),
                .init(
                    .acquiredOrViewed,
                    wasRead ? .raises : .neutral,
                    reason: wasRead ? "the log lists what was carried" : "no response was carried",
                    evidence: ["log-head"]
                ),
                .init(
                    .mitigation,
                    .neutral,
                    reason: "sessions and grants have ended",
                    evidence: ["log-head"]
                ),
            ],
            isLowProbability: false,
            conclusion: "presumed a breach",
            risk: scenario.facts.first { $0.key == "risk" }?.value.string
                .flatMap { BreachFacts.Risk(rawValue: $0) } ?? .high,
            encryption: scope?.result.encryption
        )
    }
}
