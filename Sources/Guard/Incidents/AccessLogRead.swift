internal import Consent
internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// Reads out of the log who could read what in a window; reading is itself an entry, written first.
    ///
    /// - Parameters:
    ///   - query: The window.
    ///   - caller: A privacy or security officer or an overseer; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: Everything that a scope is computed from; two runs for one window that has passed are
    ///   the same.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    /// - Complexity: O(entries) on all cores; holds in memory what is told in full, and of each patient about
    ///   200 bytes.
    public func accessLog(
        _ query: AccessLogQuery,
        by caller: Caller,
        context: CallContext
    ) throws -> AccessLog {
        try apart { mutable in
            try permit(query, by: caller, context: context, &mutable)
        } _: { state, _ in
            var audit = StateAudit(state: state, key: signingKey.verifier, isDemo: isDemo)
            var walk = AccessWalk(state: state, query: query)
            return try walk.run(&audit, policies: policies, policyDigest: policyDigest)
        }
    }

    /// Proves that the caller may read the log, and writes that they do.
    private func permit(
        _ query: AccessLogQuery,
        by caller: Caller,
        context: CallContext,
        _ mutable: inout Mutable
    ) throws {
        let state = mutable.state
        let actor = try mutable.authenticator.actor(
            caller,
            body: query.json,
            state: state,
            allowsOperator: false
        )
        try state.requireLogReader(actor, of: nil)
        if actor.principal?.requester.kind == .patient {
            throw GuardError.notPermitted(action: "read the log")
        }
        guard query.from < query.until else { throw GuardError.invalid(field: "window") }
        var header = try state.header(.decision, by: actor, context: context)
        header.action = "breach-scope"
        header.purpose = []
        header.decision = .permit
        header.rules = ["log-reader.role"]
        header.scopeAsked = query.json
        try state.append(header)
        try state.commit()
    }
}
