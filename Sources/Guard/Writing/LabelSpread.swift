internal import Consent

/// The labels of one patient's records after they have spread along references, by record number.
///
/// The same least sets as ``LabelGraph`` finds, computed at once over arrays: an import asks for all of
/// a patient's records, most of which have no label at all.
struct LabelSpread {
    private let nodes: [LabelNodes.Node]
    private var final: [LabelSet]
    /// `sources[heads[t]..<heads[t + 1]]` are the records that take what record `t` ends up with.
    private var heads: [Int32]
    private var sources: [Int32] = []

    /// - Parameters:
    ///   - nodes: Own labels and links, by record number.
    ///   - numbers: Record number by tag; a link to any other tag waits.
    init(_ nodes: [LabelNodes.Node], numbers: [UInt64: UInt32]) {
        self.nodes = nodes
        final = nodes.map(\.own)
        heads = [Int32](repeating: 0, count: nodes.count + 1)
        var edges: [(target: Int32, source: Int32)] = []
        for (source, node) in nodes.enumerated() {
            for link in node.links {
                guard let number = numbers[link.target] else { continue }
                let target = Int(number)
                let brought: LabelSet
                switch link.kind {
                case .during: brought = nodes[target].coded
                case .directory: brought = nodes[target].own.intersection([.part2])
                case .about: brought = .none
                case .whole:
                    brought = .none
                    add(node.coded, to: target)
                }
                add(brought, to: source)
                guard link.kind == .about || link.kind == .whole else { continue }
                edges.append((Int32(target), Int32(source)))
                heads[target + 1] += 1
            }
        }
        group(edges)
    }

    /// Final labels by record number.
    mutating func labels() -> [LabelSet] {
        var open = final.indices.filter { !final[$0].isEmpty }
        while let target = open.popLast() {
            for place in heads[target]..<heads[target + 1] {
                let source = Int(sources[Int(place)])
                if add(final[target], to: source) { open.append(source) }
            }
        }
        return final
    }

    @discardableResult
    private mutating func add(_ labels: LabelSet, to number: Int) -> Bool {
        let new = final[number].union(labels.intersection(.spreading))
        defer { final[number] = new }
        return new != final[number]
    }

    /// Sorts the edges by target, by counting.
    private mutating func group(_ edges: [(target: Int32, source: Int32)]) {
        for target in 0..<nodes.count { heads[target + 1] += heads[target] }
        var next = heads
        sources = [Int32](repeating: 0, count: edges.count)
        for edge in edges {
            sources[Int(next[Int(edge.target)])] = edge.source
            next[Int(edge.target)] += 1
        }
    }
}
