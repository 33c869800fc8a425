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

    @Test func `the evaluator agrees with the slow reference on random worlds`() throws {
        let reference = try ReferenceEvaluator(Shipped.files)
        var maker = RandomMaker(random: SeededRandom.forTest())
        var wrong: [String] = []
        var permits = 0
        var layers: [String: Int] = [:]
        for run in 0..<Self.runs {
            let world = maker.world()
            let context = DecisionContext(
                request: world.request,
                facts: world.facts,
                policies: Shipped.policies
            )
            for _ in 0..<5 {
                let record = maker.record(world.requester)
                let verdict = context.verdict(for: record.attributes)
                let wanted = reference.decide(world, record)
                permits += wanted.permit ? 1 : 0
                layers["\(wanted.layer) \(wanted.permit)", default: 0] += 1
                if verdict.isPermitted != wanted.permit || verdict.layer.rawValue != wanted.layer {
                    wrong.append("run \(run): got \(verdict) want \(wanted) \(world) \(record)")
                }
            }
        }
        print("reference runs: \(Self.runs * 5), permits \(permits), \(layers)")
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
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
