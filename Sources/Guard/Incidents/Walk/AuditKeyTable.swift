internal import MerkleLog
internal import Synchronization
internal import VaultCore

/// The audit keys that a walk has met, for several threads.
///
/// They live as long as the walk; the Guard's own cache would keep those of all patients.
final class AuditKeyTable: @unchecked Sendable {
    // SAFETY: the walk has a state of its own, and while it opens entries touches it only here, inside
    // `known`'s lock, so one thread at a time does.
    private let state: GuardState
    private let known = Mutex<[Place: SectionKey?]>([:])

    private struct Place: Hashable {
        var patient: PatientPseudonym
        var year: Int
    }

    init(_ state: GuardState) { self.state = state }

    /// The key of a patient and year; `nil` where it has ended or cannot be read.
    func key(of patient: PatientPseudonym, year: Int) -> SectionKey? {
        let place = Place(patient: patient, year: year)
        return known.withLock { known in
            if let found = known[place] { return found }
            let key = (try? state.passingAuditKey(of: patient, year: year)) ?? nil
            known[place] = .some(key)
            return key
        }
    }
}
