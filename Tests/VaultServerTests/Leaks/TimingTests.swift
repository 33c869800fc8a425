import Dispatch
import Foundation
import Guard
import Synchronization
import Testing
import VaultCore

@testable import VaultServer

/// How long hidden and absent things take: Welch's t over interleaved requests, whose size with
/// `VAULT_LONG_TESTS=1` is 100,000.
///
/// Source: Reparaz, Balasch, Verbauwhede: *Dude, is my code constant time?* (2017), bound 4.5, largest values
/// cropped. How often each kind misses its step and leaves with the next is among those; so that is counted and
/// compared by itself, with the same bound.
@Suite(.serialized)
struct TimingTests {
    private let m: Margaret
    private let h: ServerHarness
    private static let isLong = ProcessInfo.processInfo.environment["VAULT_LONG_TESTS"] == "1"
    private static let pairs = isLong ? 50_000 : 240
    private static let lanes = 4
    private static let bound = 4.5

    init() throws {
        // Else most of 100,000 answers would only say that this is too often.
        m = try Margaret(limits: .none)
        h = m.harness
    }

    private struct Samples {
        var hidden: [Double] = []
        var absent: [Double] = []
    }

    /// Welch's t of the two, without the slowest twentieth of both together.
    private func welch(_ samples: Samples) -> Double {
        let all = (samples.hidden + samples.absent).sorted()
        let limit = all[all.count * 19 / 20]
        func moments(_ values: [Double]) -> (mean: Double, variance: Double, count: Double) {
            let kept = values.filter { $0 <= limit }
            let mean = kept.reduce(0, +) / Double(kept.count)
            let squares = kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (mean, squares / Double(kept.count - 1), Double(kept.count))
        }
        let (a, b) = (moments(samples.hidden), moments(samples.absent))
        return (a.mean - b.mean) / (a.variance / a.count + b.variance / b.count).squareRoot()
    }

    /// How many standard deviations lie between the shares of the two that left a step too late.
    private func lateness(_ samples: Samples) -> Double {
        let limit = 1.5 * Double(Evening.step.components.attoseconds) / 1e18
        let late = [samples.hidden, samples.absent].map { kind in
            Double(kind.count { $0 > limit })
        }
        let (a, b) = (Double(samples.hidden.count), Double(samples.absent.count))
        let share = (late[0] + late[1]) / (a + b)
        guard share > 0, share < 1 else { return 0 }
        return (late[0] / a - late[1] / b) / (share * (1 - share) * (1 / a + 1 / b)).squareRoot()
    }

    /// Asks for both in random order, from several threads; `planted` is what a leaking server would add, to one in
    /// so many hidden answers.
    private func measure(
        _ hidden: String,
        _ absent: String,
        by client: TestClient,
        planted: Duration = .zero,
        oneIn: Int = 1
    ) throws -> (welch: Double, lateness: Double) {
        let samples = Mutex(Samples())
        let failure = Mutex<(any Error)?>(nil)
        let work = Work(h, client, hidden, absent, planted, oneIn)
        DispatchQueue.concurrentPerform(iterations: Self.lanes) { lane in
            do {
                let own = try work.run(pairs: Self.pairs / Self.lanes, seed: UInt64(lane + 1))
                samples.withLock {
                    $0.hidden += own.0
                    $0.absent += own.1
                }
            } catch { failure.withLock { $0 = error } }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return samples.withLock { (welch($0), lateness($0)) }
    }

    /// One lane's requests.
    private struct Work: @unchecked Sendable {
        // SAFETY: the harness is only asked, and its server is made for many threads.
        let h: ServerHarness
        let client: TestClient
        let hidden: String
        let absent: String
        let planted: Duration
        let oneIn: Int

        init(
            _ h: ServerHarness,
            _ client: TestClient,
            _ hidden: String,
            _ absent: String,
            _ planted: Duration,
            _ oneIn: Int
        ) {
            self.h = h
            self.client = client
            self.hidden = hidden
            self.absent = absent
            self.planted = planted
            self.oneIn = oneIn
        }

        func run(pairs: Int, seed: UInt64) throws -> ([Double], [Double]) {
            var state = seed
            var token = ""
            var values: (hidden: [Double], absent: [Double]) = ([], [])
            for number in 0..<pairs {
                if number % 8_000 == 0 {
                    token = try h.token(client)
                    // What a token's first look costs is not what is measured here.
                    for _ in 0..<20 { _ = h.call("GET", "/fhir/\(Margaret.visible)", token: token) }
                }
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                for isHidden in state >> 63 == 0 ? [true, false] : [false, true] {
                    let start = ContinuousClock.now
                    _ = h.call("GET", "/fhir/\(isHidden ? hidden : absent)", token: token)
                    if isHidden, planted > .zero, number.isMultiple(of: oneIn) {
                        let end = ContinuousClock.now + planted
                        while ContinuousClock.now < end {}
                    }
                    let took = Double((ContinuousClock.now - start).components.attoseconds) / 1e18
                    if isHidden { values.hidden.append(took) } else { values.absent.append(took) }
                }
            }
            return values
        }
    }

    @Test func `a hidden record and an absent one take the same time`() throws {
        let t = try measure(Margaret.hidden, "DocumentReference/none", by: m.doctor)
        print("timing: hidden and absent record: \(t), \(Self.pairs * 2) requests")
        #expect(abs(t.welch) < Self.bound && abs(t.lateness) < Self.bound)
    }

    @Test func `a patient who is denied and one who is not there take the same time`() throws {
        let t = try measure("Condition?patient=margaret", "Condition?patient=none", by: m.stranger)
        print("timing: denied and unknown patient: \(t), \(Self.pairs * 2) requests")
        #expect(abs(t.welch) < Self.bound && abs(t.lateness) < Self.bound)
    }

    @Test func `who is told to ask less often learns nothing from the time of that either`() throws
    {
        let hasty = try Margaret()
        let token = try hasty.harness.token(hasty.doctor)
        var refusals = 0
        for number in 0..<4_000 where refusals < 10 {
            let path = number % 2 == 0 ? Margaret.hidden : "DocumentReference/none"
            let start = ContinuousClock.now
            let reply = hasty.harness.call("GET", "/fhir/\(path)", token: token)
            guard reply.status == 429 else { continue }
            refusals += 1
            #expect(ContinuousClock.now - start >= Evening.step)
        }
        #expect(refusals == 10)
    }

    @Test func `the same test notices a planted difference`() throws {
        let t = try measure(
            Margaret.hidden,
            "DocumentReference/none",
            by: m.doctor,
            planted: Self.isLong ? .microseconds(50) : .milliseconds(10)
        )
        print("timing: planted difference: \(t), \(Self.pairs * 2) requests")
        #expect(abs(t.welch) > Self.bound)
    }

    @Test func `answers of one kind that miss their step more often are noticed`() throws {
        let t = try measure(
            Margaret.hidden,
            "DocumentReference/none",
            by: m.doctor,
            planted: Evening.step,
            oneIn: Self.isLong ? 100 : 4
        )
        print("timing: planted lateness: \(t), \(Self.pairs * 2) requests")
        #expect(t.lateness > Self.bound)
    }
}
