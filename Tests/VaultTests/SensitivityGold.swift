import Foundation
import VaultCore
import VaultTestSupport

/// Which records of a Synthea file are sensitive, told independently of our labeller: by code, by the list of
/// notes that name a topic, or by a reference to such a record.
struct SensitivityGold {
    struct Record {
        var id: RecordID
        var codes: Set<String> = []
        var references: Set<String> = []
    }

    private(set) var records: [RecordID: Record] = [:]
    private(set) var sensitive: Set<RecordID> = []

    static func indicativeCodes() throws -> Set<String> {
        let text = try String(
            contentsOf: SharedData.url("codesets/synthea-sensitive-codes.csv"),
            encoding: .utf8
        )
        var codes: Set<String> = []
        for line in text.split(whereSeparator: \.isNewline).dropFirst() where line.hasSuffix(",yes")
        {
            let parts = line.split(separator: ",", maxSplits: 2)
            codes.insert("\(parts[0])|\(parts[1])")
        }
        return codes
    }

    static func freeText() throws -> Set<String> {
        let text = try String(
            contentsOf: SharedData.url("labelling/free-text-leak-gold-dev.csv"),
            encoding: .utf8
        )
        return Set(
            text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
                let parts = line.split(separator: ",", maxSplits: 5)
                return parts.count > 3 ? "\(parts[2])/\(parts[3])" : nil
            }
        )
    }

    init(file: URL, codes: Set<String>, texts: Set<String>) throws {
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let bundle = json as? [String: Any] ?? [:]
        var names: [String: String] = [:]
        var found: [Record] = []
        for entry in bundle["entry"] as? [[String: Any]] ?? [] {
            guard let resource = entry["resource"] as? [String: Any],
                let type = resource["resourceType"] as? String,
                let id = (resource["id"] as? String).flatMap({ FHIRID($0) })
            else { continue }
            var record = Record(id: RecordID(type: type, id: id))
            Self.walk(resource, into: &record)
            found.append(record)
            if let url = entry["fullUrl"] as? String { names[url] = record.id.description }
        }
        for var record in found {
            record.references = Set(record.references.map { names[$0] ?? $0 })
            records[record.id] = record
        }
        let own = records.values.filter {
            !$0.codes.isDisjoint(with: codes) || texts.contains($0.id.description)
        }
        sensitive = Set(own.map(\.id))
        let ownNames = Set(own.map(\.id.description))
        for record in records.values where !record.references.isDisjoint(with: ownNames) {
            sensitive.insert(record.id)
        }
    }

    private static func walk(_ value: Any, into record: inout Record) {
        if let object = value as? [String: Any] {
            if let system = object["system"] as? String, let code = object["code"] as? String {
                record.codes.insert(
                    "\(system)|\(code.trimmingCharacters(in: .whitespacesAndNewlines))"
                )
            }
            if let reference = object["reference"] as? String {
                record.references.insert(reference)
            }
            for member in object.values { walk(member, into: &record) }
        } else if let array = value as? [Any] {
            for element in array { walk(element, into: &record) }
        }
    }
}
