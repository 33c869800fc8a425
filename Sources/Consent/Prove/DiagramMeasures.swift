extension Diagrams {
    /// Whether a point, one bit for each fact, is in a set.
    func contains(_ set: Diagram, _ point: [UInt64]) -> Bool {
        var set = set
        while set != .all && set != .none {
            let value = point[place(of: set)]
            guard let edge = edges(of: set).first(where: { $0.values & value != 0 }) else {
                return false
            }
            set = edge.to
        }
        return set == .all
    }

    /// The part of all points that a set holds, from 0 to 1.
    func share(_ set: Diagram) -> Double {
        var found: [Diagram: Double] = [.none: 0, .all: 1]
        return share(set, &found)
    }

    private func share(_ set: Diagram, _ found: inout [Diagram: Double]) -> Double {
        if let known = found[set] { return known }
        let size = Double(values[place(of: set)].nonzeroBitCount)
        let part = edges(of: set).reduce(0) { sum, edge in
            sum + Double(edge.values.nonzeroBitCount) / size * share(edge.to, &found)
        }
        found[set] = part
        return part
    }

    /// A point of a set in which the fewest facts must be said.
    ///
    /// - Parameters:
    ///   - set: Not empty.
    ///   - plain: By fact, the value that goes without saying; 0 where there is none.
    /// - Returns: The facts that must be said, with their value; any other fact may have its plain value.
    func plainest(_ set: Diagram, _ plain: [UInt64]) -> [(place: Int, value: UInt64)] {
        var costs: [Diagram: Int] = [.none: .max / 2, .all: 0]
        var said: [(place: Int, value: UInt64)] = []
        var rest = set
        while rest != .all && rest != .none {
            let place = place(of: rest)
            var best = edges(of: rest)[0]
            var least = Int.max
            for edge in edges(of: rest) {
                let own = edge.values & plain[place] == 0 ? 1 : 0
                let cost = own + self.cost(edge.to, plain, &costs)
                if cost < least { (best, least) = (edge, cost) }
            }
            if best.values & plain[place] == 0 {
                said.append((place, best.values & ~(best.values - 1)))
            }
            rest = best.to
        }
        return said
    }

    /// How many facts must be said at least.
    private func cost(_ set: Diagram, _ plain: [UInt64], _ costs: inout [Diagram: Int]) -> Int {
        if let known = costs[set] { return known }
        var least = Int.max / 2
        for edge in edges(of: set) {
            let own = edge.values & plain[place(of: set)] == 0 ? 1 : 0
            least = min(least, own + cost(edge.to, plain, &costs))
        }
        costs[set] = least
        return least
    }
}
