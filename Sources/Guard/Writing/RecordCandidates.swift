internal import Sealing
public import VaultCore

/// A name that a record would have on the record side, were it this patient's.
public struct RecordCandidate: Sendable {
    /// The patient.
    public let patient: PatientPseudonym
    /// The record's tag there.
    public let tag: RecordTag
}

/// Whose a record is.
public enum RecordHolder: Sendable, Hashable {
    /// `Patient/ID`.
    case patient(RecordID)
    /// The shared directory.
    case directory
}

extension GuardCore {
    /// The names that a record may have, one for each patient.
    ///
    /// Tags of different patients cannot be compared, so a writer whose file refers to a record that only the
    /// vault knows has to look for each.
    ///
    /// - Parameters:
    ///   - record: Type and id.
    ///   - patients: Only for these; for all, the shared directory included, where not given.
    ///   - id: The write session.
    /// - Returns: Whoever holds the rows sees which one is stored.
    /// - Throws: ``GuardError/unknown(what:)`` for an ended session, and other ``Failure``s.
    /// - Complexity: O(patients).
    public func candidates(
        for record: RecordID,
        of patients: [PatientPseudonym]?,
        in id: WriteSessionID
    ) throws -> [RecordCandidate] {
        try exclusively { mutable in
            _ = try mutable.write(id)
            let state = mutable.state
            var known = patients ?? []
            if patients == nil {
                try state.storage.forEachItem(.patient) { key, _ in
                    if let pseudonym = PatientPseudonym(bytes: key) { known.append(pseudonym) }
                }
            }
            return known.map {
                RecordCandidate(patient: $0, tag: state.ring.tag(of: record, patient: $0))
            }
        }
    }

    /// Who stands behind a pseudonym, for a writer that found a record under it.
    ///
    /// - Parameters:
    ///   - pseudonym: The patient's name on the record side.
    ///   - id: The write session.
    /// - Returns: `nil` for an unknown or erased patient.
    /// - Throws: ``GuardError/unknown(what:)`` for an ended session, and other ``Failure``s.
    public func holder(
        _ pseudonym: PatientPseudonym,
        in id: WriteSessionID
    ) throws -> RecordHolder? {
        try exclusively { mutable in
            _ = try mutable.write(id)
            guard let patient = try mutable.state.patient(pseudonym), patient.erasedAt == nil
            else { return nil }
            if patient.reference == GuardState.directoryReference { return .directory }
            return RecordID(patient.reference).map { .patient($0) }
        }
    }
}
