/// A statement about every decision, to be proved.
struct Invariant: Sendable {
    /// What must follow where the premise holds.
    enum Conclusion: Sendable, Hashable {
        /// The record stays.
        case deny
        /// The record may go.
        case permit
        /// A release carries these obligations; bits of ``CompiledPolicies/obligations``.
        case obliges(UInt64)
        /// With the change, what was denied stays denied.
        case neverOpens
        /// With the change, what was permitted stays permitted.
        case neverCloses
    }

    /// What a premise asks: one condition of the policy language, and facts of the domain by name.
    struct Premise: Sendable {
        let request: CompiledPolicies.RequestTest
        let record: CompiledPolicies.RecordTest
        let facts: [(place: Int, values: UInt64)]
    }

    let id: String
    let title: String
    let legalBasis: [String]
    /// `file:line`.
    let source: String
    let given: Premise
    /// Any one of these takes the point out.
    let unless: [Premise]
    let conclusion: Conclusion
    /// The facts that differ in the second of two points that are compared, each with the values that it may
    /// then have.
    let change: [(place: Int, values: UInt64)]
}

/// What an invariant's premises are compiled with: the policies' own texts and conditions, and those that
/// only premises have.
struct PremiseTables: Sendable {
    var texts: [CompiledPolicies.Texts]
    var conditions: [PolicyRule.RecordCondition]
}
