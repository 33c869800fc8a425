import FHIRModel
import Foundation
import Testing
import VaultTestSupport

/// Every resource of the shared real data: parsed, summarised, owned.
struct SummaryRealDataTests {
    @Test(
        .enabled(if: SharedData.isExpected),
        arguments: [
            "fhir-r4-examples", "us-core", "hostile-json/fhir-test-cases-valid-r4",
        ]
    )
    func `every real resource is read and its owner told`(folder: String) throws {
        var tally = Tally()
        var parser = JSONParser()
        for file in try SharedData.files(below: folder, suffix: ".json") {
            let document = try parser.parse(Array(try Data(contentsOf: file)))
            guard document.root["resourceType"] != nil else { continue }
            tally.count(document.root, file.lastPathComponent)
        }
        for file in try SharedData.files(below: folder, suffix: ".ndjson") {
            for line in try Data(contentsOf: file).split(separator: 0x0A) {
                let document = try parser.parse(Array(line))
                tally.count(document.root, file.lastPathComponent)
            }
        }
        tally.report(folder)
        #expect(tally.refused.isEmpty)
        #expect(tally.resources > 50)
    }
}

private struct Tally {
    var resources = 0
    var owners: [String: Int] = [:]
    var unowned: [String: Int] = [:]
    var categories: [String: Int] = [:]
    var others: [String: Int] = [:]
    var mentions = 0
    var unreadableTimes = 0
    var refused: [String] = []
    private var summary = ResourceSummary()

    mutating func count(_ node: JSONNode, _ file: String) {
        if node["resourceType"]?.utf8Equals("Bundle") == true {
            for entry in node["entry"]?.elements ?? node.elements {
                if let resource = entry["resource"] { count(resource, file) }
            }
            return
        }
        resources += 1
        do throws(FHIRModelError) {
            try summary.gather(node)
        } catch {
            refused.append("\(file): \(error.message)")
            return
        }
        let document = node.document
        let owner = summary.ownership(in: document)
        let category = summary.category(in: document)
        categories[category.rawValue, default: 0] += 1
        if category == .other { others["\(summary.type)", default: 0] += 1 }
        mentions += summary.mentionedPatients(in: document, besides: owner).count
        if summary.hasUnreadableTime { unreadableTimes += 1 }
        switch owner {
        case .itself: owners["itself", default: 0] += 1
        case .patient: owners["patient", default: 0] += 1
        case .follows: owners["follows", default: 0] += 1
        case .shared: owners["shared", default: 0] += 1
        case .unowned(let reason):
            owners["unowned", default: 0] += 1
            unowned["\(summary.type) \(reason.rawValue)", default: 0] += 1
        }
    }

    func report(_ folder: String) {
        print("\(folder): \(resources) resources, owners \(owners), mentions \(mentions)")
        print(
            "  unowned: \(unowned.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" })"
        )
        let kinds = categories.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
        print("  categories: \(kinds)")
        print("  other: \(others.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" })")
        print("  unreadable times \(unreadableTimes); refused \(refused)")
    }
}
