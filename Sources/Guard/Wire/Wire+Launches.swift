internal import Consent
public import VaultCore

/// Persons' apps, as messages.
extension GuardDispatch {
    static func answerLaunches(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .beginLaunch: out.put(try service.beginLaunch(try wire.last()))
        case .approveLaunch:
            let approval: LaunchApproval = try wire.take()
            out.put(try service.approveLaunch(approval, by: try wire.last()))
        case .denyLaunch:
            let (id, caller): (String, Caller) = (try wire.take(), try wire.take())
            try service.denyLaunch(id, by: caller, context: try wire.last())
        case .launchContext:
            let (patient, client): (FHIRID, String) = (try wire.take(), try wire.take())
            let token: String = try wire.take()
            out.put(
                try service.launchContext(
                    for: patient,
                    client: client,
                    by: token,
                    context: try wire.last()
                )
            )
        case .exchangeCode: out.put(try service.exchangeCode(try wire.last()))
        case .refresh: out.put(try service.refresh(try wire.last()))
        case .revoke:
            let (token, proof): (String, ClientProof) = (try wire.take(), try wire.take())
            out.put(try service.revoke(token, by: proof, context: try wire.last()))
        case .refreshFacts:
            let token: String = try wire.take()
            out.put(try service.refreshFacts(token, of: try wire.last()))
        default: throw WireError()
        }
    }
}

extension RemoteGuard {
    /// Looks at an app's wish before anybody signs in.
    public func beginLaunch(_ request: LaunchRequest) throws -> LaunchOutcome {
        try call(.beginLaunch, request)
    }

    /// Takes a person's yes and gives a code for the app.
    public func approveLaunch(
        _ approval: LaunchApproval,
        by caller: Caller
    ) throws -> String? {
        try call(.approveLaunch, approval, caller)
    }

    /// Takes a person's no.
    public func denyLaunch(_ id: String, by caller: Caller, context: CallContext) throws {
        try run(.denyLaunch, id, caller, context)
    }

    /// Names the patient whom a clinician has in view, for an app that is to be started there.
    public func launchContext(
        for patient: FHIRID,
        client: String,
        by token: String,
        context: CallContext
    ) throws -> String {
        try call(.launchContext, patient, client, token, context)
    }

    /// Gives an app tokens for its code.
    public func exchangeCode(_ request: CodeExchange) throws -> LaunchTokenOutcome {
        try call(.exchangeCode, request)
    }

    /// Gives an app new tokens for its refresh token.
    public func refresh(_ request: RefreshExchange) throws -> LaunchTokenOutcome {
        try call(.refresh, request)
    }

    /// Ends a token of either kind; whether the client is who it says.
    public func revoke(
        _ token: String,
        by proof: ClientProof,
        context: CallContext
    ) throws -> Bool {
        try call(.revoke, token, proof, context)
    }

    /// What a refresh token is good for, for its own client.
    public func refreshFacts(_ token: String, of client: String) throws -> RefreshFacts? {
        try call(.refreshFacts, token, client)
    }
}

extension LaunchError: WireText {}

extension LaunchRequest: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(client)
        out.put(redirect)
        out.put(responseType)
        out.put(scope)
        out.put(audience)
        out.put(base)
        out.put(challenge)
        out.put(challengeMethod)
        out.put(launch)
    }

    init(_ wire: inout WireReader) throws {
        self.init()
        client = try wire.take()
        redirect = try wire.take()
        responseType = try wire.take()
        scope = try wire.take()
        audience = try wire.take()
        base = try wire.take()
        challenge = try wire.take()
        challengeMethod = try wire.take()
        launch = try wire.take()
    }
}

extension Launch: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(app)
        out.put(recipient)
        out.put(recipientKey)
        out.put(scopes)
        out.put(words)
        out.put(purposes)
        out.put(days)
        out.put(patient)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            id: try wire.take(),
            app: try wire.take(),
            recipient: try wire.take(),
            recipientKey: try wire.take(),
            scopes: try wire.take(),
            words: try wire.take(),
            purposes: try wire.take(),
            days: try wire.take(),
            patient: try wire.take()
        )
    }
}

extension LaunchOutcome: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .refused: out.integer(UInt8(0))
        case .begun(let launch):
            out.integer(UInt8(1))
            out.put(launch)
        case .returned(let error):
            out.integer(UInt8(2))
            out.put(error)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .refused
        case 1: self = .begun(try wire.take())
        case 2: self = .returned(try wire.take())
        default: throw WireError()
        }
    }
}

extension LaunchApproval: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(launch)
        out.put(patient)
        out.put(consent)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            launch: try wire.take(),
            patient: try wire.take(),
            consent: try wire.take(),
            context: try wire.take()
        )
    }
}

extension ClientProof: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .assertion(let text, let audience):
            out.integer(UInt8(0))
            out.put(text)
            out.put(audience)
        case .name(let id):
            out.integer(UInt8(1))
            out.put(id)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .assertion(try wire.take(), audience: try wire.take())
        case 1: self = .name(try wire.take())
        default: throw WireError()
        }
    }
}

extension CodeExchange: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(code)
        out.put(redirect)
        out.put(verifier)
        out.put(proof)
        out.put(context)
        out.put(possession)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            code: try wire.take(),
            redirect: try wire.take(),
            verifier: try wire.take(),
            proof: try wire.take(),
            context: try wire.take()
        )
        possession = try wire.take()
    }
}

extension RefreshExchange: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(token)
        out.put(scope)
        out.put(proof)
        out.put(context)
        out.put(possession)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            token: try wire.take(),
            scope: try wire.take(),
            proof: try wire.take(),
            context: try wire.take()
        )
        possession = try wire.take()
    }
}

extension LaunchTokenOutcome: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .refused(let refusal):
            out.integer(UInt8(0))
            out.put(refusal)
        case .issued(let tokens):
            out.integer(UInt8(1))
            out.put(tokens.access)
            out.put(tokens.facts)
            out.put(tokens.scope)
            out.put(tokens.refresh)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .refused(try wire.take())
        case 1:
            self = .issued(
                LaunchTokens(
                    access: try wire.take(),
                    facts: try wire.take(),
                    scope: try wire.take(),
                    refresh: try wire.take()
                )
            )
        default: throw WireError()
        }
    }
}

extension RefreshFacts: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(scope)
        out.put(user)
        out.put(patient)
        out.put(end)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            scope: try wire.take(),
            user: try wire.take(),
            patient: try wire.take(),
            end: try wire.take()
        )
    }
}
