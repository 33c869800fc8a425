internal import Consent
internal import Sealing
internal import VaultCore

/// The tokens of this process: signed with a key that nobody keeps, so that none outlives a restart.
struct TokenDesk {
    private let signer: Signer
    private let issuer: String
    /// Verified tokens by their text; one that has to make room is verified again.
    private var known = ExpiringTable<String, TokenFacts>(limit: 10_000)
    /// Until they end; none may go before, or it would count again.
    private var revoked = ExpiringTable<SessionID, Void>()
    /// Tokens that were issued, until they end; none may go before, or it could not be revoked with its kin.
    private var issued = ExpiringTable<SessionID, TokenFacts>()

    init(vault: VaultID, random: any RandomSource) throws {
        signer = try Signer(privateKey: try SecretKey(copying: random.bytes(32)))
        issuer = "urn:patientvault:\(vault)"
    }

    /// Signs a token.
    mutating func issue(_ facts: TokenFacts) -> String {
        issued.forgetEnded(by: facts.issued)
        issued.set(facts, for: facts.id, until: facts.end)
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
            return facts.end > now && !isEnded(facts) ? facts : nil
        }
        guard let token = CompactToken(text), token.header["alg"]?.string == "EdDSA",
            token.header["typ"]?.string == "at+jwt",
            Signing.isValid(token.signature, for: token.signed, publicKey: signer.publicKey),
            token.claims["iss"]?.string == issuer, let facts = TokenFacts(claims: token.claims),
            facts.end > now, !isEnded(facts)
        else { return nil }
        known.set(facts, for: text, until: facts.end)
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
        revoked.forgetEnded(by: now)
        revoked.set((), for: facts.id, until: facts.end)
    }
}
