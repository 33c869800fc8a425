import BreachResponse
import Testing
import VaultCore

/// A case with people, and the artefacts that a careful team would attach.
struct IncidentStory {
    var incident: Incident
    var minute: Int64 = 0
    static let start = Instant(seconds: 1_780_000_000)
    static let digest = String(repeating: "ab", count: 32)

    init(isDrill: Bool = false) { incident = Incident(id: "INC-1", isDrill: isDrill) }

    static func person(
        _ name: String,
        _ roles: IncidentRole...,
        at time: Instant
    ) -> IncidentSignatory {
        IncidentSignatory(
            principal: PrincipalID(name) ?? fallback,
            roles: Set(roles),
            reauthenticated: time
        )
    }

    private static let fallback = PrincipalID("x") ?? { preconditionFailure("x is an id") }()

    var now: Instant { Self.start.advanced(by: .seconds(minute * 60)) }

    /// Who usually signs what.
    static let signers: [IncidentEvent: [(String, IncidentRole)]] = [
        .report: [("nurse", .reporter)], .triage: [("petra", .privacyOfficer)],
        .dismiss: [("petra", .privacyOfficer)], .declare: [("carl", .commander)],
        .contain: [("sven", .securityEngineer)],
        .preserve: [("stella", .scribe), ("sven", .securityEngineer)],
        .scope: [("petra", .privacyOfficer), ("sven", .securityEngineer)],
        .assess: [("petra", .privacyOfficer)],
        .decide: [("petra", .privacyOfficer), ("liza", .counsel)],
        .notify: [("maya", .communications)], .deliver: [("maya", .communications)],
        .reportOut: [("petra", .privacyOfficer)],
        .remediate: [("olaf", .systemOwner)], .close: [("carl", .commander), ("rita", .reviewer)],
        .hold: [("liza", .counsel)], .release: [("liza", .counsel)],
        .reopen: [("petra", .privacyOfficer)], .roster: [("carl", .commander)],
        .evidence: [("stella", .scribe)], .file: [("petra", .privacyOfficer)],
        .note: [("stella", .scribe)], .correct: [("petra", .privacyOfficer)],
    ]

    static let roster: JSONValue = [
        "privacy-officer": "petra", "commander": "carl", "security-engineer": "sven",
        "scribe": "stella", "counsel": "liza", "communications": "maya", "system-owner": "olaf",
        "reviewer": ["rita"],
    ]

    static let assessment = RiskAssessment(
        findings: RiskAssessment.Factor.allCases.map {
            RiskAssessment.Finding($0, .lowers, reason: "looked at", evidence: ["E1"])
        },
        isLowProbability: true,
        conclusion: "all four point the same way"
    )

    static let notify = NoticeDecision(
        rule: "hipaa-individual",
        jurisdiction: "US",
        notifies: true,
        reason: "presumed a breach"
    )

    static let artefacts: [IncidentEvent: JSONValue] = [
        .report: [
            "report": "laptop gone", "knownSince": "2026-05-28T10:00:00Z",
            "shouldHaveKnownSince": "2026-05-28T10:00:00Z",
        ],
        .triage: [
            "reason": "device with a session", "severity": "high", "dataKinds": ["medical"],
            "estimate": 40,
        ],
        .dismiss: ["reason": "found in a drawer", "proof": ["E0"]],
        .declare: [
            "codename": "otter", "roster": roster, "needToKnow": ["dora"], "retentionFreeze": true,
        ],
        .contain: [
            "actions": ["session ended"], "before": "1 session", "after": "0 sessions",
            "vectorClosed": true, "patientSafety": "care goes on, signed by the ward",
        ],
        .preserve: [
            "checkpoint": "origin 812", "manifest": [["id": "E1", "hash": .string(digest)]],
            "custody": [["id": "E1", "who": "stella"]], "gaps": [],
        ],
        .scope: [
            "certificate": .string(digest), "rerun": .string(digest), "query": "session s1",
            "coverage": "1 to 812", "accessed": 1, "couldHave": 1, "notAccessed": 98,
        ],
        .assess: ["assessment": assessment.document],
        .decide: ["decisions": .array([notify.document])],
        .notify: ["certificate": .string(digest), "queue": .string(digest), "letters": 2],
        .deliver: [
            "letters": ["0001-en", "0002-ta"], "outcome": "sent", "channel": "post",
            "proof": "list 7",
        ],
        .reportOut: [
            "receipts": ["HHS 1"], "openLetters": 0, "returnedMail": "none", "addenda": [],
        ],
        .remediate: ["actions": ["disk encryption checked"], "tests": ["T1"]],
        .close: [
            "afterAction": "held", "metrics": ["hours": 50], "caseFile": .string(digest),
        ],
        .hold: [
            "statement": "would harm an investigation", "form": "written",
            "statementDate": "2026-05-28", "until": "2026-12-31", "official": "badge 7",
        ],
        .release: ["reason": "case solved"],
        .reopen: ["newFacts": "a second session", "knownSince": "2026-05-28T20:26:00Z"],
        .roster: ["roster": roster, "reason": "carl is back"],
        .evidence: [
            "item": "E2", "hash": .string(digest), "where": "safe 3", "reason": "disk image",
        ],
        .file: [
            "rule": "gdpr-authority", "authority": "Datatilsynet", "receipt": "A-1", "phase": "1",
        ],
        .note: ["text": "called the ward"],
        .correct: [
            "record": 1, "wrong": "estimate 40", "right": "estimate 41", "reason": "miscounted",
        ],
    ]

    func request(
        _ event: IncidentEvent,
        by names: [(String, IncidentRole)]? = nil,
        _ change: [String: JSONValue] = [:]
    ) -> IncidentRequest {
        let people = (names ?? Self.signers[event] ?? []).map {
            Self.person($0.0, $0.1, at: now)
        }
        var members = Self.artefacts[event]?.object ?? []
        for (key, value) in change {
            members.removeAll { $0.key == key }
            if value != .null { members.append(.init(key, value)) }
        }
        return IncidentRequest(event, by: people, time: now, artefacts: .object(members))
    }

    /// Tries a step; the refusals are empty where it was done.
    mutating func tryStep(_ request: IncidentRequest) -> [IncidentRefusal] {
        minute += 1
        switch incident.transition(request) {
        case .refused(let reasons): return reasons
        case .moved(let next, _):
            incident = next
            return []
        }
    }

    mutating func go(
        _ events: IncidentEvent...,
        change: [String: JSONValue] = [:]
    ) {
        for event in events {
            let reasons = tryStep(request(event, change))
            #expect(reasons.isEmpty, "\(event): \(reasons)")
        }
    }
}
