import Consent
import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct PropertyTests {
    /// Comparisons in a run; `CONSENT_RUNS` asks for more.
    static let runs =
        ProcessInfo.processInfo.environment["CONSENT_RUNS"].flatMap { Int($0) } ?? 600

    /// What a part of the comparison found.
    private struct Comparison: Sendable {
        var wrong: [String] = []
        var permits = 0
        var layers: [String: Int] = [:]
        var determined: [String: Int] = [:]

        mutating func add(_ other: Comparison) {
            wrong += other.wrong
            permits += other.permits
            layers.merge(other.layers, uniquingKeysWith: +)
            determined.merge(other.determined, uniquingKeysWith: +)
        }
    }

    @Test func `the evaluator agrees with the slow reference on random worlds`() async throws {
        // Parts draw from sequences of their own, so that a run is repeatable on any number of cores.
        var random = SeededRandom.forTest()
        let parts = 8
        let seeds = (0..<parts).map { _ in random.next() }
        let found = try await withThrowingTaskGroup(of: Comparison.self) { group in
            for seed in seeds {
                group.addTask { try Self.compare(Self.runs / parts, seed) }
            }
            return try await group.reduce(into: Comparison()) { $0.add($1) }
        }
        let runs = Self.runs / parts * parts
        print(
            "reference comparisons: \(runs * Self.records), permits \(found.permits), \(found.layers)"
        )
        #expect(found.wrong.isEmpty, "\(found.wrong.count): \(found.wrong.prefix(3))")
        #expect(found.layers.values.reduce(0, +) == runs * Self.records)
        // Every rule must have decided something; a short run reaches most of them.
        let rules = Shipped.policies.rules.filter { $0.effect != .oblige }
        let least = runs / 10_000
        let missed = rules.filter { found.determined[$0.id, default: 0] < least }.map(\.id)
        let reached = rules.count { found.determined[$0.id] != nil }
        print("rules that decided: \(reached) of \(rules.count), each at least \(least) times")
        #expect(missed.isEmpty, "decided less than \(least) times: \(missed)")
        #expect(reached * 10 >= rules.count * 7)
    }

    /// Records of each random world: the world is what takes long to make.
    private static let records = 10

    private static func compare(_ runs: Int, _ seed: UInt64) throws -> Comparison {
        let reference = try ReferenceEvaluator(Shipped.files)
        var maker = RandomMaker(random: SeededRandom(seed: seed))
        var found = Comparison()
        for run in 0..<runs {
            let (world, first) = maker.question(reference.rules)
            let context = DecisionContext(
                request: world.request,
                facts: world.facts,
                policies: Shipped.policies
            )
            for number in 0..<records {
                let record = number == 0 ? first : maker.record(world.requester)
                let decision = context.decision(for: record.attributes)
                let wanted = reference.decide(world, record)
                found.permits += wanted.permit ? 1 : 0
                found.layers["\(wanted.layer) \(wanted.permit)", default: 0] += 1
                for rule in decision.rules { found.determined[rule.id, default: 0] += 1 }
                let isPermitted = decision.effect == .permit
                if isPermitted != wanted.permit || decision.layer.rawValue != wanted.layer {
                    found.wrong.append(
                        "seed \(seed) run \(run): got \(decision.layer) \(isPermitted) want \(wanted) \(world) \(record)"
                    )
                }
            }
        }
        return found
    }

    @Test func `a segment's verdict holds for every record of the segment`() {
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong: [String] = []
        var counts: [SegmentVerdict: Int] = [:]
        for _ in 0..<Self.runs {
            let world = maker.world()
            let context = DecisionContext(
                request: world.request,
                facts: world.facts,
                policies: Shipped.policies
            )
            for _ in 0..<5 {
                let record = maker.record(world.requester)
                let attributes = record.attributes
                let segment = context.segmentVerdict(
                    category: attributes.category,
                    labels: attributes.labels
                )
                counts[segment, default: 0] += 1
                let isPermitted = context.verdict(for: attributes).isPermitted
                if segment == .permit, !isPermitted || segment == .deny, isPermitted {
                    wrong.append("\(segment) \(isPermitted) \(world) \(record)")
                }
                let full = context.decision(for: attributes)
                if (full.effect == .permit) != isPermitted { wrong.append("decision \(world)") }
                if isPermitted, context.decision().effect != .permit {
                    wrong.append("the request as a whole is denied: \(world) \(record)")
                }
            }
        }
        print("segments: \(counts)")
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
    }

    @Test func `the evaluator reads nothing that the proofs' domain leaves out`() throws {
        let prover = try ProverTests.prover(Shipped.policies)
        let run = prover.run()
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong: [String] = []
        var answers: [ProofPoint: Verdict] = [:]
        for _ in 0..<min(Self.runs, 20_000) {
            let world = maker.world()
            let context = DecisionContext(
                request: world.request,
                facts: world.facts,
                policies: Shipped.policies
            )
            for _ in 0..<5 {
                let record = maker.record(world.requester).attributes
                guard let point = prover.point(of: context, record: record) else { continue }
                let verdict = context.verdict(for: record)
                let known = answers[point] ?? run.verdict(at: point)
                if known != verdict { wrong.append("\(known) \(verdict) \(world) \(record)") }
                answers[point] = verdict
            }
        }
        print("points: \(answers.count) of \(min(Self.runs, 20_000) * 5) random questions")
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
        #expect(answers.count > min(Self.runs, 20_000) / 4)
    }

    @Test func `a record decided with its class is decided as by itself`() {
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong: [String] = []
        for _ in 0..<min(Self.runs, 20_000) {
            let world = maker.world()
            let context = DecisionContext(
                request: world.request,
                facts: world.facts,
                policies: Shipped.policies
            )
            var judge = RecordJudge(context)
            for _ in 0..<8 {
                let record = maker.record(world.requester).attributes
                let wanted = context.verdict(for: record)
                if judge.verdict(for: record) != wanted { wrong.append("\(world) \(record)") }
                let decision = context.decision(for: record)
                if decision.layer != wanted.layer || decision.effect != wanted.effect {
                    wrong.append("decision \(world) \(record)")
                }
                if decision.rules.isEmpty { wrong.append("no reason \(world) \(record)") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
    }

    @Test func `another denying consent never turns a deny into a permit`() {
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong = 0
        for _ in 0..<Self.runs {
            var world = maker.world()
            let record = maker.record(world.requester).attributes
            let before = decides(world, record)
            var deny = maker.consent(world.requester)
            deny.root.permits = false
            deny.root.nested = []
            world.consents.append(deny)
            if !before, decides(world, record) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test func `the order of consents and of policy files changes nothing`() throws {
        var maker = RandomMaker(random: SeededRandom.forTest())
        let reversed = try PolicySet(
            files: Shipped.files.reversed().map { file in
                PolicySet.File(name: "x-\(Shipped.files.count)-\(file.name)", text: file.text)
            }
        )
        var wrong = 0
        for _ in 0..<Self.runs {
            var world = maker.world()
            let record = maker.record(world.requester).attributes
            let before = decides(world, record)
            world.consents.reverse()
            if before != decides(world, record) { wrong += 1 }
            if before != decides(world, record, reversed) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test func `no purpose and an unknown purpose permit nothing without a consent`() {
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong = 0
        for _ in 0..<Self.runs {
            var world = maker.world()
            world.consents = []
            let record = maker.record(world.requester).attributes
            for purposes in [[], ["NONSENSE"], ["TREAT", "NONSENSE"], ["treat"]] {
                world.purposes = purposes
                if decides(world, record) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    private func decides(
        _ world: RandomWorld,
        _ record: RecordAttributes,
        _ policies: PolicySet = Shipped.policies
    ) -> Bool {
        DecisionContext(request: world.request, facts: world.facts, policies: policies)
            .verdict(for: record).isPermitted
    }
}
