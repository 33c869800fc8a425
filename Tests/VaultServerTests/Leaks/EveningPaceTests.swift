import Testing

@testable import VaultServer

/// The step follows how busy the machine is, never the answer that it is for.
struct EveningPaceTests {
    private func pace(after milliseconds: [Int]) -> EveningPace {
        var pace = EveningPace()
        for elapsed in milliseconds { pace.note(.milliseconds(elapsed)) }
        return pace
    }

    @Test func `the step is at least four times what an answer took, up to its bound`() {
        for elapsed in 0...200 {
            let step = pace(after: [elapsed]).step
            #expect(step == EveningPace.longest || step >= .milliseconds(4 * elapsed))
            #expect(step == EveningPace.shortest || step / 2 < .milliseconds(4 * elapsed))
        }
        #expect(pace(after: [5]).step == .milliseconds(20))
        #expect(pace(after: [6]).step == .milliseconds(40))
        #expect(pace(after: [5_000]).step == .milliseconds(80))
    }

    @Test func `it is halved after a thousand short answers in a row, and not before`() {
        let short = Array(repeating: 1, count: EveningPace.calmCount)
        #expect(pace(after: [19] + short.dropLast()).step == .milliseconds(80))
        #expect(pace(after: [19] + short).step == .milliseconds(40))
        #expect(
            pace(after: [19] + short.dropLast() + [11] + short.dropLast()).step == .milliseconds(80)
        )
        #expect(pace(after: [19] + short + short + short).step == EveningPace.shortest)
    }
}
