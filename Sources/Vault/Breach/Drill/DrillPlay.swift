internal import BreachResponse
internal import Consent
internal import FHIRModel
internal import Guard
internal import VaultCore

/// Plays a scenario's acts in a real vault: registers the cast, imports the patients, reads and writes.
struct DrillPlay {
    let service: VaultService
    let clock: DrillClock
    let stage: DrillStage
    private(set) var people: [String: DrillPerson] = [:]
    private(set) var sessions: [String: SessionID] = [:]
    /// What did not go as the scenario says.
    private(set) var faults: [String] = []
    private var writes = 0

    init(_ service: VaultService, _ clock: DrillClock, _ stage: DrillStage) {
        self.service = service
        self.clock = clock
        self.stage = stage
    }

    /// Everything before the report.
    mutating func run() throws {
        for actor in stage.scenario.cast { try add(actor) }
        for actor in Self.team { try add(actor) }
        _ = try service.importFile(
            MemorySource(stage.bundle.bytes),
            by: .operator,
            context: Self.context(device: "drill-setup", server: "drill-setup")
        )
        for act in stage.scenario.acts {
            clock.move(to: stage.scenario.time(act.minute).instant)
            try play(act)
        }
    }

    /// Where a call of the drill comes from; nothing is left unsaid, because unsaid counts as suspected.
    static func context(
        device: String,
        server: String,
        automation: CallContext.Automation = .human
    ) -> CallContext {
        CallContext(
            sourceAddress: "drill",
            device: device,
            client: "drill",
            recordServer: server,
            automation: automation
        )
    }

    /// The persons of the response, the same in every drill.
    private static let team = [
        DrillScenario.Actor(id: "drill-reporter", kind: "clinician", roles: []),
        DrillScenario.Actor(
            id: "drill-officer",
            kind: "privacy-officer",
            roles: ["communications"]
        ),
        DrillScenario.Actor(id: "drill-engineer", kind: "security-officer", roles: []),
        DrillScenario.Actor(id: "drill-lead", kind: "administrator", roles: []),
        DrillScenario.Actor(
            id: "drill-counsel",
            kind: "oversight",
            roles: ["counsel", "reviewer"]
        ),
    ]

    private mutating func add(_ actor: DrillScenario.Actor) throws {
        guard let kind = RequesterKind(rawValue: actor.kind) else {
            throw BreachResponseError.unknown(what: "kind of principal", name: actor.kind)
        }
        let person = try DrillPerson(
            actor.id,
            vault: service.guard.vault,
            clock: clock,
            random: service.random
        )
        let requester = Requester(
            kind: kind,
            references: actor.reference.map { [$0] } ?? [],
            organization: actor.organization.map { OrganizationDesignation($0) },
            roles: actor.roles,
            principal: person.principal
        )
        try service.guard.register(
            Principal(
                id: person.principal,
                name: actor.name,
                requester: requester,
                publicKey: person.publicKey
            ),
            by: .operator,
            context: Self.context(device: "drill-setup", server: "drill-setup")
        )
        people[actor.id] = person
    }

    private mutating func play(_ act: DrillScenario.Act) throws {
        guard let person = people[act.who] else { return }
        let context = Self.context(
            device: act.device,
            server: act.server,
            automation: act.isMachine ? .machine : .human
        )
        switch act.kind {
        case .openSession:
            let session = try service.guard.openSession(
                try person.statement(["kind": "session"]),
                context: context
            )
            sessions[act.session ?? ""] = session
        case .read:
            for patient in stage.patients(of: act.group) { try read(patient, act, person, context) }
        case .write:
            for patient in stage.patients(of: act.group) {
                writes += 1
                let caller = try caller(act, person, ["kind": "write", "origin": "import"])
                _ = try service.importFile(
                    MemorySource(patient.laboratory(writes).bytes),
                    by: caller,
                    context: context
                )
                pass(5)
            }
        }
    }

    private mutating func read(
        _ patient: DrillPatient,
        _ act: DrillScenario.Act,
        _ person: DrillPerson,
        _ context: CallContext
    ) throws {
        guard let id = PatientDesignation(patient.id) else { return }
        var request = ReleaseRequest(patient: id, purposes: [act.purpose])
        request.categories = act.categories
        request.claim = act.namesClaim ? patient.claim : nil
        request.breakGlass = act.breakGlass.map { BreakGlass(reason: $0, note: "drill") }
        request.context = context
        let outcome = try service.request(request, by: try caller(act, person, request.json))
        let isRefused = if case .denied = outcome { true } else { false }
        if isRefused != act.isRefused {
            faults.append(
                "`\(act.who)` at minute \(act.minute) was \(isRefused ? "refused" : "admitted")"
            )
        }
        pass(5)
    }

    private func caller(
        _ act: DrillScenario.Act,
        _ person: DrillPerson,
        _ body: JSONValue
    ) throws -> Caller {
        if let name = act.session {
            guard let session = sessions[name] else {
                throw BreachResponseError.unknown(what: "session", name: name)
            }
            return .session(session)
        }
        return try person.caller(for: body)
    }

    private func pass(_ seconds: Int64) {
        clock.move(to: clock.now().advanced(by: .seconds(seconds)))
    }
}

extension DrillScenario.Actor {
    /// A person of the response team.
    fileprivate init(id: String, kind: String, roles: [String]) {
        self.init(
            id: id,
            name: id,
            kind: kind,
            reference: nil,
            organization: "Organization/drill-hospital",
            roles: roles
        )
    }
}
