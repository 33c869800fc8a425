import BreachResponse
import Testing
import VaultCore
import VaultTestSupport

struct ScopeTests {
    static let window = ScopeWindow(from: World.time(100), to: World.time(1500))

    static func suspicions() throws -> [Suspicion] {
        [
            .principal(try #require(PrincipalID("eve"))), .device("d1"), .session(World.tag(1)),
            .server("s1"), .guardHost("g1"), .organization("north"),
            .patientKeys([World.pseudonym(0), World.pseudonym(3)]), .rootKey,
            .lostBackup(taken: World.time(50), keys: .sealed),
            .lostBackup(taken: World.time(50), keys: .unknown),
        ]
    }

    /// A patient alone in a world, with one context on session 1 and one on session 2.
    static func quiet(_ patients: Int = 3) -> World {
        var world = World(patients: patients)
        world.contexts = [1, 2].map {
            AccessContext(
                principal: .none,
                organization: .none,
                session: .value(World.tag($0)),
                device: .value("d\($0)"),
                server: .value("s\($0)"),
                guardHost: .value("g1"),
                automation: $0 == 1 ? .human : .machine
            )
        }
        return world
    }

    static func item(_ number: Int) -> AccessItem {
        AccessItem(record: World.tag(number), version: 1)
    }

    static let question = ScopeComputation(window: window, suspicion: .session(World.tag(1)))

    @Test func `the sets agree with their definition on random worlds`() throws {
        var random = SeededRandom.forTest()
        for round in 0..<80 {
            var world = RandomWorld.make(&random)
            world.range.isVerified = round % 20 != 0
            // Now and then an entry of the log is kept from the computation.
            if round % 7 == 0, !world.events.isEmpty {
                world.events.remove(at: Int.random(in: world.events.indices, using: &random))
            }
            for suspicion in try Self.suspicions() {
                let question = ScopeComputation(window: Self.window, suspicion: suspicion)
                let result = try question.run(world)
                var wrong: [Int] = []
                for patient in world.patients.indices {
                    let id = world.patients[patient]
                    let found: [ScopeOracle.Verdict] = [
                        result.accessed.contains { $0.patient == id } ? .accessed : nil,
                        result.couldHave.contains { $0.patient == id } ? .couldHave : nil,
                        result.notAccessed.contains { $0.patient == id } ? .notAccessed : nil,
                    ].compactMap(\.self)
                    if found != [ScopeOracle.verdict(patient, world, question)] {
                        wrong.append(patient)
                    }
                }
                #expect(wrong.isEmpty, "round \(round) \(suspicion.document.text)")
                #expect(result.patientCount == world.patients.count)
            }
        }
    }

    @Test func `every version that the suspected session carried is listed, and no other`() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<100 {
            let world = RandomWorld.make(&random)
            let result = try Self.question.run(world)
            var wanted: [PatientPseudonym: Set<AccessItem>] = [:]
            for event in world.events {
                guard case .disclosure(let patient, let items) = event.kind,
                    Self.window.from <= event.time, event.time < Self.window.to,
                    world.contexts[event.context].session == .value(World.tag(1))
                else { continue }
                wanted[world.patients[patient], default: []].formUnion(items)
            }
            let found = Dictionary(
                uniqueKeysWithValues: result.accessed.map {
                    ($0.patient, Set($0.accessed.map(\.item)))
                }
            )
            #expect(found == wanted)
        }
    }

    @Test func `a missing entry moves its patient out of the third set`() throws {
        var world = Self.quiet()
        for (index, patient) in [(20, 0), (21, 1), (22, 1)] as [(UInt64, Int)] {
            world.events.append(
                AccessEvent(
                    index: index,
                    time: World.time(200),
                    context: 1,
                    kind: .disclosure(patient: patient, items: [Self.item(1)])
                )
            )
        }
        world.countHeads()
        let whole = try Self.question.run(world)
        #expect(whole.notAccessed.map(\.proof).filter { $0 == .examined }.count == 2)
        #expect(whole.notAccessed.map(\.proof).filter { $0 == .sameHead }.count == 1)
        #expect(whole.doubts.isEmpty)
        for place in world.events.indices {
            var hidden = world
            let event = hidden.events.remove(at: place)
            let result = try Self.question.run(hidden)
            #expect(result.couldHave.map(\.patient) == [world.patients[event.patient]])
            #expect(result.doubts.count == 1)
        }
    }

