internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

extension GuardCore {
    /// Registers a principal; an administrator, a registrar or the operator may.
    ///
    /// - Parameters:
    ///   - principal: Whom; its id must be new.
    ///   - caller: Who registers.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/exists(what:)``, ``GuardError/exampleKey`` and other ``Failure``s.
    public func register(
        _ principal: Principal,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let body: JSONValue = ["kind": "register", "principal": principal.json]
            let actor = try mutable.authenticator.actor(
                caller,
                body: body,
                state: mutable.state,
                allowsOperator: true
            )
            try actor.require([.administrator, .registrar], action: "register a principal")
            // Who registers patients and staff must not make the persons who watch over them.
            if actor.principal?.requester.kind == .registrar,
                Self.keptFromRegistrars.contains(principal.requester.kind)
            {
                throw GuardError.notPermitted(action: "register a principal of this kind")
            }
            let state = mutable.state
            guard principal.id.text != Actor.operatorName,
                try state.principal(principal.id) == nil
            else { throw GuardError.exists(what: "principal") }
            guard isDemo || !ExampleKeys.contains(principal.publicKey) else {
                throw GuardError.exampleKey
            }
            try write(principal, action: "register", by: actor, context: context, state)
        }
    }

    /// Ends a principal's right to act; its sessions and grants end with it.
    ///
    /// - Parameters:
    ///   - id: Whose.
    ///   - caller: An administrator, officer or the operator.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)`` and other ``Failure``s.
    public func disable(
        _ id: PrincipalID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "disable", "principal": .string(id.text)],
                state: mutable.state,
                allowsOperator: true
            )
            try actor.require(
                [.administrator, .privacyOfficer, .securityOfficer],
                action: "disable a principal"
            )
            guard var principal = try mutable.state.principal(id) else {
                throw GuardError.unknown(what: "principal")
            }
            principal.isDisabled = true
            try write(
                principal,
                action: "disable",
                by: actor,
                context: context,
                mutable.state
            )
            mutable.authenticator.closeAll(of: id)
            mutable.grants.revokeAll(of: id)
            mutable.endWrites { $0.actor.principal?.id == id }
        }
    }

    /// Principals that the caller may know of, by id: officers, administrators, registrars and overseers
    /// know all of them; others know staff, organizations, programs and themselves, for that somebody is
    /// a patient here is nobody's business.
    ///
    /// - Parameter caller: Anybody whom the vault knows, by ``GuardRequest/principals``.
    /// - Returns: Disabled ones included.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func principals(by caller: Caller) throws -> [Principal] {
        try exclusively { mutable in
            let actor = try authorize(
                caller,
                &mutable,
                for: GuardRequest.principals,
                kinds: Set(RequesterKind.allCases),
                action: "list principals"
            )
            let kind = actor.principal?.requester.kind
            let seesAll = kind.map { Set.auditors.union([.registrar]).contains($0) } ?? true
            var found: [Principal] = []
            try mutable.state.forEachStoredItem(.principal) { _, bytes in
                guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
                let known = try Principal(json: json)
                guard
                    seesAll || known.id == actor.principal?.id
                        || Set.staff.contains(known.requester.kind)
                else { return }
                found.append(known)
            }
            return found.sorted { $0.id < $1.id }
        }
    }

    /// Opens a session for a principal that signs for it: later calls need no signature.
    ///
    /// - Parameters:
    ///   - statement: Signed over `{"kind":"session"}`.
    ///   - context: Where the call came from.
    /// - Returns: The session's id; it ends after 15 idle minutes and after 8 hours.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func openSession(
        _ statement: SignedStatement,
        context: CallContext
    ) throws -> SessionID {
        try exclusively { mutable in
            var actor = try mutable.authenticator.actor(
                .signed(statement),
                body: ["kind": "session"],
                state: mutable.state,
                allowsOperator: false
            )
            try admit(.session, actor, context, &mutable)
            let state = mutable.state
            guard let id = SessionID(bytes: state.random.bytes(16)), let principal = actor.principal
            else { throw GuardError.notAuthenticated }
            actor.session = id
            var header = try state.header(.session, by: actor, context: context)
            header.action = "open-session"
            try state.append(header)
            try state.commit()
            let now = state.clock.now()
            mutable.authenticator.open(
                id,
                Session(
                    principal: principal.id,
                    lastUsed: now,
                    end: now.advanced(by: .seconds(8 * 3600))
                )
            )
            return id
        }
    }

    private static let keptFromRegistrars: Set<RequesterKind> = [
        .administrator, .registrar, .privacyOfficer, .securityOfficer, .oversight,
    ]

    private func write(
        _ principal: Principal,
        action: String,
        by actor: Actor,
        context: CallContext,
        _ state: GuardState
    ) throws {
        var header = try state.header(.principal, by: actor, context: context)
        header.action = action
        header.more = [.init("principal", principal.json)]
        try state.append(header)
        state.setItem(.principal, Array(principal.id.text.utf8), (principal.json).bytes)
        try state.commit()
    }
}

extension Actor {
    /// Refuses everyone but the operator and principals of these kinds.
    func require(_ kinds: Set<RequesterKind>, action: String) throws(GuardError) {
        guard let principal else { return }
        guard kinds.contains(principal.requester.kind) else {
            throw .notPermitted(action: action)
        }
    }
}
