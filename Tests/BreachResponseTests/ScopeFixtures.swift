import BreachResponse
import Testing
import VaultCore
import VaultTestSupport

/// A small world in memory: everything the log says, with heads counted from it.
struct World: AccessHistory {
    var range: LogRange
    var contexts: [AccessContext] = []
    var patients: [PatientPseudonym] = []
    var credentials: [CredentialLife] = []
    var events: [AccessEvent] = []
    var turns: [Int: [Instant]] = [:]
    var reaches: [Int: [SegmentReach]] = [:]
    var counted: [PatientHeads] = []
    var known = true

    static func time(_ second: Int64) -> Instant { Instant(seconds: 1_800_000_000 + second) }

    static func pseudonym(_ number: Int) -> PatientPseudonym {
        tag(number)
    }

    static func tag<Tag: Tag16>(_ number: Int) -> Tag {
        var bytes = [UInt8](repeating: 0, count: 16)
        // Spread, so that the order of pseudonyms is not the order of places.
        bytes[0] = UInt8(truncatingIfNeeded: number &* 151)
        bytes[14] = UInt8(truncatingIfNeeded: number >> 8)
        bytes[15] = UInt8(truncatingIfNeeded: number)
        guard let tag = Tag(bytes: bytes) else { preconditionFailure("16 bytes are a tag") }
        return tag
    }

    init(patients count: Int, from: UInt64 = 10, to: UInt64 = 1000) {
        range = LogRange(
            origin: "vault.example/log",
            from: (from, String(repeating: "0", count: 64)),
            to: (to, String(repeating: "1", count: 64)),
            logBegins: World.time(-10_000),
            begins: World.time(0),
            ends: World.time(10_000),
            isVerified: true,
            clockBoundSeconds: 2,
            witnesses: ["w1"],
            notCovered: ["paper"]
        )
        patients = (0..<count).map(World.pseudonym)
    }

    func heads(of patient: Int) -> PatientHeads { counted[patient] }
    func rotations(of patient: Int) -> [Instant] { turns[patient] ?? [] }
    func reach(of credential: Int) -> [SegmentReach] { reaches[credential] ?? [] }
    func knows(_ suspicion: Suspicion) -> Bool { known }
    func forEachEvent(_ body: (AccessEvent) -> Void) { for event in events { body(event) } }

    /// Counts the heads from the events, as the Guard's map of heads would.
    mutating func countHeads() {
        counted = patients.indices.map { patient in
            var start = PatientHeads.Head(count: 1, last: 3)
            var last: UInt64?
            for event in events where event.patient == patient && event.index < range.fromSize {
                start = PatientHeads.Head(count: start.count + 1, last: event.index)
            }
            var end = start
            for event in events
            where event.patient == patient && event.index >= range.fromSize
                && event.index < range.toSize && last != event.index
            {
                last = event.index
                end = PatientHeads.Head(count: end.count + 1, last: event.index)
            }
            return PatientHeads(start: start, end: end)
        }
    }
}

extension AccessEvent {
    var patient: Int {
        switch kind {
        case .grant(_, let patient, _, _), .disclosure(let patient, _), .stored(let patient, _),
            .other(let patient):
            patient
        }
    }
}

