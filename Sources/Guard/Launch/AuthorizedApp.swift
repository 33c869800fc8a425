public import VaultCore

/// An app that a person has let in and may put out again, as that person is shown it.
public struct AuthorizedApp: Sendable, Hashable {
    /// Names it to ``GuardCore/withdrawApp(_:by:context:)``: `Consent/…`, or 32 hexadecimal digits; no secret.
    public let id: String
    /// Names of the app as registered, sorted; several where the consent lets in all that somebody runs.
    public let names: [String]
    /// Who runs it, by name.
    public let recipient: String
    /// Codes of the data categories that a consent names, in its order; empty where it names none.
    public let categories: [String]
    /// What the app may ask for.
    public let scopes: [ClientScope]
    /// v3 PurposeOfUse codes.
    public let purposes: [String]
    /// Whose record, where the app acts in the person's own name and a patient was named.
    public let patient: FHIRID?
    /// When it was let in; `nil` where nothing says so.
    public let granted: Instant?
    /// When it last got tokens; `nil` for an app that cannot return, of which nothing is kept.
    public let lastUsed: Instant?
    /// When it ends by itself; `nil` where nothing says so.
    public let end: Instant?
}
