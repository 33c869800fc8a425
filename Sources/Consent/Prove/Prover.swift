internal import VaultCore

/// Checks statements about every decision over all points of the domain.
///
/// Exhaustive, and yet quick: points are held in sets, and the walk of the evaluator is taken once with the
/// set of all of them (``ProofRun``). Pure: who calls it measures the time.
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

    /// Why sets may stand for points, and requests with two purposes for those with more.
    public static let arguments = [
        "every fact is enumerated together with every other: sets of points are held as decision diagrams, "
            + "which ask a fact only where it makes a difference, so no attribute has to be left out or "
            + "looked at apart",
        "consents and restrictions are reduced to what the evaluator reads of them: whether one is in "
            + "force or malformed, what they say together, which labels one names; a test compares the "
            + "reduction with the evaluator on random patients",
        "a permit needs every purpose of a request in its list and a deny one of them, so a further "
            + "purpose only closes; that is proved for the second purpose and holds rule by rule for the "
            + "next",
    ]

    /// Decides every point of the domain, for the statements to be checked against.
    ///
    /// - Returns: The decisions; they take a fraction of a second and some megabytes.
    public func run() -> ProofRun { ProofRun(self) }
}
