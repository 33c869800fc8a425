internal import BreachResponse
internal import Guard
internal import MerkleLog
internal import VaultCore

/// Takes the case of a drill through every step of the protocol, at the scenario's minutes.
struct DrillResponse {
    let play: DrillPlay
    let clocks: BreachClocks
    let templates: LetterTemplates
    let publicKey: String
    private(set) var incident: Incident
    private(set) var scope: ScopeFinding?
    private(set) var certificate: ScopeFile?
    private(set) var letters: LetterQueue?
    private(set) var deadlines: [BreachDeadline] = []
    private(set) var steps: [DrillFinding.Step] = []
    private(set) var faults: [String] = []
    private var residents = AffectedResidents()

    var scenario: DrillScenario { play.stage.scenario }
    private var service: VaultService { play.service }

    init(_ play: DrillPlay, clocks: BreachClocks, templates: LetterTemplates) {
        self.play = play
        self.clocks = clocks
        self.templates = templates
        publicKey = play.service.guard.verifierKey
        incident = Incident(id: "drill-\(play.stage.scenario.name)", isDrill: true)
    }

    static let context = DrillPlay.context(device: "drill-office", server: "drill-office")

    mutating func run() throws {
        let order = DrillScenario.steps + [.file]
        // `file` may stand anywhere; the timetable decides.
        let timed = order.filter { scenario.response[$0] != nil }
            .enumerated().sorted {
                (scenario.response[$0.element] ?? 0, $0.offset)
                    < (scenario.response[$1.element] ?? 0, $1.offset)
            }.map(\.element)
        for event in timed {
            play.clock.move(to: scenario.time(scenario.response[event] ?? 0).instant)
            try take(event)
        }
        if incident.maySend(at: play.clock.now()) { faults.append("the drill could send") }
    }

    private mutating func take(_ event: IncidentEvent) throws {
        switch event {
        case .contain:
            try go(event, ["engineer"], try contained())
        case .preserve: try go(event, ["engineer", "lead"], try preserved())
        case .scope: try computeScope()
        case .notify: try write()
        case .file:
            for filing in try filings() { try go(event, ["officer"], filing) }
        case .decide:
            try go(event, ["officer", "counsel"], ["decisions": .array(decisions())])
        default:
            let (people, things) = stated(event)
            try go(event, people, things)
        }
    }

    private mutating func go(
        _ event: IncidentEvent,
        _ names: [String],
        _ artefacts: JSONValue
    ) throws {
        let people = names.compactMap { play.people["drill-\($0)"] }
        let step = try service.take(
            event,
            in: incident,
            artefacts: artefacts,
            by: people,
            context: Self.context
        )
        switch step {
        case .moved(let next, _):
            incident = next
            steps.append(
                DrillFinding.Step(
                    event: event,
                    state: next.state,
                    time: play.clock.now(),
                    artefacts: artefacts
                )
            )
        case .refused(let reasons):
            faults.append("`\(event.rawValue)`: \(reasons.map(\.message).joined(separator: "; "))")
        }
    }

    // MARK: Computed steps

    private var suspects: [PrincipalID] {
        let id = scenario.suspicion["id"]?.string ?? ""
        let kind = scenario.suspicion["kind"]?.string
        let names: [String] =
            switch kind {
            case "principal": [id]
            case "session": scenario.acts.filter { $0.session == id }.map(\.who)
            case "device": scenario.acts.filter { $0.device == id }.map(\.who)
            case "organization": scenario.cast.filter { $0.organization == id }.map(\.id)
            default: []
            }
        return Set(names).sorted().compactMap { PrincipalID($0) }
    }

    private mutating func contained() throws -> JSONValue {
        guard let engineer = play.people["drill-engineer"] else { return [:] }
        let done = try service.contain(suspects, by: engineer, context: Self.context)
        return [
            "actions": .strings(
                done.map { "disabled `\($0)`, ended its sessions and grants" }
                    + ["the way in is closed"]
            ), "before": "as found", "after": "disabled", "vectorClosed": true,
            "patientSafety": "colleagues take over; no ward waits for a record",
        ]
    }

