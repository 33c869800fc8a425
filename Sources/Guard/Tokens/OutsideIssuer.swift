public import VaultCore

/// An OpenID provider whose sign-ins are believed, for the persons whom an administrator has enrolled.
///
/// Source: OpenID Connect Core 1.0; which subject is which principal is said here and never by the provider.
public struct OutsideIssuer: Sendable, Hashable {
    /// `iss`, exactly.
    public let issuer: String
    /// What `aud` must hold: the vault's id at the provider.
    public let audience: String
    /// What `acr` must be, such as a level with a second factor; `nil` where the provider demands it of everybody.
    public let assurance: String?
    /// Principals by the provider's `sub`.
    public internal(set) var subjects: [String: PrincipalID] = [:]

    /// Most enrolled persons of one provider.
    public static let maximumSubjectCount = 2_000

    /// Describes a provider.
    ///
    /// Gives `nil` unless the issuer is an https URL (or http on loopback) and every text has 1 to 255 printable
    /// ASCII characters.
    ///
    /// - Parameters:
    ///   - issuer: `iss`, exactly.
    ///   - audience: What `aud` must hold.
    ///   - assurance: What `acr` must be.
    public init?(issuer: String, audience: String, assurance: String? = nil) {
        guard TargetURL(issuer) != nil, Self.isName(issuer), Self.isName(audience),
            assurance.map({ Self.isName($0) }) ?? true
        else { return nil }
        self.issuer = issuer
        self.audience = audience
        self.assurance = assurance
    }

    /// Whether a text can be a `sub`, `aud` or `acr`: 1 to 255 printable ASCII characters (OpenID Connect Core
    /// section 2).
    ///
    /// - Parameter text: Any text.
    /// - Returns: Whether it can.
    public static func isName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    var json: JSONValue {
        let sorted = subjects.sorted { $0.key < $1.key }
        var json: JSONValue = [
            "issuer": .string(issuer), "audience": .string(audience),
            "subjects": .object(sorted.map { .init($0.key, .string($0.value.text)) }),
        ]
        if let assurance { json.set("assurance", .string(assurance)) }
        return json
    }

    init?(json: JSONValue) {
        guard let issuer = json["issuer"]?.string, let audience = json["audience"]?.string,
            let subjects = json["subjects"]?.object, subjects.count <= Self.maximumSubjectCount
        else { return nil }
        self.init(issuer: issuer, audience: audience, assurance: json["assurance"]?.string)
        for subject in subjects {
            guard Self.isName(subject.key),
                let principal = subject.value.string.flatMap({ PrincipalID($0) })
            else { return nil }
            self.subjects[subject.key] = principal
        }
    }
}