    @Test func `an entry with decision and manifest counts once`() throws {
        var world = Self.quiet(1)
        world.events = [
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 1,
                kind: .grant(
                    World.tag(9),
                    patient: 0,
                    segments: [World.tag(5)],
                    end: World.time(500)
                )
            ),
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 1,
                kind: .disclosure(patient: 0, items: [Self.item(1)])
            ),
        ]
        world.countHeads()
        #expect(world.counted[0].end.count == 2)
        #expect(try Self.question.run(world).notAccessed.map(\.proof) == [.examined])
    }

    @Test func `a grant counts as long as its life touches the window`() throws {
        func sets(_ start: Int64, _ end: Int64) throws -> Int {
            var world = Self.quiet(1)
            world.events = [
                AccessEvent(
                    index: start < 0 ? 5 : 20,
                    time: World.time(start),
                    context: 0,
                    kind: .grant(
                        World.tag(9),
                        patient: 0,
                        segments: [World.tag(5)],
                        end: World.time(end)
                    )
                )
            ]
            world.countHeads()
            return try Self.question.run(world).couldHave.count
        }
        #expect(try sets(-50, 100) == 0)
        #expect(try sets(-50, 101) == 1)
        #expect(try sets(1499, 1600) == 1)
        #expect(try sets(1500, 1600) == 0)
    }

    @Test func `released keys reach until the next rotation`() throws {
        var world = Self.quiet(1)
        world.events = [
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 0,
                kind: .grant(
                    World.tag(9),
                    patient: 0,
                    segments: [World.tag(5)],
                    end: World.time(500)
                )
            )
        ]
        world.turns[0] = [World.time(150), World.time(900), World.time(950)]
        world.countHeads()
        let result = try Self.question.run(world)
        #expect(
            result.couldHave.first?.reach == [
                .grant(
                    World.tag(9),
                    segments: [World.tag(5)],
                    from: World.time(200),
                    rotated: World.time(900)
                )
            ]
        )
        #expect(result.toRotate == [World.pseudonym(0)])
    }

    @Test func `where the log does not verify nothing is proven not accessed`() throws {
        var world = Self.quiet()
        world.countHeads()
        #expect(try Self.question.run(world).notAccessed.count == 3)
        world.range.isVerified = false
        #expect(try Self.question.run(world).notAccessed.isEmpty)
        world.range.isVerified = true
        world.range.gaps = [LogRange.Gap(from: World.time(1400), to: World.time(1600))]
        #expect(try Self.question.run(world).notAccessed.isEmpty)
        world.range.gaps = [LogRange.Gap(from: World.time(1500), to: World.time(1600))]
        #expect(try Self.question.run(world).notAccessed.count == 3)
        world.range.ends = World.time(1499)
        #expect(try Self.question.run(world).notAccessed.isEmpty)
        world.range.ends = World.time(1500)
        world.range.begins = World.time(101)
        let result = try Self.question.run(world)
        #expect(result.notAccessed.isEmpty && result.couldHave.count == 3)
        #expect(result.doubts.count == 1)
    }

    @Test func `entries out of order prove nothing`() throws {
        var world = Self.quiet()
        world.events = [30, 29].map {
            AccessEvent(index: $0, time: World.time(200), context: 1, kind: .other(patient: 0))
        }
        world.countHeads()
        #expect(try Self.question.run(world).notAccessed.isEmpty)
    }

    @Test func `impossible questions are refused`() throws {
        var world = Self.quiet()
        world.countHeads()
        func code(_ from: Int64, _ to: Int64) -> String? {
            let question = ScopeComputation(
                window: ScopeWindow(from: World.time(from), to: World.time(to)),
                suspicion: .session(World.tag(1))
            )
            do {
                _ = try question.run(world)
                return nil
            } catch {
                return (error as? BreachResponseError)?.code
            }
        }
        #expect(code(100, 100) == "breach.badWindow")
        #expect(code(200, 100) == "breach.badWindow")
        #expect(code(-10_001, 100) == "breach.windowBeforeLog")
        #expect(code(-10_000, 100) == nil)
        world.known = false
        #expect(code(100, 200) == "breach.suspicionNamesNobody")
        #expect(code(-10_001, 100) == "breach.suspicionNamesNobody", "said before the window")
    }

    @Test func `what encryption means follows from what passed`() throws {
        var world = Self.quiet()
        world.countHeads()
        func finding(_ suspicion: Suspicion) throws -> EncryptionFinding {
            try ScopeComputation(window: Self.window, suspicion: suspicion).run(world).encryption
        }
        #expect(try finding(.session(World.tag(1))).isSecured)
        #expect(try finding(.lostBackup(taken: World.time(0), keys: .elsewhere)).isSecured)
        #expect(try !finding(.lostBackup(taken: World.time(0), keys: .unknown)).isSecured)
        #expect(try !finding(.guardHost("g1")).isSecured)
        #expect(try !finding(.patientKeys([World.pseudonym(1)])).isSecured)
        world.events = [
            AccessEvent(
                index: 20,
                time: World.time(200),
                context: 0,
                kind: .disclosure(patient: 0, items: [Self.item(1)])
            )
        ]
        world.countHeads()
        #expect(try !finding(.session(World.tag(1))).isSecured)
    }

    @Test func `persons and programs are counted apart`() throws {
        var world = Self.quiet()
        world.contexts[1].session = .value(World.tag(1))
        world.events = [(20, 0, 2), (21, 1, 3)].map { index, context, count in
            AccessEvent(
                index: index,
                time: World.time(200),
                context: context,
                kind: .disclosure(patient: 0, items: (0..<count).map(Self.item))
            )
        }
        world.countHeads()
        let result = try Self.question.run(world)
        #expect(result.accessCount(by: .human) == 2)
        #expect(result.accessCount(by: .machine) == 3)
        #expect(result.accessCount(by: .unknown) == 0)
    }

    @Test func `a suspicion reads back as written`() throws {
        for suspicion in try Self.suspicions() {
            #expect(Suspicion(suspicion.document) == suspicion)
        }
        for text in [
            #"{"kind": "device", "id": ""}"#, #"{"kind": "session", "id": "00"}"#,
            #"{"kind": "patient-keys", "patients": []}"#, #"{"kind": "ghost", "id": "x"}"#, "{}",
        ] {
            #expect(Suspicion(try #require(JSONValue(parsing: text))) == nil, "\(text)")
        }
    }
}
