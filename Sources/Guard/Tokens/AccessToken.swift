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

/// The tokens of this process: signed with a key that nobody keeps, so that none outlives a restart.
struct TokenDesk {
    private let signer: Signer
    private let issuer: String
    /// Verified tokens by their text.
    private var known: [String: TokenFacts] = [:]
    private var revoked: [SessionID: Instant] = [:]
    /// Tokens that were issued and have not ended yet.
    private var issued: [SessionID: TokenFacts] = [:]
    /// Assertion ids seen, by client, until they end.
    private var seen: [String: Instant] = [:]

    init(vault: VaultID, random: any RandomSource) throws {
        signer = try Signer(privateKey: try SecretKey(copying: random.bytes(32)))
        issuer = "urn:patientvault:\(vault)"
    }

    /// Signs a token.
    mutating func issue(_ facts: TokenFacts) -> String {
        if issued.count > 10_000 { issued = issued.filter { $0.value.end > facts.issued } }
        issued[facts.id] = facts
        var claims: [JSONValue.Member] = [
            .init("iss", .string(issuer)), .init("jti", .string(facts.id.description)),
            .init("sub", .string(facts.principal.text)),
            .init("kind", .string(facts.kind.rawValue)), .init("client_id", .string(facts.client)),
            .init("scope", .string(facts.scope)),
            .init("purpose_of_use", .strings(facts.purposes)),
            .init("patient", facts.patient.map { .string($0.text) } ?? .null),
            .init("iat", .int(facts.issued.microseconds / 1_000_000)),
            .init("exp", .int(facts.end.microseconds / 1_000_000)),
        ]
        if let user = facts.user { claims.append(.init("act_for", .string(user.text))) }
        if let thumbprint = facts.thumbprint {
            claims.append(.init("cnf", ["jkt": .string(thumbprint)]))
        }
        if let grant = facts.grant { claims.append(.init("grant", .string(grant))) }
        let input = CompactToken.signingInput(
            header: ["alg": "EdDSA", "typ": "at+jwt"],
            claims: .object(claims)
        )
        return "\(input).\(Base64URL.encode(signer.sign(Array(input.utf8))))"
    }

    /// What a token says, where this process signed it and it still holds.
    mutating func facts(of text: String, now: Instant) -> TokenFacts? {
        if let facts = known[text] {
            guard facts.end > now else {
                known[text] = nil
                return nil
            }
            return isEnded(facts) ? nil : facts
        }
        guard let token = CompactToken(text), token.header["alg"]?.string == "EdDSA",
            token.header["typ"]?.string == "at+jwt",
            Signing.isValid(token.signature, for: token.signed, publicKey: signer.publicKey),
            token.claims["iss"]?.string == issuer, let facts = TokenFacts(claims: token.claims),
            facts.end > now, !isEnded(facts)
        else { return nil }
        if known.count > 10_000 { known = known.filter { $0.value.end > now } }
        known[text] = facts
        return facts
    }

    private func isEnded(_ facts: TokenFacts) -> Bool { revoked[facts.id] != nil }

    /// Ends every token that a client has got so far.
    mutating func end(ofClient id: String, now: Instant) {
        for facts in issued.values where facts.client == id { revoke(facts, now: now) }
    }

    /// Ends every token that came of a person's yes.
    ///
    /// - Returns: In whose names they were.
    mutating func end(ofGrant id: String, now: Instant) -> Set<PrincipalID> {
        let found = issued.values.filter { $0.grant == id }
        for facts in found { revoke(facts, now: now) }
        return Set(found.map(\.principal))
    }

    /// Ends every token of a patient's record that is in somebody's name.
    mutating func end(of patient: FHIRID, heldBy holders: Set<PrincipalID>, now: Instant) {
        for facts in issued.values
        where facts.patient == patient && holders.contains(facts.principal) {
            revoke(facts, now: now)
        }
    }

    /// Ends every token that a person has let a client have.
    mutating func end(ofUser id: PrincipalID, now: Instant) {
        for facts in issued.values where facts.user == id { revoke(facts, now: now) }
    }

    mutating func revoke(_ facts: TokenFacts, now: Instant) {
        revoked = revoked.filter { $0.value > now }
        revoked[facts.id] = facts.end
    }

    /// Whether an assertion comes for the first time; it is remembered until it ends.
    mutating func isFirst(
        _ assertion: String,
        of client: String,
        end: Instant,
        now: Instant
    ) -> Bool {
        if seen.count > 10_000 { seen = seen.filter { $0.value > now } }
        let key = "\(client) \(assertion)"
        if let until = seen[key], until > now { return false }
        seen[key] = end
        return true
    }
}

extension TokenFacts {
    fileprivate init?(claims: JSONValue) {
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
