import BreachResponse
import Consent
import Foundation
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// A case in a real vault, step by step.
struct VaultCase {
    let world: SnoopedVault
    var incident = Incident(id: "case-7", isDrill: false)
    var vault: VaultService { world.harness.vault }

    init() throws { world = try SnoopedVault() }

    static let digest = String(repeating: "ab", count: 32)

    static let roster: JSONValue = [
        "privacy-officer": "po", "commander": "po", "security-engineer": "so", "scribe": "po",
        "counsel": "so", "communications": "po", "system-owner": "so", "reviewer": "so",
    ]

    static let assessment = RiskAssessment(
        findings: RiskAssessment.Factor.allCases.map {
            RiskAssessment.Finding($0, .raises, reason: "looked at", evidence: ["log-head"])
        },
        isLowProbability: false,
        conclusion: "records were opened and read"
    )

    static let artefacts: [IncidentEvent: JSONValue] = [
        .report: [
            "report": "a doctor spoke of a neighbour", "knownSince": "2026-05-28T10:00:00Z",
            "shouldHaveKnownSince": "2026-05-28T10:00:00Z",
        ],
        .triage: [
            "reason": "credible", "severity": "high", "dataKinds": ["medical"], "estimate": 5,
        ],
        .declare: [
            "codename": "otter", "roster": roster, "needToKnow": ["po", "so"],
            "retentionFreeze": true,
        ],
        .contain: [
            "actions": ["disabled"], "before": "enabled", "after": "disabled",
            "vectorClosed": true, "patientSafety": "care goes on",
        ],
        .preserve: [
            "checkpoint": "kept", "manifest": [["id": "log-head", "hash": .string(digest)]],
            "custody": [["item": "log-head"]], "gaps": [],
        ], .assess: ["assessment": assessment.document],
        .decide: [
            "decisions": .array([
                NoticeDecision(
                    rule: "hipaa-individual",
                    jurisdiction: "US",
                    notifies: true,
                    reason: "presumed a breach"
                ).document
            ])
        ],
        .reportOut: [
            "receipts": ["HHS 1"], "openLetters": 0, "returnedMail": "none", "addenda": [],
        ], .remediate: ["actions": ["a detector"], "tests": ["T1"]],
        .close: ["afterAction": "held", "metrics": ["hours": 50], "caseFile": .string(digest)],
    ]

    mutating func go(
        _ event: IncidentEvent,
        by people: [any IncidentPerson],
        _ things: JSONValue? = nil
    ) throws {
        world.clock.pass(60)
        let step = try vault.take(
            event,
            in: incident,
            artefacts: things ?? Self.artefacts[event] ?? [:],
            by: people,
            context: CallContext()
        )
        switch step {
        case .moved(let next, _): incident = next
        case .refused(let reasons): Issue.record("\(event): \(reasons.map(\.message))")
        }
    }

    /// From the report to the certified scope.
    mutating func goToScope() throws -> ScopeFile {
        let both: [any IncidentPerson] = [world.officer, world.engineer]
        try go(.report, by: [world.snooper])
        try go(.triage, by: [world.officer])
        try go(.declare, by: [world.officer])
        _ = try vault.contain(
            [world.snooper.principal],
            by: world.engineer,
            context: CallContext()
        )
        try go(.contain, by: [world.engineer])
        try go(.preserve, by: both)
        let finding = try vault.scope(world.question, by: both, context: CallContext())
        let file = try vault.certify(
            finding,
            of: incident,
            previous: nil,
            by: both,
            context: CallContext()
        )
        try go(
            .scope,
            by: both,
            [
                "certificate": .string(finding.result.digest),
                "rerun": finding.rerun.map { .string($0) } ?? .null, "query": "the snooper",
                "coverage": "complete", "accessed": .int(Int64(finding.result.accessed.count)),
                "couldHave": .int(Int64(finding.result.couldHave.count)),
                "notAccessed": .int(Int64(finding.result.notAccessed.count)),
            ]
        )
        return file
    }
}

struct BreachCaseTests {
    static func templates() throws -> LetterTemplates {
        let folder = VaultHarness.project.appending(path: "Policies/letters")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try LetterTemplates(
            names.filter { $0.hasSuffix(".json") && $0 != "elements.json" }.map {
                try LetterTemplate(Array(try Data(contentsOf: folder.appending(path: $0))))
            }
        )
    }

