import BreachResponse
import Foundation
import Testing
import VaultCore

/// The shipped rules and short ways to ask them.
enum Clocks {
    /// The folder of the shipped rules, found from this file's place.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Policies/jurisdictions")

    static func files() throws -> [(name: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") }.map {
                ($0, Array(try Data(contentsOf: folder.appending(path: $0))))
            }
    }

    static func rules() throws -> ClockRuleSet { try ClockRuleSet(files: files()) }

    /// Deadlines by `rule` or `rule/jurisdiction` where a rule answers for several.
    static func answer(_ facts: String, _ rules: ClockRuleSet) throws -> [String: BreachDeadline] {
        let document = try #require(JSONValue(parsing: facts), "\(facts)")
        let reader = try BreachFactsReader(document, codes: rules.codes)
        var found: [String: BreachDeadline] = [:]
        for deadline in BreachClocks(rules: rules).answer(reader.facts).deadlines {
            found["\(deadline.rule.id)/\(deadline.jurisdiction)"] = deadline
            if found[deadline.rule.id]?.isRequired != true { found[deadline.rule.id] = deadline }
        }
        return found
    }
}
