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
/// cropped. How often each kind misses its step and leaves with the next is among those; so the same is asked of all
/// values as well.
@Suite(.serialized)
struct TimingTests {
    private let m: Margaret
    private let h: ServerHarness
    private static let isLong = ProcessInfo.processInfo.environment["VAULT_LONG_TESTS"] == "1"
    private static let pairs = isLong ? 50_000 : 240
    /// Most of a request is waiting for its step; more at once than a busy core can answer would be late.
    private static let lanes = isLong ? 8 : 4
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

    /// Welch's t of the two: of all values, and without the slowest twentieth of both together.
    private struct Difference: CustomStringConvertible {
        let whole: Double
        let cropped: Double

        init(_ samples: Samples) {
            let all = (samples.hidden + samples.absent).sorted()
            func welch(upTo limit: Double) -> Double {
                func moments(_ values: [Double]) -> (mean: Double, error: Double) {
                    let kept = values.filter { $0 <= limit }
                    let count = Double(kept.count)
                    let mean = kept.reduce(0, +) / count
                    let squares = kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                    return (mean, squares / (count - 1) / count)
                }
                let (a, b) = (moments(samples.hidden), moments(samples.absent))
                return (a.mean - b.mean) / (a.error + b.error).squareRoot()
            }
            whole = welch(upTo: .infinity)
            cropped = welch(upTo: all[all.count * 19 / 20])
        }

        var isSeen: Bool { max(abs(whole), abs(cropped)) >= TimingTests.bound }
        var description: String { "t \(cropped), of all values \(whole)" }
    }

    /// Runs a body so many times at once; Dispatch would run no more of them than there are cores.
    private static func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for number in 0..<count {
            group.enter()
            Thread.detachNewThread {
                body(number)
                group.leave()
            }
        }
        group.wait()
    }

    /// Asks for both in random order, from several threads; `planted` is what a leaking server would add, to one in
    /// so many hidden answers.
    private func measure(
        _ hidden: String,
        _ absent: String,
        by client: TestClient,
        planted: Duration = .zero,
        oneIn: Int = 1
    ) throws -> Difference {
        let samples = Mutex(Samples())
        let failure = Mutex<(any Error)?>(nil)
        let work = Work(h, client, hidden, absent, planted, oneIn)
        Self.inThreads(Self.lanes) { lane in
            do {
                let own = try work.run(pairs: Self.pairs / Self.lanes, seed: UInt64(lane + 1))
                samples.withLock {
                    $0.hidden += own.0
                    $0.absent += own.1
                }
            } catch { failure.withLock { $0 = error } }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return samples.withLock { Difference($0) }
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
        #expect(!t.isSeen)
    }

    @Test func `a patient who is denied and one who is not there take the same time`() throws {
        let t = try measure("Condition?patient=margaret", "Condition?patient=none", by: m.stranger)
        print("timing: denied and unknown patient: \(t), \(Self.pairs * 2) requests")
        #expect(!t.isSeen)
    }

    @Test func `who is told to ask less often learns nothing from the time of that either`() throws
    {
        let hasty = try Margaret()
        let token = try hasty.harness.token(hasty.doctor)
        let work = Work(
            hasty.harness,
            hasty.doctor,
            Margaret.hidden,
            "DocumentReference/none",
            .zero,
            1
        )
        let refusals = Mutex<[Duration]>([])
        Self.inThreads(8) { _ in
            for number in 0..<500 where refusals.withLock({ $0.count < 10 }) {
                let path = number % 2 == 0 ? work.hidden : work.absent
                let start = ContinuousClock.now
                let reply = work.h.call("GET", "/fhir/\(path)", token: token)
                let took = ContinuousClock.now - start
                if reply.status == 429 { refusals.withLock { $0.append(took) } }
            }
        }
        let took = refusals.withLock { $0 }
        #expect(took.count >= 10 && took.allSatisfy { $0 >= EveningPace.shortest })
    }

    @Test func `the same test notices a planted difference`() throws {
        let t = try measure(
            Margaret.hidden,
            "DocumentReference/none",
            by: m.doctor,
            planted: Self.isLong ? .microseconds(50) : .milliseconds(10)
        )
        print("timing: planted difference: \(t), \(Self.pairs * 2) requests")
        #expect(abs(t.cropped) > Self.bound)
    }

    @Test func `answers of one kind that miss their step more often are noticed`() throws {
        let t = try measure(
            Margaret.hidden,
            "DocumentReference/none",
            by: m.doctor,
            planted: EveningPace.longest,
            oneIn: Self.isLong ? 100 : 2
        )
        print("timing: planted lateness: \(t), \(Self.pairs * 2) requests")
        #expect(t.whole > Self.bound)
    }
}
