internal import Consent
internal import MerkleLog
internal import VaultCore

/// The live grants of this process, whose disclosures are still to come.
struct GrantTable {
    struct Live {
        var principal: PrincipalID
        var patient: PatientPseudonym
        var factsIndex: UInt64
        /// Of the shared directory, whose facts decide too.
        var directoryIndex: UInt64
        var segments: Set<Segment>
        var end: Instant
        /// The decision's header, repeated by the disclosure's entry.
        var header: EntryHeader
        /// What was asked, to be asked of other patients whom a record names.
        var request: AccessRequest
    }

    private(set) var live: [GrantID: Live] = [:]
    /// In the order in which they were added, so that those that ended are found at the front.
    ///
    /// To look through all of them at each addition would make a decision slower the more there were before it, and
    /// tell who had one.
    private var order: [(id: GrantID, end: Instant)] = []
    private var first = 0

    /// Adds a grant and forgets those in front that have ended.
    ///
    /// - Complexity: O(1), averaged over many.
    mutating func add(_ id: GrantID, _ grant: Live, now: Instant) {
        while first < order.count, order[first].end <= now {
            live[order[first].id] = nil
            first += 1
        }
        if first > 1_024, first > order.count / 2 {
            order.removeFirst(first)
            first = 0
        }
        live[id] = grant
        order.append((id, grant.end))
    }

    /// Ends all, as where the Guard is sealed.
    mutating func revokeAll() { self = GrantTable() }

    /// Ends all of a principal.
    mutating func revokeAll(of principal: PrincipalID) {
        live = live.filter { $0.value.principal != principal }
    }

    /// Ends all that open a part of one of these patients' records.
    mutating func revokeAll(for patients: Set<PatientPseudonym>) {
        guard !patients.isEmpty, !live.isEmpty else { return }
        live = live.filter { !patients.contains($0.value.patient) }
    }
}
