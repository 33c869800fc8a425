internal import Consent
internal import Sealing
public import VaultCore

/// Accounts and those who sign in with them, as messages.
extension GuardDispatch {
    static func answerAccounts(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .setAccount:
            let id: PrincipalID = try wire.take()
            var password: [UInt8] = try wire.take()
            defer { Wiping.wipe(&password) }
            let (isNew, caller): (Bool, Caller) = (try wire.take(), try wire.take())
            out.put(
                try service.setAccount(
                    id,
                    password: password,
                    isNew: isNew,
                    by: caller,
                    context: try wire.last()
                )
            )
        case .disableAccount:
            let (id, caller): (PrincipalID, Caller) = (try wire.take(), try wire.take())
            try service.disableAccount(id, by: caller, context: try wire.last())
        case .accounts: out.put(try service.accounts(by: try wire.last()))
        case .signIn: out.put(try service.signIn(try wire.last()))
        case .signOut: try service.signOut(try wire.last())
        default: throw WireError()
        }
    }
}

extension RemoteGuard {
    /// Gives a person an account, or a new password and secret for an old one.
    public func setAccount(
        _ id: PrincipalID,
        password: [UInt8],
        isNew: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> [UInt8] {
        try call(.setAccount, id, password, isNew, caller, context)
    }

    /// Ends an account.
    public func disableAccount(
        _ id: PrincipalID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try run(.disableAccount, id, caller, context)
    }

    /// All accounts, by principal.
    public func accounts(by caller: Caller) throws -> [Account] { try call(.accounts, caller) }

    /// Lets a person in by password and one-time code.
    public func signIn(_ request: SignIn) throws -> SignedIn? { try call(.signIn, request) }

    /// Ends a sign-in.
    public func signOut(_ session: SessionID) throws { try run(.signOut, session) }
}

extension Account: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(principal)
        out.put(isDisabled)
        out.put(lockedUntil)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            principal: try wire.take(),
            isDisabled: try wire.take(),
            lockedUntil: try wire.take()
        )
    }
}

extension SignIn: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(account)
        out.put(password)
        out.put(code)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            account: try wire.take(),
            password: try wire.take(),
            code: try wire.take(),
            context: try wire.take()
        )
    }
}

extension SignedIn: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(session)
        out.put(principal)
        out.put(kind)
        out.put(patient)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            session: try wire.take(),
            principal: try wire.take(),
            kind: try wire.take(),
            patient: try wire.take()
        )
    }
}
