public import Guard
internal import Records
public import VaultCore

extension VaultService {
    /// Erases a patient: the key first, then the rows that nobody can open any more.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - reason: Why.
    ///   - basis: The legal basis.
    ///   - first: A privacy officer or administrator.
    ///   - second: Another one.
    ///   - context: Where the call came from.
    /// - Returns: The certificate.
    /// - Throws: ``GuardError/heldBack(reason:)`` and other ``Failure``s.
    public func erase(
        _ patient: PatientDesignation,
        reason: String,
        basis: String,
        by first: Caller,
        second: Caller,
        context: CallContext
    ) throws -> JSONValue {
        let certificate = try `guard`.erase(
            patient,
            reason: reason,
            basis: basis,
            by: first,
            and: second,
            context: context
        )
        // CRASH: rows without a key; the next start deletes them.
        try records.erase(certificate.pseudonym)
        return certificate.json
    }
}
