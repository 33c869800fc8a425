internal import Sealing
public import VaultCore

/// A refresh token taken apart: the grant it belongs to, and the hash of its secret, which is all that is kept.
struct RefreshName {
    let grant: String
    let digest: String
    let text: String

    init(grant: String, secret: [UInt8]) {
        self.grant = grant
        digest = Base64.encode(PlainDigest.sha256(secret))
        text = "\(grant).\(Base64URL.encode(secret))"
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, Hex.decode(parts[0])?.count == 16,
            let secret = Base64URL.decode(parts[1]), secret.count == 32
        else { return nil }
        self.init(grant: String(parts[0]), secret: secret)
    }
}

/// The one refresh token of a grant that is good now; those before it were used.
struct RefreshKin: Hashable {
    let grant: LaunchGrant
    /// Hash of the present token's secret.
    let current: String
    /// When the present token was given.
    let used: Instant

    init(grant: LaunchGrant, current: String, used: Instant) {
        self.grant = grant
        self.current = current
        self.used = used
    }

    var json: JSONValue {
        ["grant": grant.json, "current": .string(current), "used": .int(used.microseconds)]
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard let json = JSONValue(parsing: bytes), let grant = json["grant"],
            let current = json["current"]?.string, let used = json["used"]?.int
        else { throw .damagedState }
        self.grant = try LaunchGrant(json: grant)
        self.current = current
        self.used = Instant(microseconds: used)
    }

    /// Whether it went unused for longer than it may.
    func isIdle(at now: Instant) -> Bool {
        grant.idle > 0 && used.advanced(by: .seconds(grant.idle)) <= now
    }

    /// What the log says of it: enough to find a changed item.
    var announcement: JSONValue {
        [
            "id": .string(grant.id),
            "digest": .string(Base64.encode(PlainDigest.sha256(json.bytes))),
        ]
    }
}

/// What a refresh token is good for.
public struct RefreshFacts: Sendable, Hashable {
    /// Everything that was granted.
    public let scope: String
    /// Who said yes.
    public let user: PrincipalID
    /// Whose record.
    public let patient: FHIRID?
    /// When it ends at the latest.
    public let end: Instant
}

extension GuardState {
    func kin(_ grant: String) throws -> RefreshKin? {
        try item(.refresh, Array(grant.utf8)).map { try RefreshKin(decoding: $0) }
    }
}
