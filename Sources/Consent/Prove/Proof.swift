/// What became of one statement.
public struct Proof: Sendable, Hashable {
    /// Its id.
    public let id: String
    /// In plain words.
    public let title: String
    /// `file:line`.
    public let source: String
    /// Points of which it speaks: where its premise holds.
    public internal(set) var pointCount = 0.0
    /// Whether every point of the domain was decided.
    public internal(set) var isComplete = false
    /// The facts that must be said of a smallest point where it fails; `nil` where it holds.
    public internal(set) var counterexample: [String]?
    /// That point, with every fact.
    public internal(set) var point: ProofPoint?

    /// Whether it is proved: it holds everywhere, and not for want of points.
    public var isProved: Bool { counterexample == nil && isComplete && pointCount > 0 }

    init(id: String, title: String, source: String) {
        self.id = id
        self.title = title
        self.source = source
    }
}

extension ProofDomain {
    /// The value that goes without saying: no, none, not known; 0 where every value must be said.
    func plainValue(of place: Int) -> UInt64 {
        switch place {
        case places.purposes[0], places.category, places.kind: 0
        case places.country, places.age, places.type:
            1 << UInt64(variables[place].values.count - 1)
        case _ where places.purposes.contains(place): 1 << UInt64(Self.noPurpose)
        case places.day: 1 << UInt64(variables[place].values.count - 1)
        default: 1
        }
    }
}
