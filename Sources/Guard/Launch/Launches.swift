internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import Sealing
public import VaultCore

extension GuardCore {
    /// Looks at an app's wish before anybody signs in; nothing of a person is known yet, so no entry is due.
    ///
    /// - Parameter request: As the browser brought it.
    /// - Returns: A launch to sign in for, an error for the app, or a refusal that sends nobody anywhere.
    /// - Throws: A ``Failure``.
    public func beginLaunch(_ request: LaunchRequest) throws -> LaunchOutcome {
        try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            // RFC 6749 section 4.1.2.1: before these two hold, nothing is sent to the redirect.
            guard let client = try state.client(request.client), !client.isDisabled,
                let app = client.launch, app.redirects.contains(request.redirect),
                let runner = try state.principal(client.principal), !runner.isDisabled
            else { return .refused }
            guard request.responseType == "code" else { return .returned(.unsupportedResponseType) }
            // RFC 7636: no client gets by without a challenge, and `plain` is none.
            guard request.challengeMethod == "S256", request.challenge.utf8.count == 43,
                Base64URL.decode(request.challenge)?.count == 32,
                [request.base, request.base + "/"].contains(request.audience),
                let key = runner.consentKey
            else { return .returned(.invalidRequest) }
            let (scopes, words) = client.grantedToPerson(request.scope)
            guard !scopes.isEmpty else { return .returned(.invalidScope) }
            var context: LaunchDesk.Context?
            if let text = request.launch {
                context = mutable.launches.takeContext(text, now: now)
                guard let context, context.client == client.id else {
                    return .returned(.invalidRequest)
                }
            }
            let launch = Launch(
                id: Hex.encode(state.random.bytes(16)),
                app: app.name,
                recipient: runner.name,
                recipientKey: key,
                scopes: scopes,
                words: words,
                purposes: client.purposes,
                days: app.days,
                patient: context?.patient
            )
            let pending = LaunchDesk.Pending(
                launch: launch,
                client: client.id,
                clientDigest: client.digest,
                redirect: request.redirect,
                challenge: request.challenge,
                user: context?.user,
                end: now.advanced(by: LaunchDesk.launchLife)
            )
            mutable.launches.begin(pending)
            return .begun(launch)
        }
    }

    /// Takes a person's yes: a code for the app, good once and for a minute; the yes is an entry.
    ///
    /// A patient's app acts in the name of who runs it, and gets what the patient's Consent lets it have; it must
    /// be in the vault already, in force, and name the app's principal. A clinician's or relative's app acts in
    /// their name and gets what they may have.
    ///
    /// - Parameters:
    ///   - approval: What was agreed to.
    ///   - caller: Who has signed in for it.
    /// - Returns: The code; `nil` where this person may not agree to that.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func approveLaunch(_ approval: LaunchApproval, by caller: Caller) throws -> String? {
        try exclusively { mutable in
            let state = mutable.state
            let now = try state.entryTime()
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "approve-launch", "launch": .string(approval.launch)],
                state: state,
                allowsOperator: false
            )
            guard let user = actor.principal,
                let pending = mutable.launches.pending(approval.launch, now: now)
            else { throw GuardError.notAuthenticated }
            // Whatever comes of it, it is asked once.
            mutable.launches.end(approval.launch)
            guard let client = try state.client(pending.client), !client.isDisabled,
                client.digest == pending.clientDigest,
                pending.user == nil || pending.user == user.id,
                let account = try state.account(user.id), !account.isDisabled,
                let yes = try state.yes(to: pending, approval, of: user, client, now: now)
            else { return nil }
            let grant = LaunchGrant(
                id: Hex.encode(state.random.bytes(16)),
                client: client.id,
                clientDigest: client.digest,
                user: user.id,
                accountDigest: account.digest,
                acting: yes.acting,
                scopes: pending.launch.scopes,
                words: pending.launch.words,
                purposes: [yes.purpose],
                patient: yes.patient,
                consent: yes.consent,
                consentDigest: yes.consentDigest,
                start: now,
                end: yes.end,
                idle: yes.consent == nil ? LaunchGrant.idleWithoutConsent : 0
            )
            let code = Base64URL.encode(state.random.bytes(32))
            try state.write(approvalOf: grant, by: actor, approval.context)
            mutable.launches.keep(
                LaunchDesk.Code(
                    grant: grant,
                    redirect: pending.redirect,
                    challenge: pending.challenge,
                    end: now.advanced(by: LaunchDesk.codeLife)
                ),
                for: code
            )
            return code
        }
    }

    /// Takes a person's no, which is an entry too.
    ///
    /// - Parameters:
    ///   - id: The launch's id.
    ///   - caller: Who has signed in for it.
    ///   - context: Where the call came from.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func denyLaunch(_ id: String, by caller: Caller, context: CallContext) throws {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "approve-launch", "launch": .string(id)],
                state: state,
                allowsOperator: false
            )
            guard let pending = mutable.launches.pending(id, now: state.clock.now()) else { return }
            mutable.launches.end(id)
            var header = try state.header(.session, by: actor, context: context)
            header.action = "deny-launch"
            header.client = pending.client
            header.decision = .deny
            header.automated = .human
            try state.append(header)
            try state.commit()
        }
    }

    /// Names the patient whom a clinician has in view, for an app that is to be started there.
    ///
    /// - Parameters:
    ///   - patient: Whom; that there is no such patient shows in no answer.
    ///   - client: The app that is to be started.
    ///   - token: Of the clinician's own system.
    ///   - context: Where the call came from.
    /// - Returns: The value of `launch`, good once and for five minutes, for this clinician alone.
    /// - Throws: ``GuardError/notAuthenticated``, ``GuardError/notPermitted(action:)`` and others.
    public func launchContext(
        for patient: FHIRID,
        client: String,
        by token: String,
        context: CallContext
    ) throws -> String {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                .token(token),
                body: .null,
                state: state,
                allowsOperator: false
            )
            guard let user = actor.principal, user.requester.kind == .clinician,
                let facts = actor.token, facts.patient == nil || facts.patient == patient
            else { throw GuardError.notPermitted(action: "start an app") }
            let now = try state.entryTime()
            var header = try state.header(.session, by: actor, context: context)
            header.action = "launch-context"
            header.client = facts.client
            let part = try state.subject(state.ring.pseudonym(of: "Patient/\(patient.text)")).map {
                GuardState.Part(patient: $0.pseudonym, body: ["launch": .string(client)])
            }
            try state.append(header, parts: part.map { [$0] } ?? [])
            try state.commit()
            let text = Base64URL.encode(state.random.bytes(24))
            mutable.launches.keep(
                LaunchDesk.Context(
                    patient: patient,
                    client: client,
                    user: user.id,
                    end: now.advanced(by: LaunchDesk.contextLife)
                ),
                for: text
            )
            return text
        }
    }
}

