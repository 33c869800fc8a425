internal import Consent
internal import FHIRModel
internal import VaultCore

/// Runs the decisions of `corpus/*.jsonl`: `{name, source, line, expect: {decision, layer, by}}`.
struct CorpusRun {
    private(set) var count = 0
    private(set) var problems: [String] = []

    /// Decides every case of a folder; a folder that is not there has none.
    mutating func run(in folder: String, with decider: inout PolicyDecideLine) throws {
        for name in Files.names(in: folder) where name.hasSuffix(".jsonl") {
            let lines = try Files.read("\(folder)/\(name)").split(separator: 0x0A)
            for (number, line) in lines.enumerated() {
                count += 1
                if let problem = Self.problem(Array(line), &decider) {
                    problems.append("corpus/\(name):\(number + 1): \(problem)")
                }
            }
        }
    }

    private static func problem(_ text: [UInt8], _ decider: inout PolicyDecideLine) -> String? {
        var parser = JSONParser()
        guard let document = try? parser.parse(text), let line = document.root["line"],
            let expected = document.root["expect"]
        else { return "the case cannot be read" }
        let keys = Set(document.root.members.map { $0.key.string })
        guard keys == ["name", "source", "line", "expect"] else { return "an unknown key" }
        let answer = JSONValue(parsing: decider.decide(line.withBytes { Array($0) }))
        let found = [
            answer?["decision"]?.string, answer?["layer"]?.string,
            answer?["rules"]?.array?.compactMap(ruleID).joined(separator: " "),
        ]
        let wanted = [
            expected["decision"]?.string, expected["layer"]?.string,
            expected["by"].map { $0.elements.compactMap(\.string).joined(separator: " ") },
        ]
        guard found != wanted else { return nil }
        let words = found.map { $0 ?? "nothing" }.joined(separator: ", ")
        return "decides \(words)"
    }

    private static func ruleID(_ rule: JSONValue) -> String? { rule.string ?? rule["id"]?.string }
}
