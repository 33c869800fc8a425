import FHIRModel
import Foundation

@testable import Vault

/// Slow and obvious: lists every place of a record that must go, and builds the record without them.
struct RedactionOracle {
    /// Whether a reference's text may stay.
    let mayRefer: (String) -> Bool
    /// Whether a contained resource of this type may stay.
    let mayHold: (String) -> Bool
    let isMarked: Bool

    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    private final class Work {
        var gone: Set<[Step]> = []
        var masked: Set<[Step]> = []
        var bare: Set<[Step]> = []
    }

    func redact(_ root: [String: Any]) -> [String: Any] {
        var contained: Set<String> = []
        for item in root["contained"] as? [[String: Any]] ?? []
        where mayHold(item["resourceType"] as? String ?? "") {
            contained.insert("#\(item["id"] as? String ?? "")")
        }
        var orphans: Set<String> = []
        while true {
            let work = Work()
            mark(root, root, [], contained, orphans, work)
            if isMarked { leaveOut(root, [], work) }
            let isChanged = !(work.gone.isEmpty && work.masked.isEmpty && work.bare.isEmpty)
            if isChanged, (root["text"] as? [String: Any])?["div"] != nil {
                work.gone.insert([.key("text")])
            }
            sections(root, [], work)
            var result = build(root, [], work) as? [String: Any] ?? [:]
            renumber(&result, root, work)
            let lost = contained.filter { id in
                !orphans.contains(id) && isChanged && !refers(result, to: id)
            }
            if lost.isEmpty {
                if isMarked { mark(&result) }
                return result
            }
            orphans.formUnion(lost)
        }
    }

    /// Finds what must go, from the leaves up.
    private func mark(
        _ root: [String: Any],
        _ value: Any,
        _ place: [Step],
        _ contained: Set<String>,
        _ orphans: Set<String>,
        _ work: Work
    ) {
        if let list = value as? [Any] {
            for (index, item) in list.enumerated() {
                mark(root, item, place + [.index(index)], contained, orphans, work)
            }
        }
        guard let object = value as? [String: Any] else { return }
        if !place.isEmpty, let type = object["resourceType"] as? String {
            let id = "#\(object["id"] as? String ?? "")"
            if !mayHold(type) || orphans.contains(id) { return remove(root, place, work) }
        }
        if !place.isEmpty, let text = object["reference"] as? String {
            let isKept =
                text.hasPrefix("#") ? text == "#" || contained.contains(text) : mayRefer(text)
            if !isKept { return remove(root, place, work) }
        } else if let url = object["url"] as? String, url.hasPrefix("Binary/"), !mayRefer(url) {
            let rest = object.keys.filter { $0 == "contentType" || $0 == "language" }
            if rest.isEmpty { return remove(root, place, work) }
            work.bare.insert(place)
            return
        }
        if !place.isEmpty, isHiddenLogical(object, place) { return remove(root, place, work) }
        for (key, item) in object {
            mark(root, item, place + [.key(key)], contained, orphans, work)
        }
    }

    /// A reference by identifier alone to something that is neither a person nor a place.
    private func isHiddenLogical(_ object: [String: Any], _ place: [Step]) -> Bool {
        let allowed = ["id", "extension", "type", "identifier", "display", "_type", "_display"]
        guard object["identifier"] is [String: Any], object["resourceType"] == nil,
            object["reference"] == nil, object.keys.allSatisfy(allowed.contains)
        else { return false }
        if let type = object["type"] as? String {
            guard let type = ResourceType(named: type) else { return true }
            return type != .patient && !type.mayBeShared
        }
        let name = place.reversed().lazy.compactMap { step -> String? in
            if case .key(let name) = step { name } else { nil }
        }.first
        return !Redactor.names.contains(name ?? "")
    }

    private func remove(_ root: [String: Any], _ place: [Step], _ work: Work) {
        guard let last = place.last, !work.gone.contains(place) else { return }
        let parent = Array(place.dropLast())
        switch last {
        case .index:
            work.gone.insert(place)
            let count = (value(root, parent) as? [Any])?.count ?? 0
            if (0..<count).allSatisfy({ work.gone.contains(parent + [.index($0)]) }) {
                remove(root, parent, work)
            }
        case .key(let name):
            let (type, names) = inside(root, parent)
            let text = ([type] + names + [name]).joined(separator: ".")
            let isExtension = ["extension", "modifierExtension"].contains(names.last ?? "")
            if isExtension, name.hasPrefix("value") { return remove(root, parent, work) }
            if RequiredElements.cascading.contains(text) { return remove(root, parent, work) }
            if RequiredElements.masked.contains(text) {
                work.masked.insert(place)
                return
            }
            work.gone.insert(place)
            let keys = (value(root, parent) as? [String: Any])?.keys.map { $0 } ?? []
            if !parent.isEmpty, keys.allSatisfy({ work.gone.contains(parent + [.key($0)]) }) {
                remove(root, parent, work)
            }
        }
    }