extension LaunchGrant {
    /// Longest life of refresh tokens that no consent bounds: a working day.
    static let longestWithoutConsent: Duration = .seconds(8 * 3_600)
    /// And unused for so long they end.
    static let idleWithoutConsent: Int64 = 1_200
}

extension Principal {
    /// The reference or `SYS|VAL` by which a consent can name it.
    var consentKey: String? {
        requester.references.first ?? requester.identifiers.first.map(\.key)
    }
}

extension Client {
    /// What was registered: keys that are fetched may be rotated without ending what people agreed to.
    var digest: String {
        var registered = self
        if keyLocation != nil { registered.keys = [] }
        return Base64.encode(PlainDigest.sha256(registered.json.bytes))
    }

    /// What of a scope is registered for persons' apps: data, and the words of SMART that mean something here.
    func grantedToPerson(_ asked: String) -> (scopes: [ClientScope], words: [String]) {
        var scopes: [ClientScope] = []
        var words: [String] = []
        for word in asked.split(separator: " ").prefix(200) {
            if LaunchGrant.knownWords.contains(String(word)), !words.contains(String(word)) {
                words.append(String(word))
            }
            guard let wanted = ClientScope(word), wanted.context != .system else { continue }
            for own in self.scopes {
                if let narrowed = wanted.narrowed(to: own), !scopes.contains(narrowed) {
                    scopes.append(narrowed)
                }
            }
        }
        return (scopes, words)
    }
}

