import Consent
import Foundation
import Testing
import VaultCore
import VaultTestSupport

/// One decision of `Policies/corpus/*.jsonl`; an unknown key fails the load.
struct CorpusCase {
    let name: String
    let source: String
    let line: [UInt8]
    let decision: String
    let layer: String
    let by: [String]
    /// What the facts consist of; see ``CorpusPattern``.
    let pattern: String

    init(_ text: Substring, file: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        guard let object = value as? [String: Any],
            Set(object.keys) == ["name", "source", "line", "expect"],
            let name = object["name"] as? String, let source = object["source"] as? String,
            let line = object["line"] as? [String: Any],
            let expect = object["expect"] as? [String: Any],
            Set(expect.keys) == ["decision", "layer", "by"],
            let decision = expect["decision"] as? String, let layer = expect["layer"] as? String,
            let by = expect["by"] as? [String]
        else { throw Unreadable(file: file, text: String(text.prefix(120))) }
        self.name = name
        self.source = source
        self.line = Array(try JSONSerialization.data(withJSONObject: line))
        self.decision = decision
        self.layer = layer
        self.by = by
        pattern = CorpusPattern.text(of: line)
    }

    struct Unreadable: Error {
        let file: String
        let text: String
    }

    static func all() throws -> [CorpusCase] {
        let folder = Shipped.folder.appending(path: "corpus")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try names.filter { $0.hasSuffix(".jsonl") }.flatMap { name in
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            return try text.split(whereSeparator: \.isNewline).map {
                try CorpusCase($0, file: name)
            }
        }
    }
}

struct CorpusTests {
    @Test func `every case of the corpus is decided as it says`() throws {
        let cases = try CorpusCase.all()
        var decider = PolicyDecideLine(policies: Shipped.policies, labels: Shipped.labels)
        var wrong: [String] = []
        var dump: [String] = []
        for item in cases {
            let bytes = decider.decide(item.line)
            dump.append(String(decoding: bytes, as: UTF8.self))
            let answer = LineAnswer(bytes)
            if (answer.decision, answer.layer, answer.rules) != (item.decision, item.layer, item.by)
            {
                wrong.append("\(item.name): \(answer)")
            }
        }
        if let path = ProcessInfo.processInfo.environment["CORPUS_DUMP"] {
            try dump.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
        print("corpus: \(cases.count) cases")
        #expect(cases.count >= 600)
        #expect(Set(cases.map(\.name)).count == cases.count)
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(10))")
    }

    @Test
    func `no more than three cases share determining rules and pattern, and each has a source`()
        throws
    {
        let cases = try CorpusCase.all()
        let groups = Dictionary(grouping: cases) { item in
            "\(item.decision) \(item.layer) \(item.by.joined(separator: " "))\n\(item.pattern)"
        }
        let crowded = groups.values.filter { $0.count > 3 }.map { $0.map(\.name) }
        print("corpus: \(cases.count) cases, \(groups.count) patterns")
        #expect(crowded.isEmpty, "\(crowded.prefix(4))")
        #expect(groups.count >= 580)
        #expect(cases.allSatisfy { !$0.source.isEmpty })
    }

    @Test func `every shipped rule decides a case of the corpus`() throws {
        let by = Set(try CorpusCase.all().flatMap(\.by))
        let silent = Shipped.policies.rules.filter { $0.effect != .oblige && !by.contains($0.id) }
        #expect(silent.map(\.id) == [])
    }

    @Test func `a key that nobody knows fails the load of a case`() {
        let text = #"{"name":"x","source":"y","line":{},"expect":{},"extra":1}"#
        #expect(throws: CorpusCase.Unreadable.self) {
            try CorpusCase(text[...], file: "f")
        }
    }
}
