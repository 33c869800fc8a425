internal import VaultCore

/// Patients whose head moved since the last `heads` entry.
///
/// Not kept on disk: after a start they are found by the masked pseudonyms of the few entries that came
/// after the last `heads` entry.
struct PendingHeads {
    private var committed: Set<PatientPseudonym>?
    private var staged: Set<PatientPseudonym> = []
    private var isStated = false

    /// Everything that moved; `nil` where the committed part must be looked up in the log first.
    var all: Set<PatientPseudonym>? { committed.map { $0.union(staged) } }
    /// What moved and is not committed.
    var uncommitted: Set<PatientPseudonym> { staged }

    mutating func add(_ patient: PatientPseudonym) { staged.insert(patient) }

    /// A `heads` entry about all of it was staged.
    mutating func state() {
        staged = []
        isStated = true
    }

    mutating func commit() {
        if isStated { committed = staged } else { committed?.formUnion(staged) }
        rollBack()
    }

    mutating func rollBack() {
        staged = []
        isStated = false
    }
}
