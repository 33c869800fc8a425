public import Consent
internal import MerkleLog
internal import Sealing
internal import Synchronization
public import VaultCore

/// A person's attempt to sign in, as the form gave it.
public struct SignIn: Sendable {
    /// The account's name.
    public var account: String
    /// The password's bytes.
    public var password: [UInt8]
    /// The code of the authenticator app.
    public var code: String
    /// Where the call came from.
    public var context: CallContext

    /// Collects what was typed.
    ///
    /// - Parameters:
    ///   - account: The account's name.
    ///   - password: The password's bytes.
    ///   - code: The code of the authenticator app.
    ///   - context: Where the call came from.
    public init(account: String, password: [UInt8], code: String, context: CallContext) {
        self.account = account
        self.password = password
        self.code = code
        self.context = context
    }
}

/// Who has signed in.
public struct SignedIn: Sendable, Hashable {
    /// What later calls show; ends after 10 idle minutes and after an hour.
    public let session: SessionID
    /// Who.
    public let principal: PrincipalID
    /// What kind of principal.
    public let kind: RequesterKind
    /// Whose record is the person's own, where the person is a patient.
    public let patient: FHIRID?
}

extension GuardCore {
    /// Lets a person in by password and one-time code; every attempt is an entry.
    ///
    /// A wrong name, a wrong password, a wrong or used code, a disabled account and one that waits after too many
    /// failures give the same answer after the same work: one stretched password, one entry, one flush.
    ///
    /// - Parameter request: What was typed.
    /// - Returns: Who has signed in, or `nil`.
    /// - Throws: A ``Failure`` where the attempt could not be decided; then nobody is let in.
    public func signIn(_ request: SignIn) throws -> SignedIn? {
        let id = PrincipalID(request.account)
        let known = try exclusively { mutable in
            try id.flatMap { try mutable.state.account($0) }
        }
        var bytes = Array(request.password.prefix(SecretBytes.maximumByteCount))
        let password = try SecretBytes(taking: &bytes)
        // One at a time: a flood of attempts must not take all the memory, and the Guard goes on meanwhile.
        let isRight = try stretching.withLock { decoy in
            try (known?.password ?? decoy).matches(password)
        }
        return try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            guard let id, let known, let principal = try state.principal(id) else {
                try state.refuseSignIn(nil, nil, request.context)
                return nil
            }
            var attempts = try state.attempts(of: id)
            let isLocked = attempts.isLocked(at: now)
            let step = OneTimeCode.acceptedStep(
                of: request.code,
                secret: known.secret,
                now: now,
                after: attempts.lastStep
            )
            // What was changed while the password was stretched does not let anybody in.
            guard isRight, !isLocked, let step, !known.isDisabled, !principal.isDisabled,
                try state.account(id) == known,
                let session = SessionID(bytes: state.random.bytes(16))
            else {
                if !isLocked { attempts.fail(at: now) }
                try state.refuseSignIn(principal, isLocked ? nil : attempts, request.context)
                return nil
            }
            attempts.succeed(step: step)
            try state.admitSignIn(principal, attempts, session, request.context)
            mutable.authenticator.open(
                session,
                Session(
                    principal: id,
                    lastUsed: now,
                    end: now.advanced(by: Session.longestSignIn),
                    idle: Session.idleSignIn,
                    isSignIn: true
                )
            )
            return SignedIn(
                session: session,
                principal: id,
                kind: principal.requester.kind,
                patient: principal.ownPatient
            )
        }
    }

    /// Ends a sign-in; one that has ended already is none to end.
    ///
    /// - Parameter session: As ``signIn(_:)`` gave it.
    /// - Throws: A ``Failure``.
    public func signOut(_ session: SessionID) throws {
        try exclusively { mutable in mutable.authenticator.close(session) }
    }
}

extension Session {
    /// Longest life of a sign-in.
    static let longestSignIn: Duration = .seconds(3_600)
    /// A sign-in that nothing uses for so long has ended.
    static let idleSignIn: Duration = .seconds(600)
    /// All that a sign-in is good for: the record itself is read under a token, never under this.
    static let signInRequests: Set<String> = [
        "consent", "approve-launch", "list-apps", "withdraw-app",
    ]
}

extension Principal {
    /// The patient that this principal is.
    var ownPatient: FHIRID? {
        guard requester.kind == .patient else { return nil }
        return requester.references.lazy.compactMap { RecordID($0) }.first { $0.type == "Patient" }?
            .id
    }
}

extension GuardState {
    fileprivate func admitSignIn(
        _ principal: Principal,
        _ attempts: SignInAttempts,
        _ session: SessionID,
        _ context: CallContext
    ) throws {
        let actor = Actor(
            principal: principal,
            method: Actor.signInMethod,
            credential: "account",
            session: session,
            token: nil
        )
        try writeSignIn("sign-in", by: actor, attempts, context)
    }

    /// An unknown account has no actor, and nobody learns what was typed.
    fileprivate func refuseSignIn(
        _ principal: Principal?,
        _ attempts: SignInAttempts?,
        _ context: CallContext
    ) throws {
        guard let principal else {
            var header = EntryHeader(kind: .session, time: try entryTime())
            header.action = "sign-in-refused"
            header.authMethod = Actor.signInMethod
            header.client = context.client
            header.sourceAddress = context.sourceAddress
            header.recordServer = context.recordServer
            header.decision = .deny
            try append(header)
            return try commit()
        }
        let actor = Actor(
            principal: principal,
            method: Actor.signInMethod,
            credential: "account",
            session: nil,
            token: nil
        )
        try writeSignIn("sign-in-refused", by: actor, attempts, context)
    }

    /// Where `attempts` is `nil` the account waits, and the attempt was not looked at.
    private func writeSignIn(
        _ action: String,
        by actor: Actor,
        _ attempts: SignInAttempts?,
        _ context: CallContext
    ) throws {
        var header = try header(.session, by: actor, context: context)
        header.action = action
        header.decision = action == "sign-in" ? .permit : .deny
        header.automated = .human
        if let attempts, let id = actor.principal?.id {
            header.more = [.init("attempts", attempts.json)]
            setItem(.attempts, Array(id.text.utf8), attempts.json.bytes)
            if attempts.lockedUntil != nil { header.reason = "locked" }
        } else {
            header.reason = "locked"
        }
        try append(header)
        try commit()
    }
}

extension Actor {
    static let signInMethod = "password+totp"
}