    /// The innermost resource that a place is in, and the names from it on.
    private func inside(_ root: [String: Any], _ place: [Step]) -> (String, [String]) {
        var start = 0
        for length in stride(from: place.count, through: 0, by: -1) {
            let object = value(root, Array(place.prefix(length))) as? [String: Any]
            if object?["resourceType"] != nil {
                start = length
                break
            }
        }
        let type = (value(root, Array(place.prefix(start))) as? [String: Any])?["resourceType"]
        let names = place.dropFirst(start).compactMap { step -> String? in
            if case .key(let name) = step { name } else { nil }
        }
        return (type as? String ?? "", names)
    }

    private func value(_ root: Any, _ place: [Step]) -> Any? {
        var value: Any? = root
        for step in place {
            switch step {
            case .key(let name): value = (value as? [String: Any])?[name]
            case .index(let index): value = (value as? [Any])?[index]
            }
        }
        return value
    }

    private func leaveOut(_ value: Any, _ place: [Step], _ work: Work) {
        for (index, item) in (value as? [Any] ?? []).enumerated() {
            leaveOut(item, place + [.index(index)], work)
        }
        for (key, item) in value as? [String: Any] ?? [:] {
            if key == "note", item is [Any] { work.gone.insert(place + [.key(key)]) }
            leaveOut(item, place + [.key(key)], work)
        }
        if place.isEmpty, let root = value as? [String: Any],
            (root["text"] as? [String: Any])?["div"] != nil
        {
            work.gone.insert([.key("text")])
        }
    }

    /// The text of a section goes with any of its parts.
    private func sections(_ root: [String: Any], _ place: [Step], _ work: Work) {
        guard root["resourceType"] as? String == "Composition" else { return }
        let all = work.gone.union(work.masked).union(work.bare)
        for gone in all {
            for length in gone.indices {
                let prefix = Array(gone.prefix(length))
                guard case .index? = prefix.last, prefix.count >= 2,
                    case .key("section") = prefix[prefix.count - 2],
                    let section = value(root, prefix) as? [String: Any], section["text"] != nil
                else { continue }
                work.gone.insert(prefix + [.key("text")])
            }
        }
    }

    private func build(_ value: Any, _ place: [Step], _ work: Work) -> Any? {
        if work.gone.contains(place) { return nil }
        if work.masked.contains(place) {
            let mask = try? JSONSerialization.jsonObject(with: Data(RequiredElements.mask))
            return value is [Any] ? [mask ?? [:]] : mask
        }
        if let list = value as? [Any] {
            return list.enumerated().compactMap { build($1, place + [.index($0)], work) }
        }
        guard let object = value as? [String: Any] else { return value }
        var result: [String: Any] = [:]
        for (key, item) in object {
            if work.bare.contains(place), key != "contentType", key != "language" { continue }
            result[key] = build(item, place + [.key(key)], work)
        }
        return result
    }

    private func refers(_ value: Any, to id: String) -> Bool {
        if let text = value as? String { return text == id }
        if let list = value as? [Any] { return list.contains { refers($0, to: id) } }
        return (value as? [String: Any])?.values.contains { refers($0, to: id) } ?? false
    }

    /// Numbers the entries of a bill's lists anew.
    private func renumber(_ result: inout [String: Any], _ root: [String: Any], _ work: Work) {
        guard ["Claim", "ExplanationOfBenefit"].contains(root["resourceType"] as? String) else {
            return
        }
        for (list, link) in RequiredElements.numbered {
            let before = root[list] as? [[String: Any]] ?? []
            let after = result[list] as? [[String: Any]] ?? []
            if before.count == after.count { continue }
            var mapped: [Int: Int] = [:]
            for entry in after {
                if let old = entry["sequence"] as? Int { mapped[old] = mapped.count + 1 }
            }
            result[list] =
                after.isEmpty
                ? nil
                : after.map { entry in
                    var entry = entry
                    entry["sequence"] = (entry["sequence"] as? Int).flatMap { mapped[$0] }
                    return entry
                }
            result = follow(result, link, mapped) as? [String: Any] ?? [:]
        }
    }

    private func follow(_ value: Any, _ link: String, _ mapped: [Int: Int]) -> Any? {
        if let list = value as? [Any] { return list.compactMap { follow($0, link, mapped) } }
        guard let object = value as? [String: Any] else { return value }
        var result: [String: Any] = [:]
        for (key, item) in object {
            guard key == link, let numbers = item as? [Int] else {
                result[key] = follow(item, link, mapped)
                continue
            }
            let kept = numbers.compactMap { mapped[$0] }
            result[key] = kept.isEmpty ? nil : kept
        }
        return result
    }

    private func mark(_ result: inout [String: Any]) {
        var meta = result["meta"] as? [String: Any] ?? [:]
        for (name, bytes) in [("security", RequiredElements.label), ("tag", RequiredElements.tag)] {
            let coding = try? JSONSerialization.jsonObject(with: Data(bytes))
            meta[name] = (meta[name] as? [Any] ?? []) + [coding ?? [:]]
        }
        result["meta"] = meta
    }
}