/// Random worlds with few names, so that everything meets everything.
enum RandomWorld {
    static func make(_ random: inout SeededRandom) -> World {
        var world = World(patients: Int.random(in: 1...30, using: &random))
        world.contexts = (0..<8).map { _ in context(&random) }
        var index: UInt64 = 4
        var second: Int64 = -60
        for _ in 0..<Int.random(in: 0...120, using: &random) {
            if Int.random(in: 0..<4, using: &random) > 0 {
                index += UInt64.random(in: 1...5, using: &random)
            }
            second += Int64.random(in: 0...40, using: &random)
            world.events.append(event(&random, index, second, world))
        }
        world.range.toSize = max(index + 1, world.range.fromSize + 1)
        // Only grants of earlier entries are delivered.
        world.events.removeAll { event in
            guard event.index < world.range.fromSize else { return false }
            if case .grant = event.kind { return false } else { return true }
        }
        world.credentials = (0..<4).map { _ in
            let start = Int64.random(in: -500...2000, using: &random)
            return CredentialLife(
                context: Int.random(in: 0..<8, using: &random),
                start: World.time(start),
                end: World.time(start + Int64.random(in: 1...900, using: &random))
            )
        }
        for place in world.credentials.indices {
            world.reaches[place] = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                SegmentReach(
                    patient: Int.random(in: world.patients.indices, using: &random),
                    segments: [World.tag(7)]
                )
            }
        }
        world.countHeads()
        return world
    }

    private static func attribute<Value>(
        _ random: inout SeededRandom,
        _ values: [Value]
    ) -> Attribute<Value> {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .unknown
        case 1: .none
        default: values.randomElement(using: &random).map { .value($0) } ?? .none
        }
    }

    static func context(_ random: inout SeededRandom) -> AccessContext {
        AccessContext(
            principal: attribute(&random, ["ann", "bob", "eve"].compactMap { PrincipalID($0) }),
            organization: attribute(&random, ["north", "south"]),
            session: attribute(&random, [World.tag(1), World.tag(2)]),
            device: attribute(&random, ["d1", "d2"]),
            server: attribute(&random, ["s1", "s2"]),
            guardHost: .value("g1"),
            automation: AccessContext.Automation.allCases.randomElement(using: &random) ?? .human
        )
    }

    private static func event(
        _ random: inout SeededRandom,
        _ index: UInt64,
        _ second: Int64,
        _ world: World
    ) -> AccessEvent {
        let patient = Int.random(in: world.patients.indices, using: &random)
        let items = (0..<Int.random(in: 1...3, using: &random)).map {
            AccessItem(
                record: World.tag(100 + $0),
                version: Int64.random(in: 1...3, using: &random)
            )
        }
        let life = Duration.seconds(Int64.random(in: 1...300, using: &random))
        let kind: AccessEvent.Kind =
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                .grant(
                    World.tag(Int(index)),
                    patient: patient,
                    segments: [World.tag(5)],
                    end: World.time(second).advanced(by: life)
                )
            case 1: .disclosure(patient: patient, items: items)
            case 2: .stored(patient: patient, items: items)
            default: .other(patient: patient)
            }
        return AccessEvent(
            index: index,
            time: World.time(second),
            context: Int.random(in: 0..<8, using: &random),
            kind: kind
        )
    }
}

/// The definition of the three sets, patient by patient, slow and without any state.
enum ScopeOracle {
    enum Verdict: Equatable { case accessed, couldHave, notAccessed }

    static func verdict(_ patient: Int, _ world: World, _ question: ScopeComputation) -> Verdict {
        let window = question.window
        func inWindow(_ time: Instant) -> Bool { window.from <= time && time < window.to }
        func lives(_ start: Instant, _ end: Instant) -> Bool {
            start < window.to && window.from < end
        }
        var could = false
        for event in world.events where event.patient == patient {
            let says = said(world.contexts[event.context], question.suspicion)
            if says == false { continue }
            switch event.kind {
            case .disclosure where inWindow(event.time):
                if says == true { return .accessed }
                could = true
            case .stored where inWindow(event.time): could = true
            case .grant(_, _, _, let end) where lives(event.time, end): could = true
            case .disclosure, .stored, .grant, .other: break
            }
        }
        for (place, life) in world.credentials.enumerated()
        where said(world.contexts[life.context], question.suspicion) != false
            && lives(life.start, life.end)
        {
            if world.reach(of: place).contains(where: { $0.patient == patient }) { could = true }
        }
        switch question.suspicion {
        case .guardHost, .rootKey: could = true
        case .patientKeys(let keys): if keys.contains(world.patients[patient]) { could = true }
        case .lostBackup(_, let keys): if keys == .open || keys == .unknown { could = true }
        default: break
        }
        if could || !world.range.isVerified { return .couldHave }
        if case .lostBackup = question.suspicion { return .notAccessed }
        let heads = world.heads(of: patient)
        let indexes = Set(
            world.events.filter {
                $0.patient == patient && $0.index >= world.range.fromSize
                    && $0.index < world.range.toSize
            }.map(\.index)
        )
        let isComplete = heads.end.count - heads.start.count == UInt64(indexes.count)
        return isComplete ? .notAccessed : .couldHave
    }

    /// `nil` where the entry does not say.
    private static func said(_ context: AccessContext, _ suspicion: Suspicion) -> Bool? {
        func compare<Value: Equatable>(_ attribute: Attribute<Value>, _ value: Value) -> Bool? {
            switch attribute {
            case .unknown: nil
            case .none: false
            case .value(let other): other == value
            }
        }
        switch suspicion {
        case .principal(let id): return compare(context.principal, id)
        case .device(let id): return compare(context.device, id)
        case .session(let id): return compare(context.session, id)
        case .server(let id): return compare(context.server, id)
        case .guardHost(let id): return compare(context.guardHost, id)
        case .organization(let id): return compare(context.organization, id)
        case .patientKeys, .rootKey, .lostBackup: return false
        }
    }
}
