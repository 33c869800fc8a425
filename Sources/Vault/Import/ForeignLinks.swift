internal import VaultCore

/// Finds references of a file into another patient's record, whichever of the two comes first.
///
/// Such a file mixes patients up: labels could not spread along the reference, and whoever may see one
/// patient would learn of the other. A resource that names a second *patient* is another matter.
struct ForeignLinks {
    /// Who counts on a record that was not seen yet, and who else does.
    private struct Waiting {
        var owner: Int32
        var holder: (entry: Int, type: String)
        var other: (entry: Int, type: String)?
    }

    private var waiting: [RecordKey: Waiting] = [:]

    /// Checks a resource's own references against the records seen before.
    ///
    /// - Parameters:
    ///   - targets: The records of patients that it names.
    ///   - owner: Number of the patient whose it is.
    ///   - place: Where it stands, for the error.
    ///   - known: The number of the owner of a record seen before, `nil` for one that was not.
    ///   - isPatient: Whether a number stands for a patient and not for the shared directory.
    /// - Throws: ``VaultError/foreignReference(entry:type:)``.
    mutating func check(
        _ targets: [RecordKey],
        of owner: Int32,
        at place: (entry: Int, type: String),
        known: (RecordKey) -> Int32?,
        isPatient: (Int32) -> Bool
    ) throws {
        for target in targets {
            if let found = known(target) {
                guard found == owner || !isPatient(found) else {
                    throw VaultError.foreignReference(entry: place.entry, type: place.type)
                }
            } else if let first = waiting[target] {
                if first.owner != owner, first.other == nil { waiting[target]?.other = place }
            } else {
                waiting[target] = Waiting(owner: owner, holder: place)
            }
        }
    }

    /// Checks who counted on a record that is seen now.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - owner: Number of its owner; `nil` for the shared directory.
    /// - Throws: ``VaultError/foreignReference(entry:type:)``.
    mutating func meet(_ record: RecordKey, of owner: Int32?) throws {
        guard let found = waiting.removeValue(forKey: record), let owner else { return }
        let wrong = found.owner == owner ? found.other : found.holder
        if let wrong {
            throw VaultError.foreignReference(entry: wrong.entry, type: wrong.type)
        }
    }
}
