import FHIRModel
import Foundation
import Testing
import VaultTestSupport

/// The walk against a slow second reading of the same files by Foundation's JSON.
struct SummaryOracleTests {
    @Test(
        .enabled(if: SharedData.isExpected),
        arguments: ["fhir-r4-examples", "us-core", "hostile-json/fhir-test-cases-valid-r4"]
    )
    func `no coding, reference or text is missed and none invented`(folder: String) throws {
        var parser = JSONParser()
        var summary = ResourceSummary()
        var wrong: [String] = []
        var compared = 0
        for file in try SharedData.files(below: folder, suffix: ".json") {
            let data = try Data(contentsOf: file)
            let document = try parser.parse(Array(data))
            guard (try? summary.gather(document.root)) != nil else { continue }
            let oracle = Oracle(try JSONSerialization.jsonObject(with: data))
            let codings = (summary.codings + summary.securityLabels).map {
                "\(document.string($0.system))|\(document.string($0.code))"
            }
            let references = summary.references.map { document.string($0.reference) }
            let texts = Set(summary.texts.map { document.string($0.text) })
            compared += codings.count + references.count
            if codings.sorted() != oracle.codings.sorted() { wrong.append("codings \(file.path)") }
            if references.filter({ !$0.isEmpty }).sorted() != oracle.references.sorted() {
                wrong.append("references \(file.path)")
            }
            if !oracle.texts.isSubset(of: texts) { wrong.append("texts \(file.path)") }
        }
        print("\(folder): \(compared) codings and references compared")
        #expect(wrong.isEmpty)
        #expect(compared > 100)
    }
}

private struct Oracle {
    var codings: [String] = []
    var references: [String] = []
    var texts: Set<String> = []

    init(_ json: Any) {
        walk(json, key: "", isPersonal: false, isMeta: false)
    }

    private mutating func walk(_ json: Any, key: String, isPersonal: Bool, isMeta: Bool) {
        if let list = json as? [Any] {
            for element in list {
                walk(element, key: key, isPersonal: isPersonal, isMeta: isMeta)
            }
        }
        guard let object = json as? [String: Any] else { return }
        let code = object["code"] as? String
        let system = object["system"] as? String
        let isNamed = ["coding", "security", "tag", "class", "valueCoding", "securityLabel"]
            .contains(key)
        let isQuantity = ["value", "unit", "comparator"].contains { object[$0] != nil }
        if isNamed ? (code != nil || system != nil) : (code != nil && system != nil && !isQuantity)
        {
            codings.append("\(system ?? "")|\(code ?? "")")
        }
        if let reference = object["reference"] as? String { references.append(reference) }
        let isPersonal = isPersonal || key == "name" || key == "address"
        let isMeta = isMeta || key == "meta"
        for name in [
            "display", "div", "text", "conclusion", "comment", "description", "title",
            "valueString", "contentString", "patientInstruction", "disposition", "summary",
            "protocol", "reason", "onsetString", "rationale", "definition",
        ] {
            guard !isPersonal, !isMeta, let text = object[name] as? String, !text.isEmpty else {
                continue
            }
            texts.insert(text)
        }
        for (name, value) in object {
            walk(value, key: name, isPersonal: isPersonal, isMeta: isMeta)
        }
    }
}
