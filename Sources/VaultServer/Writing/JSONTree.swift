internal import FHIRModel
internal import VaultCore

/// JSON that can be changed; numbers and strings keep the text they were written with.
indirect enum JSONTree: Sendable, Equatable {
    /// A number, string, boolean or null as written.
    case leaf([UInt8])
    case array([JSONTree])
    case object([(key: String, value: JSONTree)])

    init(_ node: JSONNode) {
        switch node.kind {
        case .array: self = .array(node.elements.map { JSONTree($0) })
        case .object:
            self = .object(node.members.map { ($0.key.string ?? "", JSONTree($0.value)) })
        case .null, .boolean, .number, .string: self = .leaf(node.withBytes { Array($0) })
        }
    }

    static func text(_ text: String) -> JSONTree { .leaf(JSONValue.string(text).bytes) }

    /// Equal as JSON: the order of members does not matter; numbers compare by their text.
    static func == (left: JSONTree, right: JSONTree) -> Bool {
        switch (left, right) {
        case (.leaf(let a), .leaf(let b)):
            return a == b || Self.string(a) != nil && Self.string(a) == Self.string(b)
        case (.array(let a), .array(let b)): return a == b
        case (.object(let a), .object(let b)):
            guard a.count == b.count else { return false }
            return a.allSatisfy { member in
                b.contains { $0.key == member.key && $0.value == member.value }
            }
        default: return false
        }
    }

    private static func string(_ leaf: [UInt8]) -> String? {
        leaf.first == 0x22 ? JSONValue(parsing: leaf)?.string : nil
    }

    /// The text of a string.
    var string: String? {
        if case .leaf(let bytes) = self { Self.string(bytes) } else { nil }
    }

    subscript(key: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let place = members.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    /// Changes every Reference's text, at any depth.
    mutating func rewriteReferences(_ change: (String) throws -> String?) rethrows {
        switch self {
        case .leaf: return
        case .array(var values):
            for place in values.indices { try values[place].rewriteReferences(change) }
            self = .array(values)
        case .object(var members):
            for place in members.indices {
                if members[place].key == "reference", let text = members[place].value.string,
                    let new = try change(text)
                {
                    members[place].value = .text(new)
                } else {
                    try members[place].value.rewriteReferences(change)
                }
            }
            self = .object(members)
        }
    }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        write(into: &out)
        return out
    }

    private func write(into out: inout [UInt8]) {
        switch self {
        case .leaf(let bytes): out += bytes
        case .array(let values):
            out.append(0x5B)
            for (place, value) in values.enumerated() {
                if place > 0 { out.append(0x2C) }
                value.write(into: &out)
            }
            out.append(0x5D)
        case .object(let members):
            out.append(0x7B)
            for (place, member) in members.enumerated() {
                if place > 0 { out.append(0x2C) }
                out += JSONValue.string(member.key).bytes
                out.append(0x3A)
                member.value.write(into: &out)
            }
            out.append(0x7D)
        }
    }
}
