internal import Synchronization

/// The policies that a running program decides by: replaced whole, or not at all.
///
/// A reload parses and checks beside the policies in force, and puts the new set in their place in one step.
/// Where a file is broken the old set stays and the error says what is wrong; a decision that has begun keeps
/// the set it began with.
public final class PoliciesInForce: Sendable {
    private let stored: Mutex<PolicySet>

    /// Starts with a set that was parsed and checked.
    ///
    /// - Parameter policies: The set.
    public init(_ policies: PolicySet) { stored = Mutex(policies) }

    /// The set in force; every decision takes it once.
    public var current: PolicySet { stored.withLock { $0 } }

    /// Replaces the set in force by what the files say.
    ///
    /// - Parameter files: Every policy file of the folder, in any order.
    /// - Returns: Whether anything changed.
    /// - Throws: ``ConsentError/policy(_:)`` with the first problem; the set in force then stays.
    @discardableResult
    public func reload(_ files: [PolicySet.File]) throws(ConsentError) -> Bool {
        let old = current
        let new = try PolicySet(files: files, options: old.options)
        guard new.canonicalBytes != old.canonicalBytes else { return false }
        stored.withLock { $0 = new }
        return true
    }
}
