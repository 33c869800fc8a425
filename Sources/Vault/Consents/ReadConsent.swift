internal import Consent
internal import FHIRModel
internal import VaultCore

/// A Consent as it is handed in: readable, active, in force, and of a patient.
struct StatedConsent {
    let document: JSONDocument
    let directive: ConsentDirective
    let record: RecordID
    let patient: RecordID

    /// Reads one Consent resource.
    ///
    /// - Throws: ``VaultError/notAConsent``, ``VaultError/unusableConsent(reasons:)`` with everything that
    ///   is missing, or ``VaultError/consentWithoutPatient``.
    init(_ bytes: [UInt8], now: Instant) throws {
        var parser = JSONParser()
        document = try parser.parse(bytes)
        guard document.root["resourceType"]?.string == "Consent" else {
            throw VaultError.notAConsent
        }
        directive = ConsentDirective(document.root)
        var reasons = directive.isMalformed ? directive.problems : []
        if directive.standing == .absent { reasons.append("its status is not `active`") }
        if reasons.isEmpty, !directive.isInForce(at: now) {
            reasons.append("its period does not include today")
        }
        reasons += Authorization.missing(in: document.root)
        guard reasons.isEmpty else { throw VaultError.unusableConsent(reasons: reasons) }
        guard let patient = directive.patients.lazy.compactMap({ RecordID(literal: $0) }).first,
            patient.type == "Patient"
        else { throw VaultError.consentWithoutPatient }
        guard let id = document.root["id"]?.string.flatMap({ FHIRID($0) }) else {
            throw VaultError.notAConsent
        }
        self.patient = patient
        record = RecordID(type: "Consent", id: id)
    }
}
