internal import Consent
internal import FHIRModel
internal import VaultCore

/// Own labels and links of a patient's records, by record number.
struct LabelNodes: Sendable, Hashable {
    struct Node: Sendable, Hashable {
        var category: DataCategory
        var namesOthers: Bool
        /// What the record itself shows; labels spread to it are not kept here.
        var own: LabelSet
        /// Those of them that codes or marks set.
        var coded: LabelSet
        /// Tags of the records it refers to, also those that are not there yet.
        var links: [LabelGraph<UInt64>.Link]
    }

    var nodes: [Node] = []

    init() {}

    /// Kinds that come again and again stand once, in a table; then a place in it and the links of each.
    func encoded() -> [UInt8] {
        var places: [NodeKind: Int] = [:]
        var names: [String] = []
        var rows = ByteWriter()
        for node in nodes {
            let kind = NodeKind(node)
            let place: Int
            if let known = places[kind] {
                place = known
            } else {
                place = names.count
                places[kind] = place
                names.append(kind.name)
            }
            rows.integer(UInt64(place))
            rows.integer(UInt64(node.links.count))
            Self.write(node.links, to: &rows)
        }
        var writer = ByteWriter()
        writer.byte(2)
        writer.integer(UInt64(names.count))
        for name in names { writer.text(name) }
        writer.integer(UInt64(nodes.count))
        writer.fixed(rows.bytes)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 2 else { throw .damagedState }
        var kinds: [NodeKind] = []
        for name in try reader.texts() {
            guard let kind = NodeKind(name: name) else { throw .damagedState }
            kinds.append(kind)
        }
        let count = try reader.integer()
        guard count <= UInt64(bytes.count) else { throw .damagedState }
        nodes.reserveCapacity(Int(count))
        for _ in 0..<count {
            let kind = kinds[try reader.place(in: kinds.count)]
            nodes.append(kind.node(try Self.links(try reader.integer(), &reader)))
        }
        try reader.finish()
    }

    /// Nine bytes a link: how labels follow, then the target's tag.
    static func write(_ links: [LabelGraph<UInt64>.Link], to writer: inout ByteWriter) {
        for link in links {
            writer.byte(link.kind.rawValue)
            writer.bigEndian(link.target)
        }
    }

    static func links(
        _ count: UInt64,
        _ reader: inout ByteReader
    ) throws(GuardError) -> [LabelGraph<UInt64>.Link] {
        guard count <= UInt64(reader.rest / 9) else { throw .damagedState }
        var links: [LabelGraph<UInt64>.Link] = []
        links.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let kind = LabelLink(rawValue: try reader.byte()) else { throw .damagedState }
            links.append(.init(to: UInt64(bigEndianBytes: try reader.fixed(8)), kind))
        }
        return links
    }
}

/// All of a node but its links: few differ, so that tables of them are short.
struct NodeKind: Hashable {
    private let own: Segment
    private let coded: LabelSet

    init(_ node: LabelNodes.Node) {
        own = Segment(
            category: node.category,
            labels: node.own,
            namesOthers: node.namesOthers
        )
        coded = node.coded
    }

    /// The own labels in a segment name's form, a line feed, the coded labels.
    var name: String { "\(own.name)\n\(coded)" }

    /// Reads a name; `nil` where a part is not known to this build.
    init?(name: String) {
        let parts = name.split(separator: "\n", omittingEmptySubsequences: false)
        guard parts.count == 2, let own = Segment(name: String(parts[0])),
            let coded = LabelSet(parts[1])
        else { return nil }
        self.own = own
        self.coded = coded
    }

    func node(_ links: [LabelGraph<UInt64>.Link]) -> LabelNodes.Node {
        LabelNodes.Node(
            category: own.category,
            namesOthers: own.namesOthers,
            own: own.labels,
            coded: coded,
            links: links
        )
    }
}
