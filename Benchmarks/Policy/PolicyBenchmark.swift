import Consent
import FHIRModel
import Foundation
import VaultCore

/// What decisions cost, and the same questions that other policy engines are measured with.
///
///     policy-benchmark POLICIES [REQUESTS]
///
/// Prints one `name value` a line. REQUESTS are the peers' JSON lines; every answer must be the expected one.
@main
struct PolicyBenchmark {
    enum Failure: Error {
        case usage
        case wrongAnswer(String)
        case unreadable(String)
    }

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first else { throw Failure.usage }
        let policies = try PolicySet(files: files(in: folder))
        let row = try PatientRow(policies: policies)
        print("rules \(policies.rules.count)")
        print("decision-with-reasons-microseconds \(text(try row.decision() * 1e6))")
        print("decision-heap-growth-bytes \(try row.heapGrowth())")
        print("thousand-records-milliseconds \(text(try row.thousandRecords() * 1e3))")
        try prove(policies, in: folder)
        if arguments.count > 1, let path = arguments.last {
            let peers = try PeerRequests(path: path)
            print("peer-requests \(peers.count)")
            print("peer-decision-microseconds \(text(try peers.seconds() * 1e6))")
        }
    }

    /// Processor time of all proofs; what they prove is for `policy prove` to say.
    private static func prove(_ policies: PolicySet, in folder: String) throws {
        let statements = try ["domain.yaml", "invariants.yaml"].map { name in
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            return PolicySet.File(name: name, text: text)
        }
        let prover = try Prover(
            policies: policies,
            domain: statements[0],
            invariants: statements[1]
        )
        var failed = 0
        let seconds = Processor.seconds(rounds: 1) {
            let run = prover.run()
            failed = (0..<prover.count).count { !run.prove($0).isProved }
        }
        print("statements \(prover.count), \(failed) refuted")
        print("prove-all-seconds \(text(seconds))")
    }

    private static func files(in folder: String) throws -> [PolicySet.File] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try PolicySet.ruleFiles(among: names)
            .map { name in
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                return PolicySet.File(name: name, text: text)
            }
    }

    private static func text(_ number: Double) -> String { String(format: "%.4f", number) }
}

/// Processor time of this process; the least of several rounds, for other programs can only add to it.
enum Processor {
    static func seconds(rounds: Int = 7, _ work: () throws -> Void) rethrows -> Double {
        var least = Double.infinity
        for _ in 0..<rounds {
            let start = now()
            try work()
            least = min(least, now() - start)
        }
        return least
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
