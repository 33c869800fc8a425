/// The labels of one patient's records, spread along their references.
///
/// A record's labels are the least sets that hold its own and what its links bring (``LabelLink``). Adding a
/// record or changing its own labels touches only records that reach it; the answer names those whose labels
/// changed, which have to be sealed again. References to records that are not there (yet) wait.
public struct LabelGraph<ID: Hashable & Sendable>: Sendable {
    /// One record: what its own content says and where it points.
    public struct Node: Sendable, Hashable {
        /// Labels of the record itself.
        public var own: LabelSet
        /// Those of them that codes or marks set, see ``LabelResult/coded``.
        public var coded: LabelSet
        /// Where it points, and how labels follow.
        public var links: [Link]

        /// Makes a node.
        ///
        /// - Parameters:
        ///   - own: Labels of the record itself.
        ///   - coded: Those of them that codes or marks set.
        ///   - links: Where it points.
        public init(own: LabelSet, coded: LabelSet, links: [Link]) {
            self.own = own
            self.coded = coded
            self.links = links
        }
    }

    /// One reference.
    public struct Link: Sendable, Hashable {
        /// The record it names.
        public var target: ID
        /// How labels follow.
        public var kind: LabelLink

        /// Makes a link.
        ///
        /// - Parameters:
        ///   - target: The record it names.
        ///   - kind: How labels follow.
        public init(to target: ID, _ kind: LabelLink) {
            self.target = target
            self.kind = kind
        }
    }

    /// The records put in.
    public private(set) var nodes: [ID: Node] = [:]
    private var final: [ID: LabelSet] = [:]
    /// Who points at a record, whether the record is there or not.
    private var sources: [ID: Set<ID>] = [:]
    /// Who has a record as its part.
    private var wholes: [ID: Set<ID>] = [:]

    /// Makes a graph without records.
    public init() {}

    /// The labels of a record, spread; `nil` where it is not in the graph.
    ///
    /// - Parameter id: The record.
    /// - Returns: Its labels.
    public func labels(of id: ID) -> LabelSet? { final[id] }

    /// Puts a record in, or replaces it.
    ///
    /// - Parameters:
    ///   - id: The record.
    ///   - node: Its own labels and links.
    /// - Returns: Records whose labels are now others, with the new ones; `id` itself too where it is new.
    public mutating func set(_ id: ID, _ node: Node) -> [ID: LabelSet] {
        update([(id, node)])
    }

    /// Puts many records in, or replaces them; cheaper than one by one.
    ///
    /// - Parameter changes: Records and their own labels and links.
    /// - Returns: Records whose labels are now others, with the new ones; new records too.
    public mutating func update(_ changes: [(ID, Node)]) -> [ID: LabelSet] {
        var touched: Set<ID> = []
        for (id, node) in changes {
            if let old = nodes[id] {
                unlink(id, old)
                for link in old.links where link.kind == .whole { touched.insert(link.target) }
            }
            nodes[id] = node
            for link in node.links {
                sources[link.target, default: []].insert(id)
                guard link.kind == .whole else { continue }
                wholes[link.target, default: []].insert(id)
                touched.insert(link.target)
            }
            touched.insert(id)
        }
        return settle(touched)
    }

    /// Takes a record out.
    ///
    /// - Parameter id: The record.
    /// - Returns: Other records whose labels are now others, with the new ones.
    public mutating func remove(_ id: ID) -> [ID: LabelSet] {
        guard let old = nodes.removeValue(forKey: id) else { return [:] }
        unlink(id, old)
        final[id] = nil
        var touched = sources[id] ?? []
        for link in old.links where link.kind == .whole { touched.insert(link.target) }
        return settle(touched)
    }

    private mutating func unlink(_ id: ID, _ node: Node) {
        for link in node.links {
            sources[link.target]?.remove(id)
            if sources[link.target]?.isEmpty == true { sources[link.target] = nil }
            wholes[link.target]?.remove(id)
            if wholes[link.target]?.isEmpty == true { wholes[link.target] = nil }
        }
    }

    /// Computes anew what the touched records and all that reach them carry.
    private mutating func settle(_ touched: Set<ID>) -> [ID: LabelSet] {
        let affected = reaching(touched)
        var before: [ID: LabelSet] = [:]
        for id in affected {
            before[id] = final[id]
            final[id] = nodes[id]?.own
        }
        var open = Array(affected)
        while let id = open.popLast() {
            guard let old = final[id] else { continue }
            let new = old.union(brought(to: id))
            if new == old { continue }
            final[id] = new
            open += neighbours(of: id)
        }
        var changed: [ID: LabelSet] = [:]
        for id in affected {
            if let labels = final[id], labels != before[id] { changed[id] = labels }
        }
        return changed
    }

    /// What a record's links bring it, with the labels as they stand.
    private func brought(to id: ID) -> LabelSet {
        var labels = LabelSet.none
        for link in nodes[id]?.links ?? [] {
            guard let target = nodes[link.target] else { continue }
            switch link.kind {
            case .about, .whole: labels = labels.union(final[link.target] ?? target.own)
            case .during: labels = labels.union(target.coded)
            case .directory: labels = labels.union(target.own.intersection([.part2]))
            }
        }
        for whole in wholes[id] ?? [] { labels = labels.union(nodes[whole]?.coded ?? .none) }
        return labels.intersection(.spreading)
    }

    /// The touched records and all whose labels may come from them.
    private func reaching(_ touched: Set<ID>) -> Set<ID> {
        var found = touched
        var open = Array(touched)
        while let id = open.popLast() {
            for next in neighbours(of: id) where found.insert(next).inserted { open.append(next) }
        }
        return found.filter { nodes[$0] != nil }
    }

    /// Records that may take labels from this one.
    private func neighbours(of id: ID) -> [ID] {
        var all = Array(sources[id] ?? [])
        for link in nodes[id]?.links ?? [] where link.kind == .whole { all.append(link.target) }
        return all
    }
}
