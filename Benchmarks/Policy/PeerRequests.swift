import Consent
import FHIRModel
import Foundation
import VaultCore

/// The questions that Cedar and regorus are measured with, put to the vault's engine: the same twelve rules,
/// the persons' consents as FHIR Consents, and an answer that must be the expected one.
///
/// Names differ, one to one: the peers' seven labels are seven of ours, their categories FHIR types.
struct PeerRequests {
    private struct Question {
        let request: AccessRequest
        let facts: PatientFacts
        let record: RecordAttributes
        let isAllowed: Bool
    }

    private let policies: PolicySet
    private let questions: [Question]

    var count: Int { questions.count }

    init(path: String) throws {
        policies = try PolicySet(files: [PolicySet.File(name: "peers.yaml", text: PeerRules.text)])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = try text.split(separator: "\n").map { line in
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let object = value as? [String: Any] else {
                throw PolicyBenchmark.Failure.unreadable(path)
            }
            return try PeerLine(object)
        }
        let users = Dictionary(lines.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
        questions = try lines.map { line in
            Question(
                request: line.request,
                facts: try line.facts(users),
                record: line.record,
                isAllowed: line.isAllowed
            )
        }
        for (number, question) in questions.enumerated() {
            let effect = DecisionContext(
                request: question.request,
                facts: question.facts,
                policies: policies
            ).decision(for: question.record).effect
            guard (effect == .permit) == question.isAllowed else {
                throw PolicyBenchmark.Failure.wrongAnswer("request \(number + 1)")
            }
        }
    }

    /// Seconds of one decision with its reasons, over all requests.
    func seconds() throws -> Double {
        let rounds = 100
        var permits = 0
        let seconds = Processor.seconds {
            for _ in 0..<rounds {
                for place in questions.indices {
                    let decision = DecisionContext(
                        request: questions[place].request,
                        facts: questions[place].facts,
                        policies: policies
                    ).decision(for: questions[place].record)
                    if decision.effect == .permit { permits += 1 }
                }
            }
        }
        guard permits % questions.filter(\.isAllowed).count == 0 else {
            throw PolicyBenchmark.Failure.wrongAnswer("the answers changed")
        }
        return seconds / Double(rounds * questions.count)
    }
}
