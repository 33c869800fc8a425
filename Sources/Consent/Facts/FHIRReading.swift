internal import FHIRModel
internal import VaultCore

/// Small readers over a resource's JSON that never fail: what has the wrong shape is not there.
extension JSONNode {
    /// The elements of an array, or the one value that stands where an array should be.
    var list: [JSONNode] {
        switch kind {
        case .array: Array(elements)
        case .null: []
        default: [self]
        }
    }

    /// The elements of a member, an array or a single value.
    func list(_ key: String) -> [JSONNode] { member(named: key)?.list ?? [] }

    /// The text of a member.
    func text(_ key: String) -> String? { member(named: key)?.string }

    /// The codings of a CodeableConcept, a Coding or a list of either.
    func codings(_ key: String) -> [CodedValue] { list(key).flatMap(\.codings) }

    /// The codings of this CodeableConcept or Coding.
    var codings: [CodedValue] {
        if let code = text("code") { return [CodedValue(system: text("system") ?? "", code: code)] }
        return list("coding").compactMap { coding in
            coding.text("code").map { CodedValue(system: coding.text("system") ?? "", code: $0) }
        }
    }

    /// The identifiers of a resource as `SYS|VAL`; one without a system or a value names nobody.
    var identifierKeys: [String] { list("identifier").compactMap(\.identifierKey) }

    /// `SYS|VAL` of an Identifier.
    var identifierKey: String? {
        guard let system = text("system"), let value = text("value"), !system.isEmpty,
            !value.isEmpty
        else { return nil }
        return "\(system)|\(value)"
    }

    /// A Period.
    func period(_ key: String) -> FactPeriod {
        guard let node = member(named: key) else { return .always }
        return FactPeriod(start: node.text("start"), end: node.text("end"))
    }
}

/// A Reference in the forms in which persons and records are compared.
struct ReadReference {
    /// Literal reference without version, or a fragment `#x`.
    var reference: String?
    /// `SYS|VAL` of a logical or conditional reference.
    var identifier: String?
    /// Display text.
    var display: String?

    init?(_ node: JSONNode?) {
        guard let node, node.kind == .object else { return nil }
        if let text = node.text("reference") {
            (reference, identifier) = Self.read(text)
        }
        identifier = identifier ?? node.member(named: "identifier")?.identifierKey
        display = node.text("display")
        if reference == nil, identifier == nil, display == nil { return nil }
    }

    /// What can be compared.
    var keys: [String] { [reference, identifier].compactMap { $0 } }

    /// Splits off a version and turns a conditional reference by identifier into that identifier.
    static func read(_ text: String) -> (reference: String?, identifier: String?) {
        var text = text
        // Nearly every reference is plain.
        let isPlain = text.withUTF8 { bytes in
            bytes.indices.allSatisfy { place in
                bytes[place] != 0x3F
                    && (bytes[place] != 0x5F || place == 0 || bytes[place - 1] != 0x2F)
            }
        }
        if isPlain { return text.isEmpty ? (nil, nil) : (text, nil) }
        if let mark = text.firstIndex(of: "?") {
            let query = text[text.index(after: mark)...]
            guard query.hasPrefix("identifier="), !query.contains("&") else { return (nil, nil) }
            let value = query.dropFirst("identifier=".count)
            guard let bar = value.firstIndex(of: "|"), bar != value.startIndex else {
                return (nil, nil)
            }
            return (nil, String(value))
        }
        if let version = text.range(of: "/_history/") {
            return (String(text[..<version.lowerBound]), nil)
        }
        return text.isEmpty ? (nil, nil) : (text, nil)
    }
}

extension String {
    /// First place of a text inside this one, without Foundation.
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        let bytes = Array(utf8)
        let wanted = Array(needle.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count)
        where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            let lower = utf8.index(utf8.startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: wanted.count)
        }
        return nil
    }
}
