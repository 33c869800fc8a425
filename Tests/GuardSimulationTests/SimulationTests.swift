import Foundation
import GuardSimulation
import Testing

/// Seeded lives of a vault: whatever fails, and whenever, the log's promises hold.
struct SimulationTests {
    private static let policies = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Policies")

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func `no schedule of faults, stops and clock jumps breaks a promise`() throws {
        let simulation = try Simulation(policies: Self.policies)
        if let seed = Self.setting("VAULT_SIMULATION_SEED") {
            let report = simulation.replay(seed)
            #expect(report.failure == nil, "\(report.failure.map { "\($0)" } ?? "")")
            return
        }
        let count = Self.setting("VAULT_SIMULATION_SCHEDULES") ?? 300
        let report = simulation.run(1..<count + 1)
        #expect(report.failure == nil, "\(report.failure.map { "\($0)" } ?? "")")
        // A simulation in which something never happens proves nothing about it.
        for step in Self.everyStep where report.failure == nil {
            #expect(report.steps[step, default: 0] > 0, "`\(step)` never happened")
        }
    }

    private static let everyStep = [
        "keys", "release", "lease", "disclosure", "restriction", "withdrawal", "disabling",
        "closing", "opening", "intent", "stored", "abandoned", "resolved", "checkpoint",
        "witness request", "witness", "clock moved", "disk full", "witness cannot keep", "stopped",
        "sealed", "disk failed", "read back", "damage found", "older copy put back",
        "other log put in place", "refused",
    ]
}
