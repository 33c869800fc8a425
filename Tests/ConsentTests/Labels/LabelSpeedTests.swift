import Consent
import FHIRModel
import Foundation
import Testing
import VaultTestSupport

/// Prints the labeller's speed; nothing is asserted.
///
/// Run in release mode with `LABEL_SPEED=1`.
struct LabelSpeedTests {
    private static let isWanted = ProcessInfo.processInfo.environment["LABEL_SPEED"] == "1"

    @Test(.enabled(if: isWanted))
    func `speed of loading and labelling`() throws {
        let clock = ContinuousClock()
        let files = LabelTestTables.files
        let load = try clock.measure { _ = try LabelTables(parsing: files) }
        print("tables loaded in \(load)")
        var documents: [JSONDocument] = []
        for url in try SharedData.files(below: "synthea/dev/bulk10", suffix: ".ndjson") {
            for line in Array(try Data(contentsOf: url)).split(separator: UInt8(0x0A)) {
                var parser = JSONParser()
                documents.append(try parser.parse(Array(line)))
            }
        }
        let bytes = documents.reduce(0) { $0 + $1.byteCount }
        var labeller = Labeller(try LabelTestTables.shared.get())
        var summary = ResourceSummary()
        for round in 0..<4 {
            var labelled = 0
            var gathered = Duration.zero
            var texts = 0
            let all = try clock.measure {
                for document in documents {
                    gathered += try clock.measure { try summary.gather(document.root) }
                    let result = labeller.label(summary, in: document)
                    if !result.labels.isEmpty { labelled += 1 }
                    texts += summary.texts.count
                }
            }
            let own = (all - gathered) / documents.count
            print(
                "round \(round): \(documents.count) resources, \(bytes) bytes, \(texts) texts,",
                "\(labelled) labelled; gather \(gathered / documents.count), label \(own) each"
            )
        }
    }

    @Test(.enabled(if: isWanted))
    func `speed on long text`() throws {
        let note = "Patient is a 47 year-old with a history of cough and fever; takes ibuprofen. "
        let data = Data(String(repeating: note, count: 20_000).utf8)
        let json = """
            {"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"text/plain",\
            "data":"\(data.base64EncodedString())"}}]}
            """
        var parser = JSONParser()
        let document = try parser.parse(Array(json.utf8))
        var summary = ResourceSummary()
        try summary.gather(document.root)
        var labeller = Labeller(try LabelTestTables.shared.get())
        for _ in 0..<3 {
            let time = ContinuousClock().measure { _ = labeller.label(summary, in: document) }
            print("\(data.count) bytes of text in \(time)")
        }
    }

    @Test(.enabled(if: isWanted))
    func `speed of spreading`() throws {
        var random = SeededRandom(seed: 3)
        var nodes: [(Int, LabelGraph<Int>.Node)] = []
        for id in 0..<1_000 {
            var links = [LabelGraph<Int>.Link(to: id / 20 * 20, .during)]
            if id % 3 == 0 { links.append(LabelGraph.Link(to: (id + 1) % 1_000, .about)) }
            let own: LabelSet = Int.random(in: 0..<20, using: &random) == 0 ? [.hiv] : []
            nodes.append((id, LabelGraph.Node(own: own, coded: own, links: links)))
        }
        let clock = ContinuousClock()
        var graph = LabelGraph<Int>()
        let whole = clock.measure { _ = graph.update(nodes) }
        let single = clock.measure {
            for (id, node) in nodes { _ = graph.set(id, node) }
        }
        print("1000 records at once \(whole), one by one \(single)")
    }
}
