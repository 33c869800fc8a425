internal import Guard
internal import VaultCore

/// In whose name a command acts.
enum Acting {
    /// Whoever holds the passphrase.
    case `operator`
    /// A principal, by its key file.
    case principal(KeyFile)

    /// Proof over one request.
    func caller(for body: JSONValue, vault: VaultID) throws -> Caller {
        switch self {
        case .operator: .operator
        case .principal(let key): .signed(try key.statement(body, vault: vault))
        }
    }

    /// Proof for use cases that make several calls of the Guard: a session.
    func session(of core: any GuardService, context: CallContext) throws -> Caller {
        switch self {
        case .operator: return .operator
        case .principal(let key):
            let statement = try key.statement(["kind": "session"], vault: core.vault)
            return .session(try core.openSession(statement, context: context))
        }
    }

    /// Refuses the operator, who may not do this.
    func required(for action: String) throws {
        if case .operator = self {
            throw Complaint(
                kind: .notAllowed,
                code: "acting.missing",
                message: "`\(action)` needs to know who asks",
                hint: "give `--as KEYFILE` or set `PATIENTVAULT_AS`"
            )
        }
    }
}
