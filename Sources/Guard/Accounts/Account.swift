internal import Sealing
public import VaultCore

/// A local account: with it a registered person signs in by password and one-time code.
///
/// For small sites that have no identity provider. Its name is the principal's id.
public struct Account: Sendable, Hashable {
    /// Who signs in.
    public let principal: PrincipalID
    /// Whether it still lets anybody in.
    public internal(set) var isDisabled: Bool
    /// Until when no attempt is looked at, after too many that failed; `nil` where none is held up.
    public internal(set) var lockedUntil: Instant?

    /// The account as a listing shows it.
    public var json: JSONValue {
        [
            "principal": .string(principal.text), "disabled": .bool(isDisabled),
            "lockedUntil": lockedUntil.map { .string($0.description) } ?? .null,
        ]
    }
}

/// What the Guard keeps of an account, sealed.
struct AccountSecrets: Hashable {
    let principal: PrincipalID
    let password: PasswordHash
    /// Shared with the authenticator app.
    let secret: [UInt8]
    var isDisabled = false

    var json: JSONValue {
        [
            "principal": .string(principal.text), "password": password.json,
            "secret": .string(Base64.encode(secret)), "disabled": .bool(isDisabled),
        ]
    }

    init(principal: PrincipalID, password: PasswordHash, secret: [UInt8]) {
        self.principal = principal
        self.password = password
        self.secret = secret
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard let json = JSONValue(parsing: bytes),
            let principal = json["principal"]?.string.flatMap({ PrincipalID($0) }),
            let password = json["password"].flatMap({ PasswordHash(json: $0) }),
            let secret = json["secret"]?.string.flatMap({ Base64.decode($0) }),
            let isDisabled = json["disabled"]?.bool
        else { throw .damagedState }
        self.init(principal: principal, password: password, secret: secret)
        self.isDisabled = isDisabled
    }

    /// What the log says of the account: enough to find a changed item, nothing that opens it.
    var digest: String { Base64.encode(PlainDigest.sha256(json.bytes)) }
}

/// What went wrong at an account so far, and which codes were used: kept over restarts, and stated by the log.
struct SignInAttempts: Hashable {
    /// Failures since the last success.
    var failures: Int64 = 0
    var lockedUntil: Instant?
    /// Step of the newest code that was accepted.
    var lastStep: Int64 = 0

    /// Failures that cost nothing: people mistype.
    static let freeFailures: Int64 = 4
    private static let firstDelay: Int64 = 30
    private static let longestDelay: Int64 = 3_600

    /// Counts a failure; from the fifth on each doubles the wait, from half a minute to an hour.
    ///
    /// An hour and no more: whoever knows a name must not be able to keep its owner out for ever.
    mutating func fail(at now: Instant) {
        failures += 1
        guard failures > Self.freeFailures else { return }
        let doublings = min(failures - Self.freeFailures - 1, 12)
        let delay = min(Self.firstDelay << doublings, Self.longestDelay)
        lockedUntil = now.advanced(by: .seconds(delay))
    }

    mutating func succeed(step: Int64) { self = SignInAttempts(lastStep: step) }

    func isLocked(at now: Instant) -> Bool { lockedUntil.map { $0 > now } ?? false }

    var json: JSONValue {
        [
            "failures": .int(failures), "lastStep": .int(lastStep),
            "lockedUntil": lockedUntil.map { .int($0.microseconds) } ?? .null,
        ]
    }

    init(lastStep: Int64 = 0) { self.lastStep = lastStep }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard let json = JSONValue(parsing: bytes), let failures = json["failures"]?.int,
            let lastStep = json["lastStep"]?.int
        else { throw .damagedState }
        self.failures = failures
        self.lastStep = lastStep
        lockedUntil = json["lockedUntil"]?.int.map { Instant(microseconds: $0) }
    }
}

extension GuardState {
    func account(_ id: PrincipalID) throws -> AccountSecrets? {
        try item(.account, Array(id.text.utf8)).map { try AccountSecrets(decoding: $0) }
    }

    func attempts(of id: PrincipalID) throws -> SignInAttempts {
        try item(.attempts, Array(id.text.utf8)).map { try SignInAttempts(decoding: $0) }
            ?? SignInAttempts()
    }
}
