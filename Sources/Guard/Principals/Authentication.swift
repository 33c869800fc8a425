internal import Consent
internal import Sealing
internal import MerkleLog
internal import VaultCore

/// Who a call turned out to be, as the log states it.
struct Actor: Sendable {
    /// The principal, or `nil` for the operator who holds the passphrase.
    var principal: Principal?
    var method: String
    var credential: String
    var session: SessionID?
    /// What the caller's token allows; `nil` for callers without one.
    var token: TokenFacts?

    static let operatorName = "operator"

    var isOperator: Bool { principal == nil }
    var name: String { principal?.id.text ?? Self.operatorName }
    var kind: String { principal?.requester.kind.rawValue ?? Self.operatorName }
}

/// A session: a principal that signed once and may ask for a while without signing again.
struct Session: Sendable {
    var principal: PrincipalID
    var lastUsed: Instant
    var end: Instant
    /// Unused for so long it has ended.
    var idle: Duration = .seconds(900)
    /// Whether a password and a code opened it; then it is good for little.
    var isSignIn = false
}

/// Proves who calls; every failure is the same failure.
struct Authenticator {
    /// Signed statements are accepted this far from the Guard's clock.
    static let tolerance: Int64 = 300_000_000

    /// Until their end at the latest, though nobody comes back to them.
    private(set) var sessions = ExpiringTable<SessionID, Session>()
    /// Nonces of statements, until these are too old whatever the clock does inside the tolerance.
    private var seen = ExpiringTable<[UInt8], Void>()
    /// Most old nonces that one call lets go of, so that none waits for all that a busy hour has left.
    private static let forgottenAtOnce = 4
    /// Accepted in the present use case: kept on the disk whatever becomes of it.
    private var fresh: [(nonce: [UInt8], time: Instant)] = []
    /// Access tokens of this process; made when first needed.
    var tokens: TokenDesk?
    var replays = ReplayStore()

    /// Starts with the nonces that were kept on the disk.
    init(seen: [[UInt8]: Instant]) {
        for (nonce, time) in seen { remember(nonce, time) }
    }

    /// Resolves a caller who signed `body`, or has a session, or holds the passphrase where that is enough.
    mutating func actor(
        _ caller: Caller,
        body: @autoclosure () -> JSONValue,
        state: GuardState,
        allowsOperator: Bool
    ) throws -> Actor {
        // Ends of sessions, grants and signatures mean nothing under a clock that ran backwards.
        _ = try state.entryTime()
        switch caller {
        case .operator:
            guard allowsOperator else { throw GuardError.notAuthenticated }
            return Actor(
                principal: nil,
                method: "passphrase",
                credential: "root",
                session: nil
            )
        case .signed(let statement):
            let principal = try verified(statement, body: body(), state: state)
            return Actor(
                principal: principal,
                method: "ed25519",
                credential: principal.credentialID,
                session: nil
            )
        case .session(let id):
            let (principal, isSignIn) = try live(id, state: state)
            guard !isSignIn || Session.signInRequests.contains(body()["kind"]?.string ?? "") else {
                throw GuardError.notAuthenticated
            }
            return Actor(
                principal: principal,
                method: isSignIn ? Actor.signInMethod : "session",
                credential: isSignIn ? "account" : principal.credentialID,
                session: id
            )
        case .token(let text):
            guard let live = try liveToken(text, state: state) else {
                throw GuardError.notAuthenticated
            }
            return Actor(
                principal: live.principal,
                method: "bearer",
                credential: live.facts.client,
                session: live.facts.id,
                token: live.facts
            )
        case .subscription(let id, let key):
            guard let actor = try state.actor(for: id, key: key) else {
                throw GuardError.notAuthenticated
            }
            return actor
        }
    }

