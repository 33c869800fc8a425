internal import FHIRModel
internal import VaultCore

/// Takes out of one record what would tell of another that the requester does not get.
///
/// Works on the parsed bytes: what stays is copied, numbers and texts as they were written. A reference goes
/// with everything that it says (identifier, display, type); the element around it goes where FHIR demands
/// the reference, and where that must stay it says that the value is masked. Then the narrative goes too.
/// Pure: the same record and rules give the same bytes.
struct Redactor {
    let rules: RedactionRules
    var document: JSONDocument
    var out: [UInt8] = []
    /// Names of the members around the place that is being written, from the innermost resource on.
    var path: [String] = []
    /// Type of that resource.
    var type = ""
    /// Whether narratives go.
    var dropsNarrative: Bool
    /// Local targets (`#id`, `urn:uuid:…`) that stay in the record.
    var kept: Set<String> = []
    /// Contained resources that nothing refers to any more.
    var orphans: Set<String> = []
    /// New numbers of the entries of a bill's lists by their old ones, for lists that lose some.
    var numbers: [String: [Int: Int]] = [:]

    /// What became of a value.
    enum Fate {
        case kept, changed, dropped
    }

    private init(_ document: JSONDocument, _ rules: RedactionRules) {
        self.document = document
        self.rules = rules
        dropsNarrative = rules.view.isMarked
    }

    /// Redacts one record.
    ///
    /// - Parameters:
    ///   - document: The record, parsed.
    ///   - rules: What it may tell.
    /// - Returns: The new bytes; `nil` where nothing has to change.
    static func redact(_ document: JSONDocument, _ rules: RedactionRules) -> [UInt8]? {
        var redactor = Redactor(document, rules)
        redactor.type = document.root["resourceType"]?.string ?? ""
        redactor.findLocalTargets()
        redactor.renumberBill()
        var fate = redactor.write()
        if fate == .changed, !redactor.dropsNarrative, document.root["text"] != nil {
            redactor.dropsNarrative = true
            fate = redactor.write()
        }
        while fate == .changed, redactor.findOrphans() { fate = redactor.write() }
        return fate == .kept ? nil : redactor.out
    }

    /// Writes the whole record anew.
    private mutating func write() -> Fate {
        out.removeAll(keepingCapacity: true)
        return emit(document.root)
    }

    /// Writes one value, or nothing.
    mutating func emit(_ node: JSONNode) -> Fate {
        switch node.kind {
        case .object: return emitObject(node)
        case .array: return emitArray(node)
        case .number: return emitNumber(node)
        case .null, .boolean, .string:
            copy(node.byteRange)
            return .kept
        }
    }

    func isRoot(_ node: JSONNode) -> Bool { node.byteRange.lowerBound == document.rootStart }

    mutating func copy(_ range: Range<Int>) {
        document.withBytes { out.append(contentsOf: $0[range]) }
    }

    private mutating func emitArray(_ node: JSONNode) -> Fate {
        let start = out.count
        out.append(0x5B)
        var fate = Fate.kept
        var count = 0
        var seen = 0
        for element in node.elements {
            seen += 1
            let mark = out.count
            if count > 0 { out.append(0x2C) }
            switch emit(element) {
            case .kept: count += 1
            case .changed:
                count += 1
                fate = .changed
            case .dropped:
                out.removeLast(out.count - mark)
                fate = .changed
            }
        }
        if count == 0, seen > 0 {
            out.removeLast(out.count - start)
            return .dropped
        }
        out.append(0x5D)
        return fate
    }

    private mutating func emitObject(_ node: JSONNode) -> Fate {
        let isRoot = isRoot(node)
        if !isRoot, let fate = emitLink(node) { return fate }
        let outer = (path, type)
        if !isRoot, let nested = node["resourceType"]?.string {
            guard mayStay(node) else { return .dropped }
            path = []
            type = nested
        }
        defer { (path, type) = outer }
        let start = out.count
        let fate = emitMembers(of: node, isRoot: isRoot, withoutText: false)
        // The text of a section tells what its entries say.
        guard fate == .changed, type == "Composition", path.last == "section",
            node["text"] != nil
        else { return fate }
        out.removeLast(out.count - start)
        return emitMembers(of: node, isRoot: isRoot, withoutText: true)
    }

