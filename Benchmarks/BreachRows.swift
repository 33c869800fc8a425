import BreachResponse
import Foundation
import VaultCore

/// What an answer to a breach costs: scope, letters, clocks.
struct BreachRows {
    let project: URL

    /// Scope over a log: seconds, and highest memory in MB.
    ///
    /// The computation and its certificate's content alone; opening the entries is the Guard's work and
    /// stands in a row of its own.
    func scope(entries: UInt64, patients: Int) throws -> (seconds: Double, megabytes: Double) {
        let history = StreamedHistory(entries: entries, patients: patients)
        let question = ScopeComputation(
            window: history.window,
            suspicion: .device(StreamedHistory.suspect)
        )
        Measure.resetPeak()
        var size = 0
        let seconds = try Measure.seconds {
            let result = try question.run(history)
            guard result.patientCount == patients, result.doubts.isEmpty else {
                throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
            }
            size = result.digest.count
        }
        guard size == 64 else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
        return (seconds, Measure.peakMB())
    }

    /// Letters as pages that print, in six languages in turn: seconds.
    func letters(_ count: Int) throws -> Double {
        let folder = project.appending(path: "Policies/letters")
        func read(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: name)))
        }
        let languages = ["en", "ko", "lt", "ms", "nb", "ta"]
        let templates = try languages.map { try LetterTemplate(try read("\($0).json")) }
        let pages = try LetterPages(String(decoding: try read("letter.mustache"), as: UTF8.self))
        var bytes = 0
        let seconds = Measure.seconds {
            for number in 0..<count {
                let facts = LetterFacts(
                    patient: "Synthia Drillwell \(number)",
                    addressee: "Synthia Drillwell \(number)",
                    address: ["\(number) Rehearsal Road", "Drillton", "US"],
                    suspicion: "device",
                    days: .init(from: "2026-03-02", until: "2026-03-03", discovered: "2026-03-04"),
                    isAccessed: number % 2 == 0,
                    categories: ["medications", "laboratory", "visits"],
                    sender: "Example Hospital",
                    contact: "+1 555 0100",
                    date: "2026-03-09"
                )
                bytes += pages.html([templates[number % templates.count].letter(facts)]).utf8.count
            }
        }
        guard bytes > count * 2_000 else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        return seconds
    }

    /// Deadlines of residents of twenty jurisdictions, each resident's own found again: seconds.
    func clocks(residents: Int) throws -> Double {
        let folder = project.appending(path: "Policies/jurisdictions")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let rules = try ClockRuleSet(
            files: names.filter { $0.hasSuffix(".json") }.map {
                (name: $0, bytes: Array(try Data(contentsOf: folder.appending(path: $0))))
            }
        )
        let codes = [
            "US-TX", "US-CA", "US-NY", "US-FL", "US-CO", "US-WA", "US-ME", "US-OR", "US-MA", "NO",
            "LT", "DE", "FR", "GB", "KR", "MY", "IN", "SG", "AU", "CA-ON",
        ]
        let homes = (0..<residents).map { codes[$0 % codes.count] }
        var dated = 0
        let seconds = try Measure.seconds {
            var counts: [String: Int64] = [:]
            for home in homes { counts[home, default: 0] += 1 }
            let document: JSONValue = [
                "role": ["covered-entity"],
                "events": [
                    "discovered": "2026-03-02T09:00:00-05:00", "aware": "2026-03-02T12:00:00-05:00",
                    "determined": "2026-03-03T09:00:00-05:00",
                ],
                "residents": .object(
                    counts.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) }
                ),
            ]
            let facts = try BreachFactsReader(document, codes: rules.codes).facts
            let answer = BreachClocks(rules: rules).answer(facts)
            var due: [String: ZonedTime?] = [:]
            for code in counts.keys {
                due[code] = LetterElements.deadlines(for: code, of: answer.deadlines)
                    .compactMap(\.due).min { $0.instant < $1.instant }
            }
            for home in homes where (due[home] ?? nil) != nil { dated += 1 }
        }
        guard dated == residents else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        return seconds
    }
}