    private func preserved() throws -> JSONValue {
        let checkpoint = try service.guard.checkpoint()
        let hash = TreeHasher.leafHash(Array(checkpoint.utf8)).description
        return [
            "checkpoint": .string(checkpoint),
            "manifest": [["id": "log-head", "hash": .string(hash)]],
            "custody": [
                [
                    "item": "log-head", "who": "drill-engineer",
                    "when": .string(play.clock.now().description), "where": "log",
                    "why": "preserved at the beginning of the inquiry", "hash": .string(hash),
                ]
            ], "gaps": [],
        ]
    }

    private func suspicion() throws -> Suspicion {
        var document = scenario.suspicion
        if document["kind"] == "session", let name = document["id"]?.string {
            document = [
                "kind": "session", "id": .string(play.sessions[name]?.description ?? ""),
            ]
        }
        guard let suspicion = Suspicion(document) else {
            throw BreachResponseError.suspicionNamesNobody
        }
        return suspicion
    }

    private mutating func computeScope() throws {
        guard let officer = play.people["drill-officer"],
            let engineer = play.people["drill-engineer"]
        else { return }
        let window = ScopeWindow(
            from: scenario.time(scenario.window.from).instant,
            to: scenario.time(scenario.window.until).instant
        )
        let finding = try service.scope(
            ScopeComputation(window: window, suspicion: try suspicion()),
            by: [officer, engineer],
            context: Self.context
        )
        let file = try service.certify(
            finding,
            of: incident,
            previous: nil,
            by: [officer, engineer],
            context: Self.context
        )
        let verdict = try ScopeFile.verify(file.bytes, verifierKey: publicKey)
        faults += verdict.problems.map { "certificate: \($0)" }
        residents = try service.guard.residents(
            of: finding.affected,
            incident: incident.id,
            by: try officer.caller(
                for: GuardCore.residentsBody(finding.affected, incident: incident.id)
            ),
            context: Self.context
        )
        scope = finding
        certificate = file
        try go(.scope, ["officer", "engineer"], finding.artefacts)
        deadlines = try answer()
    }

    private func facts() -> CaseFacts {
        CaseFacts(
            incident,
            residents: residents.counts,
            badAddresses: residents.withoutAddress,
            encryption: scope?.result.encryption,
            offsetMinutes: scenario.begins.offsetMinutes,
            more: scenario.facts
        )
    }

    private func answer() throws -> [BreachDeadline] {
        let reader = try BreachFactsReader(facts().document, codes: clocks.rules.codes)
        return clocks.answer(reader.facts).deadlines
    }

    private mutating func write() throws {
        guard let officer = play.people["drill-officer"], let certificate else { return }
        deadlines = try answer()
        let queue = try service.letters(
            LetterOrder(
                scope: certificate,
                discovered: scenario.time(scenario.response[.report] ?? 0).day.description,
                sender: "DRILL Example Hospital",
                contact: "+1 555 0100"
            ),
            templates: templates,
            by: officer,
            context: Self.context
        )
        letters = queue
        let affected = (scope?.affected.count ?? 0)
        if queue.letters.count != affected {
            faults.append("\(queue.letters.count) letters for \(affected) persons")
        }
        try go(
            .notify,
            ["officer"],
            [
                "certificate": try certificate.certificate.document["resultDigest"] ?? .null,
                "queue": .string(queue.digest), "letters": .int(Int64(queue.letters.count)),
            ]
        )
    }

    /// One decision a required notice: every one is made.
    private func decisions() -> [JSONValue] {
        let due = deadlines.filter(\.isRequired)
        if due.isEmpty {
            return [
                NoticeDecision(
                    rule: "none",
                    jurisdiction: "*",
                    notifies: false,
                    reason: "no law asks for a notice on these facts",
                    ground: .notApplicable,
                    proof: ["log-head"]
                ).document
            ]
        }
        return due.map {
            NoticeDecision(
                rule: $0.rule.id,
                jurisdiction: $0.jurisdiction,
                notifies: true,
                reason: $0.why
            ).document
        }
    }

    /// One filing for each authority that is known to wait for one: what one was told meets nothing at another.
    private func filings() throws -> [JSONValue] { Self.filings(of: try answer()) }

    static func filings(of deadlines: [BreachDeadline]) -> [JSONValue] {
        deadlines.filter { $0.isRequired && $0.rule.recipient == .authority }.map {
            [
                "rule": .string($0.rule.id), "jurisdiction": .string($0.jurisdiction),
                "authority": .string($0.authority ?? "the authority of \($0.jurisdiction)"),
                "receipt": "DRILL: not sent", "phase": "first", "channel": "drill",
            ]
        }
    }
}
