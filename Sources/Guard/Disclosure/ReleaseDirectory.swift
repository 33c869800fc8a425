internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// Opens the shared directory of organizations, practitioners and places to a known principal.
    ///
    /// The directory names no patient; who reads it is an entry all the same.
    ///
    /// - Parameters:
    ///   - types: Resource types asked for; a token must allow each of them.
    ///   - caller: Who asks; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: The directory's keys; `nil` where the vault has no directory.
    /// - Throws: ``GuardError/notAuthenticated``, ``GuardError/notPermitted(action:)`` and others.
    public func releaseDirectory(
        types: [String],
        by caller: Caller,
        context: CallContext
    ) throws -> DirectoryGrant? {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "directory", "types": .strings(types)],
                state: state,
                allowsOperator: false
            )
            if let allowed = actor.token?.scopes.types(allowingAnyOf: [.read, .search]) {
                guard !types.isEmpty, Set(types).isSubset(of: allowed) else {
                    throw GuardError.notPermitted(action: "read outside this token")
                }
            }
            var header = try state.header(.decision, by: actor, context: context)
            header.action = "read-directory"
            header.purpose = actor.token?.purposes ?? []
            header.decision = .permit
            header.rules = ["directory.known-principal"]
            header.categories = ["directory"]
            header.scopeAsked = ["types": .strings(types)]
            try state.append(header)
            try state.commit()
            return try state.directoryGrant()
        }
    }
}
