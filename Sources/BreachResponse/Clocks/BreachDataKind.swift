/// Kinds of data that a breach can concern, as far as a law asks for them or an authority's form does.
public enum BreachDataKind: String, Sendable, Hashable, CaseIterable {
    /// Anything of a health record: diagnoses, results, medications, notes.
    case medical
    /// Member and claim numbers of a health plan.
    case insurance
    /// Name, address, date of birth, telephone.
    case contact
    /// Social security or other national number.
    case ssn
    /// Driving licence, passport or another identity document.
    case licence
    /// Bank account with what gives access to it.
    case account
    /// Credit or debit card.
    case card
    /// Password, or answers that give access.
    case password
    /// Fingerprints, faces, genetic data.
    case biometric
    /// Something else; the report says what.
    case other
}
