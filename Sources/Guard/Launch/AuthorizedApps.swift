internal import Consent
internal import MerkleLog
internal import VaultCore

extension GuardCore {
    /// The apps that a person has let in; the look is an entry.
    ///
    /// A patient's: those that a Consent in force lets read. A clinician's or relative's: those that act in their
    /// name, whoever's record it is; of the patient's own apps they see none.
    ///
    /// - Parameters:
    ///   - caller: Who has signed in by password and code; no key and no token is taken for it.
    ///   - context: Where the call came from.
    /// - Returns: By id.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    /// - Complexity: O(refresh tokens + clients).
    public func authorizedApps(
        by caller: Caller,
        context: CallContext
    ) throws -> [AuthorizedApp] {
        try exclusively { mutable in
            let state = mutable.state
            let (actor, person) = try mutable.signedIn(caller, ["kind": "list-apps"])
            let apps = try mutable.apps(letInBy: person, now: try state.entryTime())
            var header = try state.header(.decision, by: actor, context: context)
            header.action = "list-apps"
            header.purpose = []
            header.decision = .permit
            header.automated = .human
            let own = try state.ownPseudonym(of: actor).flatMap { try state.subject($0) }
            try state.append(
                header,
                parts: own.map { [.init(patient: $0.pseudonym, body: ["read": "consents"])] } ?? []
            )
            try state.commit()
            return apps.map(\.shown)
        }
    }

    /// Withdraws a person's yes to an app: its Consent and its tokens of both kinds end at once.
    ///
    /// What is somebody else's is answered like what is not there. Both are found by ``authorizedApps(by:context:)``'s
    /// own rule, so nothing can be withdrawn that is not listed.
    ///
    /// - Parameters:
    ///   - id: As listed.
    ///   - caller: Who has signed in by password and code.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notAuthenticated`` and other ``Failure``s.
    /// - Complexity: O(refresh tokens + clients).
    public func withdrawApp(_ id: String, by caller: Caller, context: CallContext) throws {
        try exclusively { mutable in
            let state = mutable.state
            let (actor, person) = try mutable.signedIn(
                caller,
                ["kind": "withdraw-app", "app": .string(id)]
            )
            let apps = try mutable.apps(letInBy: person, now: try state.entryTime())
            guard let app = apps.first(where: { $0.shown.id == id }) else {
                throw GuardError.unknown(what: "app")
            }
            if let consent = app.consent, let own = try state.ownPseudonym(of: actor) {
                _ = try state.withdraw(consent, of: own, by: actor, context)
            }
            // CRASH: refresh tokens without their consent: each is refused, and ended, when it comes.
            for kin in app.kin {
                try mutable.endGrant(kin, "withdrawn", by: actor, context)
            }
            // Those of an app that cannot return have no refresh token by which they would be found.
            if let patient = person.ownPatient {
                try mutable.endTokens(of: patient, heldBy: app.runners)
            }
        }
    }
}

extension GuardCore.Mutable {
    /// Who has signed in with both factors; a stolen key or token alone does not reach a person's apps.
    fileprivate mutating func signedIn(
        _ caller: Caller,
        _ request: JSONValue
    ) throws -> (Actor, Principal) {
        let actor = try authenticator.actor(
            caller,
            body: request,
            state: state,
            allowsOperator: false
        )
        guard actor.method == Actor.signInMethod, let person = actor.principal else {
            throw GuardError.notAuthenticated
        }
        return (actor, person)
    }

    /// Ends the access tokens that read a patient's record in somebody's name.
    fileprivate mutating func endTokens(
        of patient: FHIRID,
        heldBy runners: Set<PrincipalID>
    ) throws {
        try authenticator.endTokens(of: patient, heldBy: runners, state: state)
        for runner in runners { grants.revokeAll(of: runner) }
    }
}
