public import VaultCore

/// Why a use case could not be carried out; a refusal by policy is a value, never one of these.
public enum VaultError: Failure, Equatable {
    /// A resource of a file belongs to nobody.
    case noOwner(entry: Int, type: String, reason: String)
    /// A resource refers to a patient by an identifier that finds nobody.
    case unknownPatient(entry: Int, type: String)
    /// A resource of one patient refers to a record of another in the same file.
    case foreignReference(entry: Int, type: String)
    /// A stored version does not open or is not there.
    case damagedRecord
    /// A file holds no Consent where one is needed.
    case notAConsent
    /// A Consent that cannot be taken, with what is missing.
    case unusableConsent(reasons: [String])
    /// A record has another version by now than its writer expected.
    case versionConflict
    /// The patient that a Consent names is not in the vault.
    case consentWithoutPatient

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .noOwner, .unknownPatient, .foreignReference, .notAConsent, .unusableConsent: .badInput
        case .consentWithoutPatient: .missingInput
        case .versionConflict: .unavailable
        case .damagedRecord: .integrity
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .noOwner: "vault.noOwner"
        case .unknownPatient: "vault.unknownPatient"
        case .foreignReference: "vault.foreignReference"
        case .damagedRecord: "vault.damagedRecord"
        case .versionConflict: "vault.versionConflict"
        case .notAConsent: "vault.notAConsent"
        case .unusableConsent: "vault.unusableConsent"
        case .consentWithoutPatient: "vault.consentWithoutPatient"
        }
    }

    /// One line for anyone.
    public var message: String {
        switch self {
        case .noOwner(let entry, let type, let reason):
            "resource \(entry + 1) (`\(type)`) belongs to no patient: \(reason)"
        case .unknownPatient(let entry, let type):
            "resource \(entry + 1) (`\(type)`) names a patient who is not in this vault"
        case .foreignReference(let entry, let type):
            "resource \(entry + 1) (`\(type)`) refers into another patient's record"
        case .damagedRecord: "a stored version is missing or was altered"
        case .versionConflict: "the record has another version by now"
        case .notAConsent: "the file holds no FHIR R4 Consent"
        case .unusableConsent(let reasons):
            "the Consent cannot be taken: \(reasons.joined(separator: "; "))"
        case .consentWithoutPatient: "the patient of this Consent is not in the vault"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .noOwner:
            "add the patient to the file, or leave the resource out; nothing was imported"
        case .unknownPatient: "import the patient first, or in the same file; nothing was imported"
        case .foreignReference:
            "have the source tell the two patients apart; nothing was imported"
        case .damagedRecord: "run `patientvault verify`; restore from a backup if it fails"
        case .versionConflict: "read the record again, then repeat the change"
        case .notAConsent: "give one Consent resource as JSON"
        case .unusableConsent: "have the Consent corrected and signed again"
        case .consentWithoutPatient: "import the patient first"
        }
    }
}