    private mutating func emitMembers(
        of node: JSONNode,
        isRoot: Bool,
        withoutText: Bool
    ) -> Fate {
        let start = out.count
        out.append(0x7B)
        var written = Members()
        for (key, value) in node.members {
            let name = key.string ?? ""
            if isLeftOut(name, value) || (withoutText && name == "text") {
                written.isChanged = true
                continue
            }
            let mark = out.count
            if written.count > 0 { out.append(0x2C) }
            copy(key.byteRange.lowerBound..<value.byteRange.lowerBound)
            path.append(name)
            let fate: Fate =
                isRoot && name == "meta" && rules.view.isMarked
                ? emitMeta(value) : emit(value)
            path.removeLast()
            if fate == .dropped {
                out.removeLast(out.count - mark)
                guard replace(name, key, value, &written) else {
                    out.removeLast(out.count - start)
                    return .dropped
                }
                continue
            }
            written.count += 1
            if fate == .changed { written.isChanged = true }
            if name == "meta" { written.hasMeta = true }
        }
        if isRoot, rules.view.isMarked, !written.hasMeta { addMeta(&written) }
        if written.count == 0, written.isChanged, !isRoot {
            out.removeLast(out.count - start)
            return .dropped
        }
        out.append(0x7D)
        return written.isChanged ? .changed : .kept
    }

    /// What stands for a member that was dropped; false where the object around it must go.
    private mutating func replace(
        _ name: String,
        _ key: JSONNode,
        _ value: JSONNode,
        _ written: inout Members
    ) -> Bool {
        written.isChanged = true
        let place = ([type] + path + [name]).joined(separator: ".")
        let isExtension = path.last == "extension" || path.last == "modifierExtension"
        if isExtension && name.hasPrefix("value") || RequiredElements.cascading.contains(place) {
            return false
        }
        guard RequiredElements.masked.contains(place) else { return true }
        if written.count > 0 { out.append(0x2C) }
        copy(key.byteRange.lowerBound..<value.byteRange.lowerBound)
        let isList = value.kind == .array
        if isList { out.append(0x5B) }
        out += RequiredElements.mask
        if isList { out.append(0x5D) }
        written.count += 1
        return true
    }

    /// What is left out of every record of a view: narratives and notes restate what other records say.
    private func isLeftOut(_ name: String, _ value: JSONNode) -> Bool {
        if name == "text", path.isEmpty, dropsNarrative { return value["div"] != nil }
        if rules.view.hidesAddresses, type == "Patient", name == "address" || name == "telecom" {
            return true
        }
        return name == "note" && rules.view.isMarked && value.kind == .array
    }

    /// What has been written of an object.
    private struct Members {
        var count = 0
        var isChanged = false
        var hasMeta = false
    }

    private mutating func addMeta(_ written: inout Members) {
        if written.count > 0 { out.append(0x2C) }
        out += #""meta":{"security":["#.utf8
        out += RequiredElements.label
        out += #"],"tag":["#.utf8
        out += RequiredElements.tag
        out += "]}".utf8
        written.isChanged = true
    }

    /// `meta` with the marks of the view beside those that it has.
    private mutating func emitMeta(_ meta: JSONNode) -> Fate {
        out.append(0x7B)
        var count = 0
        var open = ["security": RequiredElements.label, "tag": RequiredElements.tag]
        for (key, value) in meta.members {
            if count > 0 { out.append(0x2C) }
            count += 1
            let name = key.string ?? ""
            guard let mark = open[name], value.kind == .array else {
                copy(key.byteRange.lowerBound..<value.byteRange.upperBound)
                continue
            }
            open[name] = nil
            copy(key.byteRange.lowerBound..<value.byteRange.upperBound - 1)
            if value.count > 0 { out.append(0x2C) }
            out += mark
            out.append(0x5D)
        }
        for (name, mark) in open.sorted(by: { $0.key < $1.key }) {
            if count > 0 { out.append(0x2C) }
            count += 1
            out += "\"\(name)\":[".utf8
            out += mark
            out.append(0x5D)
        }
        out.append(0x7D)
        return .changed
    }
}

extension JSONDocument {
    /// First byte of the outermost value.
    fileprivate var rootStart: Int { root.byteRange.lowerBound }
}
