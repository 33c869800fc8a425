import Consent
import FHIRModel
import Foundation
import Synchronization
import VaultCore
import VaultTestSupport

/// The shipped policies and label tables, read from the checkout once.
enum Shipped {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Policies")

    static let files: [PolicySet.File] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return PolicySet.ruleFiles(among: names).compactMap { name in
            guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
            return PolicySet.File(name: name, text: String(decoding: data, as: UTF8.self))
        }
    }()

    static let policies: PolicySet = {
        do {
            return try PolicySet(files: files)
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    static let labels: LabelTables? = {
        let root = folder.appending(path: "labels")
        let names = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String]
        var contents: [String: String] = [:]
        for name in names ?? [] where name.hasSuffix(".yaml") || name.contains("/") {
            guard let data = try? Data(contentsOf: root.appending(path: name)) else { continue }
            contents[name] = String(decoding: data, as: UTF8.self)
        }
        return try? LabelTables(parsing: contents)
    }()
}

/// A `policy decide` answer, read back.
struct LineAnswer {
    let decision: String
    let layer: String
    let rules: [String]
    let obligations: [String]
    let problems: [String]

    init(_ bytes: [UInt8]) {
        let value = JSONValue(parsing: bytes)
        decision = value?["decision"]?.string ?? "?"
        layer = value?["layer"]?.string ?? "?"
        rules = value?["rules"]?.stringArray ?? []
        obligations = value?["obligations"]?.stringArray ?? []
        problems = value?["problems"]?.stringArray ?? []
    }
}

/// One decider for all tests: it is pure but for its scratch memory.
private let decider = Mutex(PolicyDecideLine(policies: Shipped.policies, labels: Shipped.labels))

/// Decides a line built from Foundation JSON objects.
func decide(_ line: [String: Any]) throws -> LineAnswer {
    let data = try JSONSerialization.data(withJSONObject: line)
    return LineAnswer(decider.withLock { $0.decide(Array(data)) })
}

/// A JSON object from shared data.
func object(_ path: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(SharedData.bytes(path)))
    return value as? [String: Any] ?? [:]
}
