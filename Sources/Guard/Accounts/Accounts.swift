internal import Consent
internal import MerkleLog
internal import Sealing
internal import Synchronization
public import VaultCore

extension GuardRequest {
    /// Signed to register, reset or disable an account; binds the password without saying it.
    ///
    /// - Parameters:
    ///   - action: `register-account`, `reset-account` or `disable-account`.
    ///   - account: Whose.
    ///   - password: The new one; empty where there is none.
    /// - Returns: The request in its one form.
    public static func account(
        _ action: String,
        _ account: PrincipalID,
        password: [UInt8] = []
    ) -> JSONValue {
        [
            "kind": .string(action), "account": .string(account.text),
            "password": .string(Base64.encode(PlainDigest.sha256(password))),
        ]
    }

    /// Signed for ``GuardService/accounts(by:)``.
    public static let accounts: JSONValue = ["kind": "accounts"]
}

extension GuardCore {
    /// Fewest bytes of a password: with a second factor eight are enough (NIST SP 800-63B-4, section 3.1.1.2).
    public static let shortestPassword = 8

    /// Kinds that sign in by an account: persons.
    static let accountKinds: Set<RequesterKind> = [.patient, .family, .clinician]

    /// Gives a registered person an account, or a new password and a new secret for an old one.
    ///
    /// - Parameters:
    ///   - id: A patient, relative or clinician; the account's name.
    ///   - password: At least ``shortestPassword`` bytes, and not the id.
    ///   - isNew: Whether there must be none yet; else there must be one, and what it let in ends.
    ///   - caller: An administrator or the operator, by ``GuardRequest/account(_:_:password:)``.
    ///   - context: Where the call came from.
    /// - Returns: The secret for the authenticator app; it is not shown again.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/exists(what:)``, ``GuardError/invalid(field:)`` and
    ///   other ``Failure``s.
    public func setAccount(
        _ id: PrincipalID,
        password: [UInt8],
        isNew: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> [UInt8] {
        guard password.count >= Self.shortestPassword, password.count <= 1_024,
            password != Array(id.text.utf8)
        else { throw GuardError.invalid(field: "password") }
        var copy = password
        let secret = try SecretBytes(taking: &copy)
        // Outside the lock: it takes a tenth of a second.
        let hash = try stretching.withLock { _ in
            try PasswordHash(of: secret, random: SystemRandom())
        }
        let action = isNew ? "register-account" : "reset-account"
        return try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.account(action, id, password: password),
                state: state,
                allowsOperator: true
            )
            try actor.require([.administrator], action: "keep accounts")
            guard let principal = try state.principal(id), !principal.isDisabled else {
                throw GuardError.unknown(what: "principal")
            }
            guard Self.accountKinds.contains(principal.requester.kind) else {
                throw GuardError.notPermitted(action: "give this kind of principal an account")
            }
            switch (try state.account(id), isNew) {
            case (.some, true): throw GuardError.exists(what: "account")
            case (nil, false): throw GuardError.unknown(what: "account")
            default: break
            }
            let account = AccountSecrets(
                principal: id,
                password: hash,
                secret: state.random.bytes(OneTimeCode.secretByteCount)
            )
            try write(account, action: action, by: actor, context: context, &mutable)
            return account.secret
        }
    }

    /// Ends an account; whom it let in is let in no more.
    ///
    /// - Parameters:
    ///   - id: Whose.
    ///   - caller: An administrator, an officer or the operator, by ``GuardRequest/account(_:_:password:)``.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)`` and other ``Failure``s.
    public func disableAccount(
        _ id: PrincipalID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.account("disable-account", id),
                state: mutable.state,
                allowsOperator: true
            )
            try actor.require(
                [.administrator, .privacyOfficer, .securityOfficer],
                action: "disable an account"
            )
            guard var account = try mutable.state.account(id) else {
                throw GuardError.unknown(what: "account")
            }
            account.isDisabled = true
            try write(account, action: "disable-account", by: actor, context: context, &mutable)
        }
    }

    /// All accounts, by principal.
    ///
    /// - Parameter caller: Whoever may have everything checked, by ``GuardRequest/accounts``, or the operator.
    /// - Returns: Disabled ones included; no password, no secret.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func accounts(by caller: Caller) throws -> [Account] {
        try exclusively { mutable in
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.accounts,
                kinds: .auditors,
                action: "list accounts"
            )
            let state = mutable.state
            var found: [Account] = []
            try state.forEachStoredItem(.account) { _, bytes in
                let kept = try AccountSecrets(decoding: bytes)
                found.append(Account(principal: kept.principal, isDisabled: kept.isDisabled))
            }
            for place in found.indices {
                let attempts = try state.attempts(of: found[place].principal)
                found[place].lockedUntil =
                    attempts.isLocked(at: state.clock.now()) ? attempts.lockedUntil : nil
            }
            return found.sorted { $0.principal < $1.principal }
        }
    }

    private func write(
        _ account: AccountSecrets,
        action: String,
        by actor: Actor,
        context: CallContext,
        _ mutable: inout Mutable
    ) throws {
        let state = mutable.state
        var header = try state.header(.principal, by: actor, context: context)
        header.action = action
        header.more = [
            .init(
                "account",
                [
                    "principal": .string(account.principal.text),
                    "disabled": .bool(account.isDisabled), "digest": .string(account.digest),
                ]
            )
        ]
        try state.append(header)
        let key = Array(account.principal.text.utf8)
        state.setItem(.account, key, account.json.bytes)
        if !account.isDisabled { state.setItem(.attempts, key, nil) }
        try state.commit()
        mutable.authenticator.closeAll(of: account.principal)
        try mutable.authenticator.endTokens(ofUser: account.principal, state: state)
        mutable.grants.revokeAll(of: account.principal)
    }
}