    private mutating func verified(
        _ statement: SignedStatement,
        body: JSONValue,
        state: GuardState
    ) throws -> Principal {
        let now = state.clock.now()
        guard abs(statement.time.microseconds - now.microseconds) <= Self.tolerance,
            statement.nonce.count == 16, seen[statement.nonce] == nil,
            let principal = try state.principal(statement.principal), !principal.isDisabled
        else { throw GuardError.notAuthenticated }
        let message = SignedStatement.message(
            vault: state.vault,
            principal: statement.principal,
            time: statement.time,
            nonce: statement.nonce,
            body: body
        )
        guard
            Signing.isValid(statement.signature, for: message, publicKey: principal.publicKey)
        else { throw GuardError.notAuthenticated }
        remember(statement.nonce, statement.time)
        try state.keepNonce(statement.nonce, statement.time)
        fresh.append((statement.nonce, statement.time))
        return principal
    }

    private mutating func remember(_ nonce: [UInt8], _ time: Instant) {
        seen.set((), for: nonce, until: time.advanced(by: .microseconds(2 * Self.tolerance)))
    }

    /// Keeps what the use case accepted, where it did not commit it itself, and lets go of some that are too old to
    /// be accepted again.
    mutating func keepNonces(_ state: GuardState) throws {
        guard !fresh.isEmpty else { return }
        for (nonce, time) in fresh where try state.item(.nonce, nonce) == nil {
            try state.keepNonce(nonce, time)
        }
        fresh = []
        let now = state.clock.now()
        for _ in 0..<Self.forgottenAtOnce {
            guard let old = seen.removeFirst(endedBy: now) else { break }
            try state.forgetNonce(old)
        }
        try state.commit()
    }

    private mutating func live(
        _ id: SessionID,
        state: GuardState
    ) throws -> (principal: Principal, isSignIn: Bool) {
        let now = state.clock.now()
        guard var session = sessions[id], session.end > now,
            session.lastUsed.advanced(by: session.idle) > now,
            let principal = try state.principal(session.principal), !principal.isDisabled
        else {
            sessions.remove(id)
            throw GuardError.notAuthenticated
        }
        session.lastUsed = now
        sessions.set(session, for: id, until: session.end)
        return (principal, session.isSignIn)
    }

    mutating func open(_ id: SessionID, _ session: Session) {
        sessions.forgetEnded(by: session.lastUsed)
        sessions.set(session, for: id, until: session.end)
    }

    mutating func close(_ id: SessionID) { sessions.remove(id) }

    /// Ends every session of a principal.
    mutating func closeAll(of principal: PrincipalID) {
        for id in sessions.keys where sessions[id]?.principal == principal { sessions.remove(id) }
    }
}

extension Principal {
    /// A short name of the public key, for the log: the credential's id, never the credential.
    var credentialID: String { Hex.encode(publicKey.prefix(8)) }
}

extension GuardState {
    func principal(_ id: PrincipalID) throws -> Principal? {
        let key = Array(id.text.utf8)
        if let cached = principalCache[key] { return cached }
        guard let bytes = try item(.principal, key) else { return nil }
        guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
        let principal = try Principal(json: json)
        if principalCache.count >= Self.cacheLimit { principalCache = [:] }
        principalCache[key] = principal
        return principal
    }

    /// The header of an entry that somebody's call causes.
    func header(_ kind: EntryKind, by actor: Actor, context: CallContext) throws -> EntryHeader {
        var header = EntryHeader(kind: kind, time: try entryTime())
        header.actor = actor.name
        header.actorKind = actor.kind
        header.role =
            actor.principal.map { $0.requester.roles.joined(separator: ",") } ?? "operator"
        header.organization = actor.principal?.requester.organization?.text
        header.onBehalfOf = actor.token?.user?.text
        header.authMethod = actor.method
        header.credential = actor.credential
        header.session = actor.session?.description
        header.client = context.client
        header.sourceAddress = context.sourceAddress
        header.device = context.device
        header.recordServer = context.recordServer
        header.automated = EntryHeader.Automation(rawValue: context.automation.rawValue) ?? .unknown
        return header
    }
}
