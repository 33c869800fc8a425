/// A set of points of a ``ProofDomain``: a node of a ``Diagrams`` store.
///
/// Equal sets have equal numbers, so that "nothing", "everything" and "the same" are seen at once.
struct Diagram: Hashable, Sendable {
    let number: Int32
    /// No point.
    static let none = Diagram(number: 0)
    /// Every point.
    static let all = Diagram(number: 1)
}

/// Sets of points as reduced ordered decision diagrams (Bryant, 1986), with facts of up to 64 values.
///
/// A node asks one fact, and for each of its values leads to the set of what may follow; facts are asked in
/// the order of the domain, a fact that makes no difference is not asked, and no two nodes are alike. So a
/// set of 10^40 points takes as many nodes as there are differences between them, and every operation is
/// exact. Nothing here is written to disk; a crash loses only the proof.
struct Diagrams {
    /// From some values of a node's fact to the set that they leave.
    struct Edge: Hashable {
        var values: UInt64
        let to: Diagram
    }

    private struct Node: Hashable {
        let place: Int
        let edges: [Edge]
    }

    private enum Operation { case and, or, minus }

    private struct Question: Hashable {
        let operation: Operation
        let left: Diagram
        let right: Diagram
    }

    /// By fact, its values: one bit each.
    let values: [UInt64]
    private var nodes: [Node]
    private var known: [Node: Diagram] = [:]
    private var answers: [Question: Diagram] = [:]

    /// - Parameter values: By fact, one bit for each value.
    init(_ values: [UInt64]) {
        self.values = values
        nodes = [Node(place: values.count, edges: []), Node(place: values.count, edges: [])]
    }

    /// How many nodes there are, for whoever watches the size.
    var nodeCount: Int { nodes.count }

    /// The fact that a set asks first; one past the last for nothing and everything.
    func place(of set: Diagram) -> Int { nodes[Int(set.number)].place }

    /// What a set asks first, ordered by the least value of each edge; together every value of the fact.
    func edges(of set: Diagram) -> [Edge] { nodes[Int(set.number)].edges }

    /// The points that have one of some values in a fact.
    mutating func having(_ place: Int, _ wanted: UInt64) -> Diagram {
        let inside = wanted & values[place]
        return node(
            place,
            [Edge(values: inside, to: .all), Edge(values: values[place] & ~inside, to: .none)]
        )
    }

    /// The points of both.
    mutating func and(_ left: Diagram, _ right: Diagram) -> Diagram { apply(.and, left, right) }

    /// The points of either.
    mutating func or(_ left: Diagram, _ right: Diagram) -> Diagram { apply(.or, left, right) }

    /// The points of the first that are not in the second.
    mutating func minus(_ left: Diagram, _ right: Diagram) -> Diagram { apply(.minus, left, right) }

    /// The points that are in none.
    mutating func not(_ set: Diagram) -> Diagram { apply(.minus, .all, set) }

    mutating func and(_ sets: [Diagram]) -> Diagram {
        var result = Diagram.all
        for set in sets { result = and(result, set) }
        return result
    }

    mutating func or(_ sets: [Diagram]) -> Diagram {
        var result = Diagram.none
        for set in sets { result = or(result, set) }
        return result
    }

    /// The points from which a change of one fact, to one of some values, leads into a set.
    mutating func reaching(_ set: Diagram, _ place: Int, _ wanted: UInt64) -> Diagram {
        var found: [Diagram: Diagram] = [:]
        return reaching(set, place, wanted, &found)
    }

    private mutating func reaching(
        _ set: Diagram,
        _ place: Int,
        _ wanted: UInt64,
        _ found: inout [Diagram: Diagram]
    ) -> Diagram {
        let node = nodes[Int(set.number)]
        if node.place > place { return set }
        if let known = found[set] { return known }
        var result = Diagram.none
        if node.place == place {
            result = or(node.edges.filter { $0.values & wanted != 0 }.map(\.to))
        } else {
            var edges: [Edge] = []
            for edge in node.edges {
                let to = reaching(edge.to, place, wanted, &found)
                edges.append(Edge(values: edge.values, to: to))
            }
            result = self.node(node.place, edges)
        }
        found[set] = result
        return result
    }

    private mutating func apply(
        _ operation: Operation,
        _ left: Diagram,
        _ right: Diagram
    ) -> Diagram {
        if let plain = Self.plain(operation, left, right) { return plain }
        let question = Question(operation: operation, left: left, right: right)
        if let known = answers[question] { return known }
        let place = min(self.place(of: left), self.place(of: right))
        var edges: [Edge] = []
        for mine in spread(left, at: place) {
            for theirs in spread(right, at: place) where mine.values & theirs.values != 0 {
                let to = apply(operation, mine.to, theirs.to)
                edges.append(Edge(values: mine.values & theirs.values, to: to))
            }
        }
        let result = node(place, edges)
        answers[question] = result
        return result
    }

    /// What needs no look at the nodes.
    private static func plain(
        _ operation: Operation,
        _ left: Diagram,
        _ right: Diagram
    ) -> Diagram? {
        switch operation {
        case .and:
            if left == .none || right == .none { return Diagram.none }
            if left == .all || left == right { return right }
            return right == .all ? left : nil
        case .or:
            if left == .all || right == .all { return .all }
            if left == .none || left == right { return right }
            return right == .none ? left : nil
        case .minus:
            if left == .none || right == .all || left == right { return Diagram.none }
            return right == .none ? left : nil
        }
    }

    private func spread(_ set: Diagram, at place: Int) -> [Edge] {
        let node = nodes[Int(set.number)]
        return node.place == place ? node.edges : [Edge(values: values[place], to: set)]
    }

    /// The one node with these edges: those to the same set become one, and a fact that leads to one set
    /// whatever it is, is not asked.
    private mutating func node(_ place: Int, _ parts: [Edge]) -> Diagram {
        var edges: [Edge] = []
        for part in parts where part.values != 0 {
            if let known = edges.firstIndex(where: { $0.to == part.to }) {
                edges[known].values |= part.values
            } else {
                edges.append(part)
            }
        }
        if edges.count == 1 { return edges[0].to }
        edges.sort { $0.values.trailingZeroBitCount < $1.values.trailingZeroBitCount }
        let node = Node(place: place, edges: edges)
        if let known = known[node] { return known }
        let set = Diagram(number: Int32(nodes.count))
        nodes.append(node)
        known[node] = set
        return set
    }
}
