internal import MerkleLog
internal import Synchronization
internal import VaultCore

/// The audit keys that a walk has met, for several threads.
///
/// They live as long as the walk; the Guard's own cache would keep those of all patients.
final class AuditKeyTable: @unchecked Sendable {
    // SAFETY: the walk has a state of its own, and while it opens entries touches it only here, inside
    // `loading`'s lock, so one thread at a time does.
    private let state: GuardState
    private let loading = Mutex(())
    /// Several, so that who looks a key up seldom waits for another.
    private let shelves = (0..<64).map { _ in Shelf() }

    private struct Place: Hashable {
        var patient: PatientPseudonym
        var year: Int
    }

    private final class Shelf: Sendable {
        let known = Mutex<[Place: SectionKey?]>([:])
    }

    init(_ state: GuardState) { self.state = state }

    /// The key of a patient and year; `nil` where it has ended or cannot be read.
    func key(of patient: PatientPseudonym, year: Int) -> SectionKey? {
        let place = Place(patient: patient, year: year)
        let shelf = shelves[Int(patient.low % UInt64(shelves.count))]
        if let found = shelf.known.withLock({ $0[place] }) { return found }
        let key = loading.withLock { _ in
            (try? state.passingAuditKey(of: patient, year: year)) ?? nil
        }
        shelf.known.withLock { $0[place] = .some(key) }
        return key
    }
}
