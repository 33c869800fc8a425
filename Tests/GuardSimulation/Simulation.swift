public import Foundation
import Synchronization

/// Many lives of a vault, one for each seed, on all cores.
///
/// A schedule runs the real Guard, log, group commit and witness over a simulated disk, clock and network, on one
/// thread; the seed decides everything. docs/design/testing-the-log.md lists what is checked.
public struct Simulation: Sendable {
    /// A schedule in which a promise did not hold.
    public struct Failure: Sendable, CustomStringConvertible {
        /// Replays it.
        public let seed: UInt64
        /// What did not hold.
        public let what: String
        /// Every step up to there.
        public let trace: [String]

        /// The failure, its steps, and how to see it again.
        public var description: String {
            "seed \(seed): \(what)\n" + trace.map { "    \($0)\n" }.joined()
                + "again: VAULT_SIMULATION_SEED=\(seed) swift test --filter Simulation"
        }
    }

    /// What came out of a run.
    public struct Report: Sendable {
        /// Schedules that were lived.
        public var schedules = 0
        /// How often each kind of step was taken.
        public var steps: [String: Int] = [:]
        /// The failure with the lowest seed.
        public var failure: Failure?
    }

    private let prepared: PreparedVault

    /// Makes the vault that every schedule begins with.
    ///
    /// - Parameter policies: The folder with the shipped rules.
    /// - Throws: What the Guard throws.
    public init(policies: URL) throws { prepared = try PreparedVault(policies: policies) }

    /// Lives one schedule and prints each step when it is taken.
    ///
    /// - Parameter seed: Which.
    /// - Returns: What was done, and the failure.
    public func replay(_ seed: UInt64) -> Report {
        let (steps, failure) = live(seed, isTold: true)
        return Report(schedules: 1, steps: steps, failure: failure)
    }

    /// Lives the schedules of some seeds; stops early after a failure.
    ///
    /// - Parameter seeds: One schedule each.
    /// - Returns: What was done, and the failure with the lowest seed.
    public func run(_ seeds: Range<UInt64>) -> Report {
        let next = Mutex(seeds.lowerBound)
        let report = Mutex(Report())
        DispatchQueue.concurrentPerform(
            iterations: max(1, ProcessInfo.processInfo.activeProcessorCount)
        ) { _ in
            while let seed = next.withLock({ next -> UInt64? in
                guard next < seeds.upperBound, report.withLock({ $0.failure == nil }) else {
                    return nil
                }
                defer { next += 1 }
                return next
            }) {
                let (steps, failure) = live(seed)
                report.withLock { report in
                    report.schedules += 1
                    report.steps.merge(steps, uniquingKeysWith: +)
                    if let failure, failure.seed < report.failure?.seed ?? .max {
                        report.failure = failure
                    }
                }
            }
        }
        return report.withLock { $0 }
    }

    private func live(_ seed: UInt64, isTold: Bool = false) -> ([String: Int], Failure?) {
        do {
            let schedule = try Schedule(prepared, seed: seed)
            schedule.isTold = isTold
            do { try schedule.live() } catch {
                return (
                    schedule.counts,
                    Failure(seed: seed, what: "\(error)", trace: schedule.trace)
                )
            }
            return (schedule.counts, nil)
        } catch { return ([:], Failure(seed: seed, what: "\(error)", trace: [])) }
    }
}
