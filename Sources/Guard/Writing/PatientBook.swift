internal import Consent
internal import FHIRModel
internal import VaultCore

/// Everything the Guard derives from a patient's stored intents: one fold, used while writing, after a
/// crash, and by `verify`.
struct PatientBook {
    var segments: [Segment]
    var catalogue: Catalogue
    var graph: LabelNodes
    var facts: CachedFacts
    var identity: PatientIdentity?
    /// Record number by tag, so that an import of many records need not search.
    private(set) var numbers: [UInt64: UInt32]

    init() {
        segments = []
        catalogue = Catalogue()
        graph = LabelNodes()
        facts = .none
        numbers = [:]
    }

    init(
        segments: [Segment],
        catalogue: Catalogue,
        graph: LabelNodes,
        facts: CachedFacts,
        identity: PatientIdentity?
    ) {
        self.segments = segments
        self.catalogue = catalogue
        self.graph = graph
        self.facts = facts
        self.identity = identity
        numbers = Dictionary(
            catalogue.items.enumerated().map { ($0.element.tag, UInt32($0.offset)) },
            uniquingKeysWith: { $1 }
        )
    }

    /// Index of a segment, added at the end where it is new.
    mutating func index(of segment: Segment) -> UInt32 {
        if let known = segments.firstIndex(of: segment) { return UInt32(known) }
        segments.append(segment)
        return UInt32(segments.count - 1)
    }

    /// Enters a resource as the next version of its record, or as a new record.
    ///
    /// - Returns: Its number, or `nil` where the same bytes stand there already.
    mutating func enter(
        tag: UInt64,
        content: UInt64,
        node: LabelNodes.Node,
        isDeletion: Bool
    ) -> Int? {
        if let known = numbers[tag] {
            let number = Int(known)
            let item = catalogue.items[number]
            if item.content == content, item.isDeleted == isDeletion,
                graph.nodes[number] == node
            {
                return nil
            }
            catalogue.items[number].content = content
            catalogue.items[number].version += 1
            catalogue.items[number].isDeleted = isDeletion
            graph.nodes[number] = node
            return number
        }
        catalogue.items.append(
            Catalogue.Item(
                tag: tag,
                content: content,
                version: 1,
                segment: .max,
                isDeleted: isDeletion
            )
        )
        graph.nodes.append(node)
        numbers[tag] = UInt32(catalogue.items.count - 1)
        return catalogue.items.count - 1
    }

    /// Every record's labels after they have spread along references inside this record.
    func finalLabels() -> [LabelSet] {
        var spread = LabelSpread(graph.nodes, numbers: numbers)
        return spread.labels()
    }

    /// Applies one stored intent.
    ///
    /// `tag` gives the short tag of a record of this patient.
    mutating func apply(
        _ intent: IntentPart,
        at index: UInt64,
        tag: (RecordID) -> UInt64
    ) throws(GuardError) {
        for record in intent.records {
            guard record.segment < intent.segments.count else { throw .damagedState }
            let number = Int(record.number)
            let short: UInt64
            if let id = record.id {
                short = tag(id)
            } else {
                guard number < catalogue.items.count else { throw .damagedState }
                short = catalogue.items[number].tag
            }
            let item = Catalogue.Item(
                tag: short,
                content: record.content,
                version: record.version,
                segment: self.index(of: intent.segments[record.segment]),
                isDeleted: record.isDeletion
            )
            guard number <= catalogue.items.count else { throw .damagedState }
            if number == catalogue.items.count {
                catalogue.items.append(item)
                graph.nodes.append(record.node)
                numbers[short] = record.number
            } else {
                catalogue.items[number] = item
                graph.nodes[number] = record.node
            }
        }
        applyStatements(of: intent, at: index)
    }

    /// Applies the facts and the identity that an intent states.
    mutating func applyStatements(of intent: IntentPart, at index: UInt64) {
        for entry in intent.facts { facts.facts.merge(entry) }
        for origin in intent.withdrawn { facts.facts.remove(origin) }
        if !intent.facts.isEmpty || !intent.withdrawn.isEmpty { facts.index = index }
        if let identity = intent.identity { self.identity = identity }
    }
}

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

        /// Category, own labels and mark in a segment name's form.
        var ownName: String { ownSegment.name }

        fileprivate var ownSegment: Segment {
            Segment(category: category, labels: own, namesOthers: namesOthers)
        }
    }

    var nodes: [Node] = []

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.integer(UInt64(nodes.count))
        // Nearly all nodes of a patient have one of a few names.
        var names: [Segment: String] = [:]
        for node in nodes {
            let own = node.ownSegment
            let name = names[own] ?? own.name
            names[own] = name
            writer.text(name)
            writer.text(node.coded.description)
            writer.blob(Self.encoded(node.links))
        }
        return writer.bytes
    }

    init() {}

    init(decoding bytes: [UInt8]) throws(GuardError) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw .damagedState }
        let count = try reader.integer()
        guard count <= UInt64(bytes.count) else { throw .damagedState }
        nodes.reserveCapacity(Int(count))
        var segments: [[UInt8]: Segment] = [:]
        for _ in 0..<count {
            let name = try reader.blob()
            guard
                let own = segments[name]
                    ?? String(validating: name, as: UTF8.self).flatMap(Segment.init(name:))
            else { throw .damagedState }
            segments[name] = own
            nodes.append(
                try Self.node(own: own, coded: try reader.text(), links: try reader.blob())
            )
        }
        try reader.finish()
    }

    /// Nine bytes a link: how labels follow, then the target's tag.
    static func encoded(_ links: [LabelGraph<UInt64>.Link]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(9 * links.count)
        for link in links {
            bytes.append(link.kind.rawValue)
            withUnsafeBytes(of: link.target.bigEndian) { bytes += $0 }
        }
        return bytes
    }

    static func node(
        own segment: Segment,
        coded: String,
        links bytes: [UInt8]
    ) throws(GuardError) -> Node {
        guard let coded = LabelSet(coded), bytes.count.isMultiple(of: 9) else {
            throw .damagedState
        }
        var links: [LabelGraph<UInt64>.Link] = []
        for start in stride(from: 0, to: bytes.count, by: 9) {
            guard let kind = LabelLink(rawValue: bytes[start]) else { throw .damagedState }
            links.append(
                .init(to: UInt64(bigEndianBytes: bytes[(start + 1)..<(start + 9)]), kind)
            )
        }
        return Node(
            category: segment.category,
            namesOthers: segment.namesOthers,
            own: segment.labels,
            coded: coded,
            links: links
        )
    }
}
