/// Somebody who may ask: a column of the matrix, or one of those who share a column.
enum MatrixActor: String, CaseIterable {
    case noToken, malformedToken, expiredToken, revokedToken, disabledPrincipal
    /// The patient's own doctor.
    case doctor
    /// A clinician of another organization, who has nothing to do with the patient.
    case otherOrganization
    /// The doctor's principal, with a client for another purpose, or for two of which the token names none.
    case otherPurpose, noPurpose
    /// The patient's daughter: without a consent, with one, and after its last day.
    case family, consentedFamily, familyAfterConsent
    case insurer
    /// Somebody else who is a patient here too.
    case wrongPatient
    case patient
    /// A clinician who breaks the glass for the patient, and for nobody else.
    case emergency
    case officer, administrator, registrar, integration, researcher

    /// Heading of the column.
    var column: String {
        switch self {
        case .noToken, .malformedToken, .expiredToken, .revokedToken, .disabledPrincipal: "nobody"
        case .doctor: "doctor"
        case .otherOrganization: "elsewhere"
        case .otherPurpose: "other purpose"
        case .noPurpose: "no purpose"
        case .family, .familyAfterConsent: "family"
        case .consentedFamily: "consent"
        case .insurer: "insurer"
        case .wrongPatient: "other patient"
        case .patient: "patient"
        case .emergency: "emergency"
        case .officer: "officer"
        case .administrator: "administrator"
        case .registrar: "registrar"
        case .integration: "program"
        case .researcher: "researcher"
        }
    }

    /// Whether the actor has nothing to do with the patient.
    var isStranger: Bool {
        switch self {
        case .noToken, .malformedToken, .expiredToken, .revokedToken, .disabledPrincipal,
            .otherOrganization, .otherPurpose, .noPurpose, .family, .familyAfterConsent,
            .wrongPatient, .integration, .researcher:
            true
        case .doctor, .consentedFamily, .insurer, .patient, .emergency, .officer, .administrator,
            .registrar:
            false
        }
    }

    /// All headings, in the order of the table.
    static let columns: [String] = allCases.map(\.column).reduce(into: []) { columns, name in
        if !columns.contains(name) { columns.append(name) }
    }
}
