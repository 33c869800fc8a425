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
        for record in intent.rows.records {
            guard record.segment < intent.rows.segments.count else { throw .damagedState }
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
                segment: self.index(of: intent.rows.segments[record.segment]),
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
