internal import Sealing
internal import VaultCore

/// What a provider's token says, checked but for its signature.
struct IdentityToken {
    let token: CompactToken
    let keyID: String
    let algorithm: WebKey.Algorithm
    let subject: String
    /// `jti`, or the token's digest where it has none: no token is taken twice.
    let id: String
    let end: Instant
    /// Purposes that the provider vouches for, where it says any.
    let purposes: [String]?

    /// A sign-in older than this opens nothing: who comes later signs in again.
    private static let longestAge: Int64 = 300
    /// How far the provider's clock may be ahead of the Guard's.
    private static let leeway: Int64 = 30

    /// Gives `nil` where anything is missing, for somebody else, or outside its time.
    ///
    /// Source: OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725 section 3.
    init?(_ text: String, from provider: OutsideIssuer, now: Instant) {
        guard let token = CompactToken(text),
            let algorithm = token.header["alg"]?.string.flatMap(WebKey.Algorithm.init(rawValue:)),
            let keyID = token.header["kid"]?.string,
            // Keys come from the registration only, whatever a token says of itself.
            ["jku", "jwk", "x5u", "x5c"].allSatisfy({ token.header[$0] == nil }),
            ["JWT", "jwt", nil].contains(token.header["typ"]?.string)
        else { return nil }
        let claims = token.claims
        let seconds = now.microseconds / 1_000_000
        guard claims["iss"]?.string == provider.issuer,
            Self.isMeant(for: provider.audience, claims),
            provider.assurance == nil || claims["acr"]?.string == provider.assurance,
            let subject = claims["sub"]?.string, OutsideIssuer.isName(subject),
            let end = claims["exp"]?.int, end > seconds, end <= seconds + 86_400,
            let issued = claims["iat"]?.int, issued <= seconds + Self.leeway,
            issued > seconds - Self.longestAge
        else { return nil }
        if let start = claims["nbf"] {
            guard let time = start.int, time <= seconds + Self.leeway else { return nil }
        }
        if let id = claims["jti"] {
            guard let text = id.string, (1...256).contains(text.utf8.count) else { return nil }
            self.id = text
        } else {
            id = Base64URL.encode(PlainDigest.sha256(token.signed))
        }
        let vouched = claims["purpose_of_use"]
        purposes = vouched.map { $0.stringArray ?? $0.string.map { [$0] } ?? [] }
        self.token = token
        self.keyID = keyID
        self.algorithm = algorithm
        self.subject = subject
        self.end = Instant(seconds: end)
    }

    /// Among several audiences the one that got the token is named too.
    private static func isMeant(for audience: String, _ claims: JSONValue) -> Bool {
        let party = claims["azp"]
        guard party == nil || party?.string == audience else { return false }
        if let one = claims["aud"]?.string { return one == audience }
        guard let several = claims["aud"]?.array else { return false }
        let names = several.compactMap(\.string)
        return names.count == several.count && names.contains(audience)
            && (names.count == 1 || party != nil)
    }
}
