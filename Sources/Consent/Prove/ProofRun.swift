/// The decisions of all points of the domain, worked out once, and the statements checked against them.
///
/// The walk through the layers is taken with the set of all points. Where a question has two answers in the
/// set, it is split and both parts are walked, so that the ends of the walks are sets whose points all have
/// one answer. Not shared between threads: a second run is as good as the first.
public final class ProofRun {
    private let prover: Prover
    private var formulas: PointFormulas
    private let sets: LayerSets
    /// By ``Layer/order``, the points that this layer permits.
    private var permits: [Diagram]
    private let permitted: Diagram
    /// How many walks it took: one for each way through the layers.
    public let walkCount: Int
    /// Whether every point is at the end of exactly one walk.
    public let isComplete: Bool

    init(_ prover: Prover) {
        self.prover = prover
        formulas = PointFormulas(prover.domain, prover.compiled, prover.tables)
        sets = LayerSets(&formulas)
        var speech = PointSpeech(sets: sets, points: SplitPoints(formulas.diagrams))
        permits = Array(repeating: .none, count: Layer.allCases.count)
        var walked = Diagram.none
        var share = 0.0
        var count = 0
        while speech.points.next() {
            let answer = speech.walk()
            let end = speech.points.present
            count += 1
            share += speech.points.diagrams.share(end)
            walked = speech.points.diagrams.or(walked, end)
            if answer.isPermit {
                let place = answer.layer.order
                permits[place] = speech.points.diagrams.or(permits[place], end)
            }
        }
        formulas.diagrams = speech.points.diagrams
        permitted = formulas.diagrams.or(permits)
        walkCount = count
        // The ends cover everything, and add up to no more than that: so none overlaps another.
        isComplete = walked == .all && abs(share - 1) < 1e-9
    }

    /// Checks one statement.
    ///
    /// - Parameter number: Its place, from 0.
    /// - Returns: Whether it holds, over how many points, and else a smallest point where it fails.
    public func prove(_ number: Int) -> Proof {
        let invariant = prover.invariants[number]
        var premise = formulas.premise(invariant.given)
        for exception in invariant.unless {
            let out = formulas.premise(exception)
            premise = formulas.diagrams.minus(premise, out)
        }
        if case .obliges = invariant.conclusion {
            premise = formulas.diagrams.and(premise, permitted)
        }
        let fails = formulas.diagrams.and(premise, contradicting(invariant))
        var proof = Proof(id: invariant.id, title: invariant.title, source: invariant.source)
        proof.pointCount = formulas.diagrams.share(premise) * prover.pointCount
        proof.isComplete = isComplete
        if fails != .none { explain(fails, in: &proof) }
        return proof
    }

    /// The answer at a point, from nothing else.
    ///
    /// - Parameter point: Of this run's domain.
    /// - Returns: The answer and the layer that gave it.
    public func verdict(at point: ProofPoint) -> Verdict {
        let single = SinglePoint(diagrams: formulas.diagrams, point: point.values)
        var speech = PointSpeech(sets: sets, points: single)
        return Verdict(speech.walk())
    }

    /// The points at which a statement's conclusion is wrong, whatever its premise.
    private func contradicting(_ invariant: Invariant) -> Diagram {
        switch invariant.conclusion {
        case .deny: return permitted
        case .permit: return formulas.diagrams.not(permitted)
        case .obliges(let wanted):
            let without = (0..<6).map { layer in
                let due = due(wanted, layer)
                return formulas.diagrams.minus(permits[layer], due)
            }
            return formulas.diagrams.or(without)
        case .neverOpens:
            let opened = changed(permitted, invariant)
            return formulas.diagrams.minus(opened, permitted)
        case .neverCloses:
            let closed = changed(formulas.diagrams.not(permitted), invariant)
            return formulas.diagrams.and(permitted, closed)
        }
    }

    /// The points from which a statement's change leads into a set.
    private func changed(_ set: Diagram, _ invariant: Invariant) -> Diagram {
        invariant.change.reduce(set) {
            formulas.diagrams.reaching($0, $1.place, $1.values)
        }
    }

    /// Where a release that a layer permitted carries all of some obligations.
    private func due(_ wanted: UInt64, _ layer: Int) -> Diagram {
        let rules = prover.compiled.rules
        let bearing = rules.indices.filter { place in
            !rules[place].isDeny && (rules[place].layer == layer || rules[place].layer == 6)
        }
        var result = Diagram.all
        for bit in (0..<64).map({ UInt64(1) << UInt64($0) }) where wanted & bit != 0 {
            let own = bearing.filter { rules[$0].obligations & bit != 0 }
            let one = formulas.diagrams.or(own.map { sets.rules[$0] })
            result = formulas.diagrams.and(result, one)
        }
        return result
    }

    private func explain(_ fails: Diagram, in proof: inout Proof) {
        let domain = prover.domain
        let plain = domain.variables.indices.map { domain.plainValue(of: $0) }
        let said = formulas.diagrams.plainest(fails, plain)
        // Where nothing goes without saying and nothing was said, any value will do.
        var values = plain.indices.map { plain[$0] == 0 ? 1 : plain[$0] }
        for fact in said { values[fact.place] = fact.value }
        proof.point = ProofPoint(values: values)
        proof.counterexample = said.map { place, value in
            let variable = domain.variables[place]
            return "\(variable.name): \(variable.values[value.trailingZeroBitCount])"
        }
    }
}
