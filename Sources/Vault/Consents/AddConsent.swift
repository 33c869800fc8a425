internal import Consent
internal import FHIRModel
public import Guard
public import VaultCore

/// What became of a Consent that was stated.
public struct ConsentReceipt: Sendable {
    /// `Consent/ID`.
    public let record: RecordID
    /// Whose consent.
    public let patient: RecordID
    /// Log index of the entry that stored it; `nil` where the same bytes stood there already.
    public let logIndex: UInt64?
    /// What in it has no effect, in words without the patient's.
    public let problems: [String]
}

extension VaultService {
    /// States a FHIR R4 Consent: a record of the patient and, from the next decision on, a fact.
    ///
    /// - Parameters:
    ///   - bytes: One Consent resource, JSON.
    ///   - session: Of the patient, an officer or a registrar.
    ///   - context: Where the call came from.
    ///   - now: To tell an expired Consent.
    /// - Returns: Where it stands.
    /// - Throws: ``VaultError/unusableConsent(reasons:)`` for one that is malformed, not active, expired or a
    ///   defective authorization, ``VaultError/consentWithoutPatient`` and other ``Failure``s; then
    ///   nothing has changed.
    public func addConsent(
        _ bytes: [UInt8],
        by session: Caller,
        context: CallContext,
        now: Instant
    ) throws -> ConsentReceipt {
        let stated = try StatedConsent(bytes, now: now)
        let report: ImportReport
        do {
            let write = try `guard`.beginConsent(of: stated.patient, by: session, context: context)
            report = try importFile(MemorySource(bytes), in: write, isPart2Source: false)
        } catch GuardError.unknown { throw VaultError.consentWithoutPatient }
        return ConsentReceipt(
            record: stated.record,
            patient: stated.patient,
            logIndex: report.logIndex,
            problems: stated.directive.problems
        )
    }
}
