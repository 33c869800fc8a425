internal import Sealing
internal import VaultCore

/// A client's request for a token, with the proof of who it is.
public struct TokenRequest: Sendable {
    /// A JWT that the client signed: `private_key_jwt`.
    public var assertion: String
    /// The token endpoint's own URL; the assertion must be for exactly this one.
    public var audience: String
    /// Scopes asked for, separated by spaces.
    public var scope: String
    /// Proof of the key that the token is to be bound to.
    public var possession: PossessionProof?
    /// Where the call came from.
    public var context = CallContext()

    /// Asks for a token.
    ///
    /// - Parameters:
    ///   - assertion: A JWT that the client signed.
    ///   - audience: The token endpoint's own URL.
    ///   - scope: Scopes asked for.
    public init(assertion: String, audience: String, scope: String) {
        self.assertion = assertion
        self.audience = audience
        self.scope = scope
    }
}

/// How a request for a token ended; a refusal is a value, not an error.
public enum TokenOutcome: Sendable {
    /// The token, and what it says.
    case issued(String, TokenFacts)
    /// Refused, in the words of RFC 6749 section 5.2.
    case refused(TokenRefusal)
}

/// Why no token was given; says nothing about which part of an assertion did not hold.
public enum TokenRefusal: String, Sendable, Hashable, CaseIterable {
    /// The assertion does not prove who asks.
    case invalidClient = "invalid_client"
    /// Nothing that was asked for is registered for this client.
    case invalidScope = "invalid_scope"
    /// The code or refresh token does not hold, or is bound to something else.
    case invalidGrant = "invalid_grant"
    /// The proof of possession does not hold, was used before, or is for another key.
    case invalidProof = "invalid_dpop_proof"
    /// The purposes named are not registered for this client.
    case invalidRequest = "invalid_request"
}

/// What an assertion says, checked but for the client's registration.
struct Assertion {
    let client: String
    let keyID: String
    let algorithm: WebKey.Algorithm
    let id: String
    let end: Instant
    /// Purposes of the `hl7-b2b` extension, where it has one.
    let purposes: [String]?
    let token: CompactToken

    /// Longest life of an assertion, and how far its times may lie ahead of the Guard's clock.
    private static let longestLife: Int64 = 300
    private static let leeway: Int64 = 30

    /// Gives `nil` where anything that SMART demands is missing or out of its range.
    ///
    /// Source: SMART App Launch 2.2, client confidential asymmetric; RFC 7523 section 3.
    init?(_ text: String, audience: String, now: Instant) {
        guard let token = CompactToken(text),
            let algorithm = token.header["alg"]?.string.flatMap(WebKey.Algorithm.init(rawValue:)),
            let keyID = token.header["kid"]?.string,
            // Keys come from the registration only, whatever a token says of itself.
            token.header["jku"] == nil, token.header["jwk"] == nil, token.header["x5u"] == nil,
            token.header["x5c"] == nil,
            ["JWT", "jwt", nil].contains(token.header["typ"]?.string)
        else { return nil }
        let claims = token.claims
        let seconds = now.microseconds / 1_000_000
        guard let client = claims["iss"]?.string, claims["sub"]?.string == client,
            claims["aud"]?.string ?? claims["aud"]?.stringArray?.onlyElement == audience,
            let end = claims["exp"]?.int, end > seconds,
            end <= seconds + Self.longestLife + Self.leeway,
            let id = claims["jti"]?.string, (1...256).contains(id.utf8.count)
        else { return nil }
        for name in ["nbf", "iat"] {
            guard let value = claims[name] else { continue }
            guard let time = value.int, time <= seconds + Self.leeway else { return nil }
        }
        if let extensions = claims["extensions"] {
            let purpose = extensions["hl7-b2b"]?["purpose_of_use"]
            purposes = purpose?.stringArray ?? purpose?.string.map { [$0] }
        } else {
            purposes = nil
        }
        self.client = client
        self.keyID = keyID
        self.algorithm = algorithm
        self.id = id
        self.end = Instant(seconds: end)
        self.token = token
    }
}

extension Array {
    fileprivate var onlyElement: Element? { count == 1 ? first : nil }
}