extension LaunchGrant {
    static let knownWords: Set<String> = [
        "launch", "launch/patient", "offline_access", "online_access",
    ]
}

extension GuardState {
    /// What a person's yes comes to.
    fileprivate struct Yes {
        var acting: PrincipalID
        var purpose: String
        var patient: FHIRID?
        var consent: RecordID?
        var consentDigest = ""
        var end: Instant
    }

    /// `nil` where this person cannot say yes to that.
    fileprivate func yes(
        to pending: LaunchDesk.Pending,
        _ approval: LaunchApproval,
        of user: Principal,
        _ client: Client,
        now: Instant
    ) throws -> Yes? {
        let launch = pending.launch
        let purpose: String
        switch user.requester.kind {
        case .patient: purpose = "PATRQT"
        case .clinician: purpose = "TREAT"
        case .family: purpose = "FAMRQT"
        default: return nil
        }
        guard client.purposes.contains(purpose) else { return nil }
        guard user.requester.kind == .patient else {
            let patient = launch.patient ?? approval.patient
            let needsPatient =
                launch.words.contains("launch/patient")
                || launch.scopes.contains { $0.context == .patient }
            guard patient != nil || !needsPatient else { return nil }
            return Yes(
                acting: user.id,
                purpose: purpose,
                patient: patient,
                end: now.advanced(by: LaunchGrant.longestWithoutConsent)
            )
        }
        guard let own = user.ownPatient, launch.patient == nil || launch.patient == own,
            let id = approval.consent
        else { return nil }
        let consent = RecordID(type: "Consent", id: id)
        guard
            let digest = try digest(
                ofConsent: consent,
                of: own,
                naming: launch.recipientKey,
                now: now
            )
        else { return nil }
        return Yes(
            acting: client.principal,
            purpose: purpose,
            patient: own,
            consent: consent,
            consentDigest: digest,
            // The consent's own end is looked at when tokens are asked for.
            end: now.advanced(by: .seconds(Int64(launch.days) * 86_400))
        )
    }

    /// Hash of what a Consent of a patient says; `nil` where there is none in force that permits this recipient
    /// anything.
    func digest(
        ofConsent consent: RecordID,
        of patient: FHIRID,
        naming recipient: String?,
        now: Instant
    ) throws -> String? {
        guard let subject = try subject(ring.pseudonym(of: "Patient/\(patient.text)")),
            let entry = subject.facts.facts.entry(of: consent),
            let source = entry.facts.lazy.filter({ $0.kind == .consent }).compactMap(\.source).first
        else { return nil }
        let directive = ConsentDirective(text: source, fallbackID: consent.description)
        guard directive.isInForce(at: now), !directive.isMalformed,
            recipient == nil
                || directive.provisions.contains(where: { rule in
                    rule.kind == .permit
                        && (rule.actors ?? []).contains { $0.key == recipient }
                })
        else { return nil }
        return Base64.encode(PlainDigest.sha256(entry.encoded.bytes))
    }

    fileprivate func write(
        approvalOf grant: LaunchGrant,
        by actor: Actor,
        _ context: CallContext
    ) throws {
        var header = try header(.session, by: actor, context: context)
        header.action = "approve-launch"
        header.client = grant.client
        header.purpose = grant.purposes
        header.scopeAsked = .string(grant.scope)
        header.decision = .permit
        header.automated = .human
        header.consent = grant.consent.map { [.init(id: $0.description, version: "newest")] } ?? []
        let part = try grant.patient.flatMap {
            try subject(ring.pseudonym(of: "Patient/\($0.text)"))
        }
        try append(
            header,
            parts: part.map {
                [Part(patient: $0.pseudonym, body: ["launch": .string(grant.client)])]
            } ?? []
        )
        try commit()
    }
}
