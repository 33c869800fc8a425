import Consent
import FHIRModel
import Foundation

/// The tables of this checkout, read from `Policies/labels`.
enum LabelTestTables {
    static let folder: URL = {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.appending(path: "Policies/labels")
    }()

    static let files: [String: String] = {
        var files: [String: String] = [:]
        for name in ["labels.yaml"] + names("codes") + names("words") {
            let url = folder.appending(path: name)
            files[name] = try? String(contentsOf: url, encoding: .utf8)
        }
        return files
    }()

    static let shared = Result { try LabelTables(parsing: files) }

    private static func names(_ sub: String) -> [String] {
        let path = folder.appending(path: sub).path
        let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return found.filter { $0.hasSuffix(".codes") || $0.hasSuffix(".words") }.sorted()
            .map { "\(sub)/\($0)" }
    }
}

/// Labels a resource given as JSON text.
func labels(of json: String, marks: LabelSet = .none) throws -> LabelResult {
    var parser = JSONParser()
    let document = try parser.parse(Array(json.utf8))
    var summary = ResourceSummary()
    try summary.gather(document.root)
    var labeller = Labeller(try LabelTestTables.shared.get())
    return labeller.label(summary, in: document, marks: marks)
}