    @Test func `a case runs from the report to the end, and every step is in the log`() throws {
        var told = try VaultCase()
        let file = try told.goToScope()
        let (officer, engineer) = (told.world.officer, told.world.engineer)
        #expect(throws: GuardError.notAuthenticated) {
            _ = try told.world.snooper.read("tomas", "ETREAT", breakGlass: "urgent-care")
        }
        try told.go(.assess, by: [officer])
        try told.go(.decide, by: [officer, engineer])
        let queue = try told.vault.letters(
            LetterOrder(
                scope: file,
                discovered: "2026-05-28",
                sender: "Example Hospital",
                contact: "+1 555 0100"
            ),
            templates: Self.templates(),
            by: officer,
            context: CallContext()
        )
        let rows = queue.ledger["letters"]?.array ?? []
        let languages = Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0["reference"]?.string ?? "", $0["language"]?.string ?? "")
            }
        )
        #expect(
            languages == [
                "Patient/tomas": "lt", "Patient/aisyah": "ms", "Patient/poongodi": "ta",
            ]
        )
        for letter in queue.letters {
            #expect(letter.plain.contains("+1 555 0100"))
            #expect(letter.plain.contains("2026-05-28"))
            #expect(!letter.plain.contains("{"))
        }
        try told.go(
            .notify,
            by: [officer],
            [
                "certificate": told.incident.certificate.map { .string($0) } ?? .null,
                "queue": .string(queue.digest), "letters": 3,
            ]
        )
        try told.go(
            .deliver,
            by: [officer],
            [
                "letters": .strings(queue.letters.map(\.name)), "outcome": "sent",
                "channel": "post", "proof": "list 7",
            ]
        )
        try told.go(.reportOut, by: [officer])
        try told.go(.remediate, by: [engineer])
        let tomas = try #require(PatientDesignation("tomas"))
        #expect(throws: GuardError.heldBack(reason: "a breach case is open")) {
            try erase(tomas, told)
        }
        try told.go(.close, by: [officer, engineer])
        #expect(told.incident.state == .closed)
        let read = try #require(try told.vault.incident("case-7", by: officer))
        #expect(read == told.incident)
        #expect(try told.vault.verify().problems == [])
        let body: JSONValue = ["kind": "incidents"]
        let listed = try told.vault.guard.incidents(by: try officer.caller(for: body))
        #expect(listed.map(\.state) == ["closed"])
        #expect(listed.first?.records == 13)
    }

    private func erase(_ patient: PatientDesignation, _ told: VaultCase) throws {
        let body: JSONValue = [
            "kind": "erase", "patient": ["id": "tomas"], "reason": "asked", "basis": "GDPR 17",
        ]
        _ = try told.vault.guard.erase(
            patient,
            reason: "asked",
            basis: "GDPR 17",
            by: try told.world.officer.caller(for: body),
            and: try told.world.engineer.caller(for: body),
            context: CallContext()
        )
    }

    @Test
    func `wrong persons, skipped steps and forged records are refused, and nothing is written`()
        throws
    {
        var told = try VaultCase()
        let (officer, engineer) = (told.world.officer, told.world.engineer)
        try told.go(.report, by: [told.world.snooper])
        let size = try told.vault.guard.status().logSize
        for (event, people) in [
            (IncidentEvent.triage, [engineer]), (.scope, [officer, engineer]),
            (.notify, [officer]), (.close, [officer, engineer]),
        ] {
            let step = try told.vault.take(
                event,
                in: told.incident,
                artefacts: VaultCase.artefacts[event] ?? [:],
                by: people,
                context: CallContext()
            )
            guard case .refused = step else {
                Issue.record("\(event) was done")
                continue
            }
        }
        #expect(try told.vault.guard.status().logSize == size)
        // The second report of one case, a record out of order, a record of somebody else.
        let good = try #require(told.incident.records.first)
        #expect(throws: GuardError.exists(what: "breach case")) {
            try write(good, told.world.snooper, told)
        }
        var forged = Incident(id: "case-8", isDrill: false)
        let request = IncidentRequest(
            .report,
            by: [
                IncidentSignatory(
                    principal: engineer.principal,
                    roles: [.reporter],
                    reauthenticated: told.world.clock.now()
                )
            ],
            time: told.world.clock.now(),
            artefacts: VaultCase.artefacts[.report] ?? [:]
        )
        guard case .moved(let next, let record) = forged.transition(request) else {
            Issue.record("the report is refused")
            return
        }
        forged = next
        #expect(throws: GuardError.notPermitted(action: "sign in this role")) {
            try write(record, officer, told)
        }
        #expect(try told.vault.guard.status().logSize == size)
        #expect(throws: GuardError.notPermitted(action: "read breach cases")) {
            _ = try told.vault.incident("case-7", by: told.world.snooper)
        }
    }

    private func write(_ record: JSONValue, _ person: TestPerson, _ told: VaultCase) throws {
        _ = try told.vault.guard.recordIncident(
            record,
            by: [try person.caller(for: GuardCore.incidentBody(record))],
            context: CallContext()
        )
    }

    @Test
    func `a lost backup, a known key and a reader of their own record give the sets of the design`()
        throws
    {
        let world = try SnoopedVault()
        let vault = world.harness.vault
        func sets(_ suspicion: Suspicion) throws -> [Int] {
            let result = try vault.scope(
                ScopeComputation(window: world.window, suspicion: suspicion),
                by: [world.officer],
                context: CallContext()
            ).result
            return [result.accessed.count, result.couldHave.count, result.notAccessed.count]
        }
        // No entry of this vault names a device.
        #expect(throws: BreachResponseError.suspicionNamesNobody) {
            _ = try sets(.device("tablet-1"))
        }
        let now = world.clock.now()
        for (window, error) in [
            (ScopeWindow(from: now, to: now), BreachResponseError.badWindow),
            (ScopeWindow(from: now, to: now.advanced(by: .seconds(301))), .windowNotOver),
        ] {
            #expect(throws: error) {
                _ = try vault.scope(
                    ScopeComputation(window: window, suspicion: .rootKey),
                    by: [world.officer],
                    context: CallContext()
                )
            }
        }
        #expect(try sets(.lostBackup(taken: world.window.from, keys: .elsewhere)) == [0, 0, 6])
        #expect(try sets(.lostBackup(taken: world.window.from, keys: .unknown)) == [0, 6, 0])
        #expect(try sets(.rootKey) == [0, 6, 0])
        let haeun = try #require(PrincipalID("haeun"))
        #expect(try sets(.principal(haeun)) == [1, 0, 5])
    }

    @Test
    func `a stolen session reaches what its owner could have asked for, a device what it read`()
        throws
    {
        let world = try SnoopedVault()
        let vault = world.harness.vault
        let visitor = try TestPerson(
            "haeun-2",
            Requester(kind: .patient, references: ["Patient/haeun"]),
            in: world.harness
        )
        // Older grants do not say from which device they came; here they have ended.
        world.clock.pass(5 * 3_600)
        let from = world.clock.now()
        world.clock.pass(60)
        let signed = try visitor.caller(for: ["kind": "session"])
        guard case .signed(let statement) = signed else { return }
        let session = try vault.guard.openSession(statement, context: CallContext())
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation("tomas")),
            purposes: ["ETREAT"]
        )
        request.breakGlass = BreakGlass(reason: "urgent-care")
        request.context = CallContext(device: "tablet-1")
        let snooped = try vault.request(request, by: try world.snooper.caller(for: request.json))
        #expect(snooped.released != nil)
        world.clock.pass(60)
        let window = ScopeWindow(from: from, to: world.clock.now())
        world.clock.pass(60)
        func finding(_ suspicion: Suspicion) throws -> ScopeFinding {
            try vault.scope(
                ScopeComputation(window: window, suspicion: suspicion),
                by: [world.officer],
                context: CallContext()
            )
        }
        let stolen = try finding(.session(session))
        #expect(stolen.result.accessed.isEmpty)
        #expect(
            stolen.result.couldHave.map { world.reference(of: $0.patient, in: stolen) }
                == ["Patient/haeun"]
        )
        #expect(stolen.result.notAccessed.count == 5)
        // The session does not say from which device it came: it may have been this one.
        let device = try finding(.device("tablet-1"))
        #expect(
            device.result.accessed.map { world.reference(of: $0.patient, in: device) }
                == ["Patient/tomas"]
        )
        #expect(
            device.result.couldHave.map { world.reference(of: $0.patient, in: device) }
                == ["Patient/haeun"]
        )
        #expect(device.result.notAccessed.count == 4)
    }
}
