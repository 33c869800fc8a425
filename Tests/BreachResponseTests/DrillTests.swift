import BreachResponse
import Foundation
import Testing
import VaultCore

/// The shipped scenarios, read from the repository.
enum Scenarios {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Policies/drills")

    static let names = [
        "leaked-integration-key", "misdirected-export", "ransomware", "snooping-employee",
        "stolen-laptop",
    ]

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    static func plan(_ name: String) throws -> DrillPlan {
        DrillPlan(try DrillScenario(try bytes(name)))
    }
}

struct DrillTests {
    @Test(arguments: Scenarios.names)
    func `a plan deals every patient into exactly one set, the same way every time`(
        _ name: String
    ) throws {
        let plan = try Scenarios.plan(name)
        let again = try Scenarios.plan(name)
        #expect(plan.truth == again.truth)
        let all = DrillSet.allCases.flatMap { plan.truth.sets[$0] ?? [] }
        #expect(Set(all).count == all.count)
        #expect(Set(all) == Set(plan.stage.patients.map(\.reference)))
        #expect(plan.truth.sets[.accessed]?.isEmpty == false)
        #expect(plan.truth.sets[.notAccessed]?.isEmpty == false)
        // A patient's number betrays no group: the first set is not the first numbers.
        let accessed = plan.stage.patients.filter {
            plan.truth.sets[.accessed]?.contains($0.reference) == true
        }.map(\.number)
        #expect(accessed != Array(1...accessed.count))
    }

    @Test(arguments: Scenarios.names)
    func `every patient of a drill is marked as test data`(_ name: String) throws {
        for patient in try Scenarios.plan(name).stage.patients {
            for resource in patient.resources {
                #expect(resource["meta"]?["tag"]?.array?.first?["code"] == "HTEST")
            }
        }
    }

    /// A finding that is exactly the truth, to be spoilt by each test.
    private func perfect(_ plan: DrillPlan) -> DrillFinding {
        DrillFinding(
            sets: plan.truth.sets,
            records: plan.truth.records,
            deadlines: [],
            steps: [],
            faults: []
        )
    }

    @Test func `a score is full only where every set and record is exactly the truth`() throws {
        let plan = try Scenarios.plan("stolen-laptop")
        var finding = perfect(plan)
        // Without the clocks the expected deadlines are missed.
        let bare = DrillScore(finding, plan)
        #expect(bare.sets.values.allSatisfy { $0.precision == 100 && $0.recall == 100 })
        #expect(!bare.isOK)
        #expect(bare.clocks.filter { !$0.isMet }.count == plan.truth.deadlines.count)

        let moved = try #require(finding.sets[.notAccessed]?.sorted().first)
        finding.sets[.notAccessed]?.remove(moved)
        finding.sets[.couldHave]?.insert(moved)
        let worse = DrillScore(finding, plan)
        #expect(worse.sets[.couldHave]?.precision == 87)
        #expect(worse.sets[.couldHave]?.recall == 100)
        #expect(worse.sets[.notAccessed]?.recall == 95)
        #expect(worse.percent < bare.percent)

        finding = perfect(plan)
        let patient = try #require(finding.records.keys.sorted().first)
        finding.records[patient] = []
        #expect(DrillScore(finding, plan).records.recall == 66)
        finding = perfect(plan)
        finding.faults = ["verify: something"]
        #expect(DrillScore(finding, plan).percent < bare.percent)
    }

    @Test func `what one authority was told meets no other authority's clock`() throws {
        let plan = try Scenarios.plan("ransomware")
        let deadlines = try Clocks.answer(
            """
            {"role":["controller"],"residents":{"NO":3,"LT":3},"risk":"high",
            "events":{"discovered":"2026-12-28T21:30:00Z","aware":"2026-12-28T21:30:00Z"}}
            """,
            try Clocks.rules()
        )
        var finding = perfect(plan)
        finding.deadlines = ["gdpr-authority/NO", "gdpr-authority/LT"].compactMap { deadlines[$0] }
        finding.steps = [
            DrillFinding.Step(
                event: .file,
                state: .scoped,
                time: Instant(seconds: 0),
                artefacts: ["rule": "gdpr-authority", "jurisdiction": "NO"]
            )
        ]
        let clocks = DrillScore(finding, plan).clocks
        func done(_ place: String) -> String? {
            clocks.first { $0.rule == "gdpr-authority" && $0.jurisdiction == place }?.done
        }
        #expect(done("NO") != nil)
        #expect(done("LT") == nil)
    }

    @Test func `a scenario with a slip is refused with what is wrong`() throws {
        let text = String(decoding: try Scenarios.bytes("stolen-laptop"), as: UTF8.self)
        func error(_ from: String, _ to: String) -> BreachResponseError? {
            #expect(text.contains(from))
            do throws(BreachResponseError) {
                _ = try DrillScenario(
                    Array(text.replacing(from, with: to, maxReplacements: 1).utf8)
                )
                return nil
            } catch { return error }
        }
        #expect(
            error("\"truth\": \"accessed\"", "\"truth\": \"maybe\"")
                == .unknown(what: "set", name: "maybe")
        )
        #expect(
            error("\"treatedBy\": \"quist\"", "\"treatedBy\": \"nobody\"")
                == .unknown(what: "actor", name: "nobody")
        )
        #expect(
            error("\"group\": \"other-ward-read\"", "\"group\": \"x\"")
                == .unknown(what: "group", name: "x")
        )
        #expect(error("\"from\": 20", "\"from\": 70") == .badWindow)
        #expect(
            error("\"scope\": 240, ", "")
                == .malformed(document: "scenario", member: "response.scope")
        )
        #expect(error("\"seed\"", "\"sed\"") == .unknown(what: "member", name: "sed"))
        #expect(
            error("2026-03-02T08:00:00-05:00", "2026-02-30T08:00:00-05:00")
                == .impossibleDate(event: "begins")
        )
    }
}
