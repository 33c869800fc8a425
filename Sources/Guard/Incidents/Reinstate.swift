internal import Consent
internal import MerkleLog
public import VaultCore

extension GuardCore {
    /// What the person who reinstates a principal signs.
    ///
    /// - Parameter id: Whom.
    /// - Returns: The request in its one form.
    public static func reinstateBody(_ id: PrincipalID) -> JSONValue {
        ["kind": "reinstate", "principal": .string(id.text)]
    }

    /// Gives a disabled principal the right to act back; sessions and grants stay ended.
    ///
    /// - Parameters:
    ///   - id: Whom.
    ///   - caller: An administrator or privacy officer who signs this very request, and not the principal.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func reinstate(
        _ id: PrincipalID,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.freshActor(
                caller,
                body: Self.reinstateBody(id),
                state: state
            )
            try actor.require([.administrator, .privacyOfficer], action: "reinstate a principal")
            guard var principal = try state.principal(id) else {
                throw GuardError.unknown(what: "principal")
            }
            principal.isDisabled = false
            var header = try state.header(.principal, by: actor, context: context)
            header.action = "reinstate"
            header.more = [.init("principal", principal.json)]
            try state.append(header)
            state.setItem(.principal, Array(id.text.utf8), principal.json.bytes)
            try state.commit()
        }
    }
}
