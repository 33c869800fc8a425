internal import VaultCore

/// Checks statements about every decision over all points of the domain.
///
/// Exhaustive, and yet quick: a walk of the evaluator stands for every point that differs from its own only
/// in facts that the walk did not read. The points of all walks of one statement add up to the whole domain,
/// which ``Proof/isComplete`` says. Pure: who calls it measures the time.
public struct Prover: Sendable {
    let compiled: CompiledPolicies
    let domain: ProofDomain
    let tables: PremiseTables
    let invariants: [Invariant]

    /// Reads the statements, and builds the domain from its declaration and the rules.
    ///
    /// - Parameters:
    ///   - policies: The policies that are to be proved.
    ///   - domain: `domain.yaml`.
    ///   - invariants: `invariants.yaml`.
    /// - Throws: ``ConsentError/policy(_:)`` with the first problem of either file.
    public init(
        policies: PolicySet,
        domain: PolicySet.File,
        invariants: PolicySet.File
    ) throws(ConsentError) {
        compiled = policies.compiled
        let built = ProofDomain(compiled)
        self.domain = built
        if let problem = DomainParser.problems(in: domain, against: built).first {
            throw .policy(problem)
        }
        let parser = InvariantParser(invariants, compiled: compiled, domain: built)
        if let problem = parser.problems.first { throw .policy(problem) }
        tables = parser.tables
        self.invariants = parser.found
    }

    /// How many statements there are.
    public var count: Int { invariants.count }

    /// The id of a statement.
    ///
    /// - Parameter number: Its place, from 0.
    /// - Returns: Its id.
    public func id(_ number: Int) -> String { invariants[number].id }

    /// The place of a statement.
    ///
    /// - Parameter id: Its id.
    /// - Returns: Its place, from 0; `nil` where no statement has the id.
    public func place(of id: String) -> Int? { invariants.firstIndex { $0.id == id } }

    /// How many points the domain has.
    public var pointCount: Double { domain.pointCount }

    /// The facts of the domain with their values, for whoever reads the proof.
    public var facts: [(name: String, values: [String])] {
        domain.variables.map { ($0.name, $0.values) }
    }

    /// Why walks may stand for points, and requests with two purposes for those with more.
    public static let arguments = [
        "a fact that a walk does not read cannot have changed its answer, so the walk stands for every "
            + "value of that fact",
        "consents and restrictions are reduced to what the evaluator reads of them: whether one is in "
            + "force or malformed, what they say together, which labels one names; a test compares the "
            + "reduction with the evaluator on random patients",
        "a permit needs every purpose of a request in its list and a deny one of them, so a further "
            + "purpose only closes; that is proved for the second purpose and holds rule by rule for the "
            + "next",
    ]

    /// Checks one statement.
    ///
    /// - Parameter number: Its place, from 0.
    /// - Returns: Whether it holds, over how many points, and else a smallest point where it fails.
    public func prove(_ number: Int) -> Proof { prove(number, upTo: 50) }

    /// Looks for a point where a statement fails, and stops at the first.
    ///
    /// - Parameter number: Its place, from 0.
    /// - Returns: The facts of the point; `nil` where the statement holds everywhere.
    public func counterexample(_ number: Int) -> [String]? { prove(number, upTo: 1).counterexample }

    private func prove(_ number: Int, upTo most: Int) -> Proof {
        let invariant = invariants[number]
        let reader = PointReader(domain)
        let speech = PointSpeech(compiled, reader)
        var proof = Proof(id: invariant.id, title: invariant.title, source: invariant.source)
        var failures: [[UInt64]] = []
        while reader.next() {
            let outcome = check(invariant, reader, speech)
            proof.walkCount += 1
            proof.pointCount += reader.pointCount
            if outcome != .outside { proof.premiseCount += reader.pointCount }
            if outcome == .fails, failures.count < most { failures.append(reader.masks) }
            if most == 1, !failures.isEmpty { break }
        }
        proof.isComplete = abs(proof.pointCount / domain.pointCount - 1) < 1e-9
        proof.counterexample = smallest(failures, invariant, reader, speech)
        return proof
    }

    enum Outcome {
        /// The premise does not hold.
        case outside
        case holds
        case fails
    }

    /// Whether a statement holds at the reader's points; splits them until it is one answer for all.
    func check(_ invariant: Invariant, _ reader: PointReader, _ speech: PointSpeech) -> Outcome {
        guard reader.holds(invariant.given, tables),
            !invariant.unless.contains(where: { reader.holds($0, tables) })
        else { return .outside }
        switch invariant.conclusion {
        case .deny: return permits(reader, speech) == nil ? .holds : .fails
        case .permit: return permits(reader, speech) == nil ? .fails : .holds
        case .obliges(let wanted):
            guard let layer = permits(reader, speech) else { return .outside }
            let due = speech.obligations(layer, of: wanted)
            return due & wanted == wanted ? .holds : .fails
        case .neverOpens, .neverCloses:
            let opens = invariant.conclusion == .neverOpens
            reader.change = invariant.change
            let isPermitted = permits(reader, speech) != nil
            reader.change = nil
            if isPermitted != opens { return .holds }
            return (permits(reader, speech) != nil) == opens ? .holds : .fails
        }
    }

    /// The layer that permits; `nil` for a denial.
    private func permits(_ reader: PointReader, _ speech: PointSpeech) -> Layer? {
        guard speech.mayPermit() else { return nil }
        var speech = speech
        let answer = speech.walk()
        return answer.isPermit ? answer.layer : nil
    }

    /// The failing point that says least: as many facts as can be have their first, plainest value.
    private func smallest(
        _ failures: [[UInt64]],
        _ invariant: Invariant,
        _ reader: PointReader,
        _ speech: PointSpeech
    ) -> [String]? {
        let points = failures.map { plainest($0, invariant, reader, speech) }
        return points.min { $0.count < $1.count }
    }

    private func plainest(
        _ masks: [UInt64],
        _ invariant: Invariant,
        _ reader: PointReader,
        _ speech: PointSpeech
    ) -> [String] {
        // Any one point of the set fails; the lowest values are the plainest.
        var point = masks.map { $0 & ~($0 - 1) }
        for place in point.indices {
            let plain = domain.plainValue(of: place)
            guard plain != 0, point[place] != plain else { continue }
            var simpler = point
            simpler[place] = plain
            reader.only(simpler)
            if check(invariant, reader, speech) == .fails { point = simpler }
        }
        return point.indices.compactMap { place in
            guard point[place] != domain.plainValue(of: place) else { return nil }
            let variable = domain.variables[place]
            return "\(variable.name): \(variable.values[point[place].trailingZeroBitCount])"
        }
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

/// What became of one statement.
public struct Proof: Sendable, Hashable {
    /// Its id.
    public let id: String
    /// In plain words.
    public let title: String
    /// `file:line`.
    public let source: String
    /// Walks of the evaluator that were needed.
    public internal(set) var walkCount = 0
    /// Points they stand for: the whole domain.
    public internal(set) var pointCount = 0.0
    /// Points at which the premise holds.
    public internal(set) var premiseCount = 0.0
    /// Whether the points add up to the whole domain.
    public internal(set) var isComplete = false
    /// The facts, beyond those that go without saying, of a smallest point where it fails; `nil` where it
    /// holds.
    public internal(set) var counterexample: [String]?

    /// Whether it is proved: it holds everywhere, and not for want of points.
    public var isProved: Bool { counterexample == nil && isComplete && premiseCount > 0 }

    init(id: String, title: String, source: String) {
        self.id = id
        self.title = title
        self.source = source
    }
}
