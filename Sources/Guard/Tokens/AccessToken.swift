public import Consent
internal import Sealing
public import VaultCore

/// What a token says, as the Guard that signed it reads it.
public struct TokenFacts: Sendable, Hashable {
    /// The token's id; entries written under it name it as their session.
    public let id: SessionID
    /// In whose name.
    public let principal: PrincipalID
    /// What kind of principal.
    public let kind: RequesterKind
    /// By which program.
    public let client: String
    /// What may be asked for.
    public let scopes: [ClientScope]
    /// For what; empty permits nothing.
    public let purposes: [String]
    /// The only patient, where the token is bound to one.
    public let patient: FHIRID?
    /// When it was issued.
    public let issued: Instant
    /// When it ends.
    public let end: Instant
    /// The person who let the client in; `nil` where it came on its own.
    public internal(set) var user: PrincipalID?
    /// The person's yes that it came of.
    public internal(set) var grant: String?
    /// The key whose holder alone may show it (RFC 7638); `nil` where anybody may.
    public internal(set) var thumbprint: String?

    /// The scopes in one text, as `scope` carries them.
    public var scope: String { scopes.map(\.description).joined(separator: " ") }

    /// Longest life of a token.
    public static let lifetime: Duration = .seconds(300)
}

extension TokenFacts {
    init?(claims: JSONValue) {
        guard
            let id = claims["jti"]?.string.flatMap({ Hex.decode($0) }).flatMap({
                SessionID(bytes: $0)
            }), let principal = claims["sub"]?.string.flatMap({ PrincipalID($0) }),
            let kind = claims["kind"]?.string.flatMap(RequesterKind.init(rawValue:)),
            let client = claims["client_id"]?.string,
            let words = claims["scope"]?.string?.split(separator: " "),
            let purposes = claims["purpose_of_use"]?.stringArray,
            let issued = claims["iat"]?.int, let end = claims["exp"]?.int
        else { return nil }
        let scopes = words.compactMap { ClientScope($0) }
        guard scopes.count == words.count else { return nil }
        self.init(
            id: id,
            principal: principal,
            kind: kind,
            client: client,
            scopes: scopes,
            purposes: purposes,
            patient: claims["patient"]?.string.flatMap { FHIRID($0) },
            issued: Instant(seconds: issued),
            end: Instant(seconds: end),
            user: claims["act_for"]?.string.flatMap { PrincipalID($0) },
            grant: claims["grant"]?.string,
            thumbprint: claims["cnf"]?["jkt"]?.string
        )
    }
}
