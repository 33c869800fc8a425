internal import Sealing
internal import VaultCore

/// A client's proof that it holds a key, made for one request: what the header `DPoP` carries.
///
/// Source: RFC 9449.
public struct PossessionProof: Sendable, Hashable {
    /// The proof, a JWT.
    public var text: String
    /// The request's method.
    public var method: String
    /// The request's URL without query.
    public var url: String

    /// Collects a proof and what it must be for.
    ///
    /// - Parameters:
    ///   - text: The proof.
    ///   - method: The request's method.
    ///   - url: The request's URL without query.
    public init(_ text: String, method: String, url: String) {
        self.text = text
        self.method = method
        self.url = url
    }

    /// How old a proof may be, and how far ahead of the Guard's clock.
    private static let longestAge: Int64 = 60
    private static let leeway: Int64 = 30

    /// What a proof that holds says.
    struct Checked {
        let thumbprint: String
        let id: String
        /// Until when it must be remembered so that it counts once.
        let end: Instant
    }

    /// Checks everything but whether the proof comes for the first time.
    ///
    /// - Parameters:
    ///   - token: The access token that it accompanies; `nil` at the token endpoint.
    ///   - now: The Guard's time.
    /// - Returns: `nil` where anything is missing or does not fit.
    func checked(for token: String?, now: Instant) -> Checked? {
        guard let proof = CompactToken(text), proof.header["typ"]?.string == "dpop+jwt",
            let key = proof.header["jwk"].flatMap({ ProofKey(json: $0) }),
            proof.header["alg"]?.string == key.algorithm,
            key.isValid(proof.signature, for: proof.signed),
            let id = proof.claims["jti"]?.string, (1...256).contains(id.utf8.count),
            proof.claims["htm"]?.string == method,
            let target = proof.claims["htu"]?.string,
            target.prefix(while: { $0 != "?" && $0 != "#" }) == url,
            let time = proof.claims["iat"]?.int
        else { return nil }
        let seconds = now.microseconds / 1_000_000
        guard time <= seconds + Self.leeway, time >= seconds - Self.longestAge else { return nil }
        if let token {
            let hash = Base64URL.encode(PlainDigest.sha256(Array(token.utf8)))
            guard proof.claims["ath"]?.string == hash else { return nil }
        }
        return Checked(
            thumbprint: key.thumbprint,
            id: id,
            end: Instant(seconds: time + Self.longestAge + 1)
        )
    }
}

extension GuardCore.Mutable {
    /// The thumbprint that a proof's token is to be bound to, or none without a proof.
    ///
    /// - Returns: `nil` for a proof that does not hold or was used before.
    mutating func thumbprint(
        of proof: PossessionProof?,
        for token: String? = nil,
        now: Instant
    ) throws -> String?? {
        guard let proof else { return .some(nil) }
        guard let checked = proof.checked(for: token, now: now),
            authenticator.isFirst(checked, now: now)
        else { return nil }
        return .some(checked.thumbprint)
    }
}

extension GuardCore {
    /// Whether who shows a bound token holds its key; a proof counts once.
    ///
    /// - Parameters:
    ///   - proof: Made for this very request and this token.
    ///   - token: The access token.
    /// - Returns: Whether it holds.
    /// - Throws: A ``Failure``.
    public func proves(_ proof: PossessionProof, possessionOf token: String) throws -> Bool {
        try exclusively { mutable in
            let now = try mutable.state.entryTime()
            guard
                let live = try mutable.authenticator.liveToken(token, state: mutable.state),
                let bound = live.facts.thumbprint
            else { return false }
            return try mutable.thumbprint(of: proof, for: token, now: now) == bound
        }
    }
}
