import Foundation
import GuardSimulation

// `vault-simulation [COUNT] [FIRST SEED]`: so many schedules, from that seed on, with the rules of ./Policies.

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = arguments.first ?? 10_000
let first = arguments.dropFirst().first ?? 1
let began = Date()
let simulation = try Simulation(policies: URL(filePath: "Policies"))
let report = count == 1 ? simulation.replay(first) : simulation.run(first..<first + count)
for (step, times) in report.steps.sorted(by: { $0.key < $1.key }) {
    print("\(step)\t\(times)")
}
let seconds = Int(Date().timeIntervalSince(began).rounded())
if let failure = report.failure {
    print("simulation: \(failure)")
    exit(1)
}
print(
    "simulation: \(report.schedules) schedules from seed \(first) in \(seconds) s, all promises held"
)
