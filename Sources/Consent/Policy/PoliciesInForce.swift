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
    /// - Parameters:
    ///   - files: Every policy file of the folder, in any order.
    ///   - evenIfSame: Whether it is announced although it says what the set in force says.
    ///   - announce: Told of the checked set before it counts, such as to write it into a log; what it throws
    ///     keeps the set in force.
    /// - Returns: Whether anything changed.
    /// - Throws: ``ConsentError/policy(_:)`` with the first problem, or what `announce` throws; the set in
    ///   force then stays.
    @discardableResult
    public func reload(
        _ files: [PolicySet.File],
        evenIfSame: Bool = false,
        announce: (PolicySet) throws -> Void = { _ in }
    ) throws -> Bool {
        let old = current
        let new = try PolicySet(files: files, options: old.options)
        guard evenIfSame || new.canonicalBytes != old.canonicalBytes else { return false }
        try announce(new)
        stored.withLock { $0 = new }
        return true
    }
}
