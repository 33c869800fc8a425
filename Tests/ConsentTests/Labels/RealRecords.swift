import Consent
import FHIRModel
import Foundation
import VaultTestSupport

/// One resource of the real data with what it should and does carry.
struct RealRecord {
    var group: String
    var name: String
    var type: ResourceType
    var isNote: Bool
    /// Categories its own codes or the free-text gold give it, and those it refers to directly.
    var expected: Set<String>
    var own: LabelResult
    var links: [LabelGraph<String>.Link]
    var references: [String]
}

/// Reads `../shared/data/synthea`, labels everything and says what the gold says: a second way to the
/// codes, by plain recursion over the JSON, and the published list of indicative codes.
struct RealRecords {
    var records: [RealRecord] = []
    private let indicative: [String: Set<String>]
    private let freeText: [String: Set<String>]
    private var labeller: Labeller
    private var summary = ResourceSummary()

    init(folders: [String]) throws {
        indicative = try Self.indicativeCodes()
        freeText = try Self.freeTextGold()
        labeller = Labeller(try LabelTestTables.shared.get())
        for folder in folders {
            let root = "synthea/\(folder)"
            for url in try SharedData.files(below: root, suffix: ".json") {
                let name = folder.dropPrefix("dev/") + "/" + url.lastPathComponent
                try add(bundle: url, file: String(name))
            }
            var whole: [(JSONNode, String?, String)] = []
            for url in try SharedData.files(below: root, suffix: ".ndjson") {
                let name = folder.dropPrefix("dev/") + "/" + url.lastPathComponent
                for line in Array(try Data(contentsOf: url)).split(separator: UInt8(0x0A)) {
                    var parser = JSONParser()
                    whole.append((try parser.parse(Array(line)).root, nil, String(name)))
                }
            }
            try add(whole, group: String(folder.dropPrefix("dev/")))
        }
    }

    private mutating func add(bundle url: URL, file: String) throws {
        var parser = JSONParser()
        let bundle = try parser.parse(Array(try Data(contentsOf: url))).root
        var entries: [(JSONNode, String?, String)] = []
        if let list = bundle["entry"] {
            for entry in list.elements {
                guard let resource = entry["resource"] else { continue }
                entries.append((resource, entry["fullUrl"]?.string, file))
            }
        }
        try add(entries, group: file)
    }

    private mutating func add(_ entries: [(JSONNode, String?, String)], group: String) throws {
        var names: [String: String] = [:]
        var types: [String: ResourceType] = [:]
        for (place, entry) in entries.enumerated() {
            let name = Self.name(entry.0, place)
            if let url = entry.1 { names[url] = name }
            types[name] = (entry.0["resourceType"]?.string).flatMap(ResourceType.init(rawValue:))
        }
        let first = records.count
        for (place, (node, _, file)) in entries.enumerated() {
            try summary.gather(node)
            let document = node.document
            var links: [LabelGraph<String>.Link] = []
            var references: [String] = []
            for span in summary.references {
                let text = document.string(span.reference)
                let target = names[text] ?? text
                references.append(target)
                guard let type = types[target],
                    let kind = LabelLink(span, from: summary.type, to: type)
                else { continue }
                links.append(LabelGraph.Link(to: target, kind))
            }
            records.append(
                RealRecord(
                    group: group,
                    name: Self.name(node, place),
                    type: summary.type,
                    isNote: summary.type == .documentReference
                        || summary.type == .diagnosticReport && node["presentedForm"] != nil,
                    expected: expected(node, file),
                    own: labeller.label(summary, in: document),
                    links: links,
                    references: references
                )
            )
        }
        addReferred(from: first)
    }

    /// Adds to each record what the records it refers to are expected to carry by themselves.
    private mutating func addReferred(from first: Int) {
        let own = Dictionary(
            records[first...].map { ($0.name, $0.expected) },
            uniquingKeysWith: { $0.union($1) }
        )
        for place in records.indices[first...] {
            for target in records[place].references where target != records[place].name {
                records[place].expected.formUnion(own[target] ?? [])
            }
        }
    }

    private static func name(_ node: JSONNode, _ place: Int) -> String {
        let type = node["resourceType"]?.string ?? "?"
        return "\(type)/\(node["id"]?.string ?? "no-id-\(place)")"
    }

    private func expected(_ node: JSONNode, _ file: String) -> Set<String> {
        var found: Set<String> = []
        walk(node) { system, code in found.formUnion(indicative["\(system)|\(code)"] ?? []) }
        let id = node["id"]?.string ?? ""
        let type = node["resourceType"]?.string ?? ""
        found.formUnion(freeText["\(file)|\(type)|\(id)"] ?? [])
        return found
    }

    private func walk(_ node: JSONNode, _ visit: (String, String) -> Void) {
        for element in node.elements { walk(element, visit) }
        if node.kind == .object {
            if let system = node["system"]?.string, let code = node["code"]?.string {
                visit(system.trimmed, code.trimmed)
            }
            for member in node.members { walk(member.value, visit) }
        }
    }

    private static func indicativeCodes() throws -> [String: Set<String>] {
        var codes: [String: Set<String>] = [:]
        for row in try csv("codesets/synthea-sensitive-codes.csv") where row.last == "yes" {
            codes["\(row[0])|\(row[1])", default: []].insert(row[3])
        }
        return codes
    }

    private static func freeTextGold() throws -> [String: Set<String>] {
        var gold: [String: Set<String>] = [:]
        for row in try csv("labelling/free-text-leak-gold-dev.csv") {
            let categories = row[5].split(separator: "|").map(String.init)
            gold["\(row[1])|\(row[2])|\(row[3])", default: []].formUnion(categories)
        }
        return gold
    }

    /// Rows of a CSV file without its heading; quoted fields may hold commas.
    private static func csv(_ path: String) throws -> [[String]] {
        let text = String(decoding: try SharedData.bytes(path), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).dropFirst().map { line in
            var fields: [String] = [""]
            var isQuoted = false
            for character in line {
                if character == "\"" {
                    isQuoted.toggle()
                } else if character == ",", !isQuoted {
                    fields.append("")
                } else {
                    fields[fields.count - 1].append(character)
                }
            }
            return fields
        }
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }

    fileprivate func dropPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
