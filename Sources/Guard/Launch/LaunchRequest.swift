public import VaultCore

/// A browser's arrival with an app's wish, as the query gave it.
///
/// Source: SMART App Launch 2.2, `launch/patient` and `launch`; RFC 6749 section 4.1.1; RFC 7636.
public struct LaunchRequest: Sendable {
    /// `client_id`.
    public var client = ""
    /// `redirect_uri`.
    public var redirect = ""
    /// `response_type`.
    public var responseType = ""
    /// `scope`.
    public var scope = ""
    /// `aud`: for which FHIR server the token shall be.
    public var audience = ""
    /// The FHIR base that this server has.
    public var base = ""
    /// `code_challenge`.
    public var challenge = ""
    /// `code_challenge_method`.
    public var challengeMethod = ""
    /// `launch`: a context that the clinician's system has made.
    public var launch: String?

    /// Nothing is asked for yet.
    public init() {}
}

/// How a browser's arrival is answered.
public enum LaunchOutcome: Sendable {
    /// Client and redirect are in order; a person may sign in now.
    case begun(Launch)
    /// They are in order, the rest is not: the app is told.
    case returned(LaunchError)
    /// They are not: nobody is sent anywhere.
    case refused
}

/// What an app is told in the redirect.
///
/// Source: RFC 6749 section 4.1.2.1.
public enum LaunchError: String, Sendable, Hashable, CaseIterable {
    /// Something is missing, twice or not as it must be.
    case invalidRequest = "invalid_request"
    /// Not a `code`.
    case unsupportedResponseType = "unsupported_response_type"
    /// Nothing that was asked for is registered for this client.
    case invalidScope = "invalid_scope"
    /// The person said no, or may not say yes.
    case accessDenied = "access_denied"
}

/// One person's decision about one app, while it is being made.
public struct Launch: Sendable, Hashable {
    /// 32 hexadecimal digits that nobody guesses; ends after 10 minutes.
    public let id: String
    /// The app's name.
    public let app: String
    /// Who runs the app, by name.
    public let recipient: String
    /// The reference or `SYS|VAL` by which a consent names who runs it.
    public let recipientKey: String
    /// What was asked for and is registered.
    public let scopes: [ClientScope]
    /// The other words of the scope, such as `launch/patient` and `offline_access`.
    public let words: [String]
    /// Purposes that the client is registered for.
    public let purposes: [String]
    /// Most days that a consent lasts.
    public let days: Int
    /// The patient whom the clinician's system has named.
    public let patient: FHIRID?

    /// Whether the app asked to be let in again without the person.
    public var mayReturn: Bool {
        words.contains("offline_access") || words.contains("online_access")
    }
}

/// A person's yes to an app.
public struct LaunchApproval: Sendable {
    /// The launch's id.
    public var launch: String
    /// For whom a clinician or relative lets the app in; a patient's own record needs none.
    public var patient: FHIRID?
    /// The patient's Consent, which stands in the vault already.
    public var consent: FHIRID?
    /// Where the call came from.
    public var context: CallContext

    /// Collects a yes.
    ///
    /// - Parameters:
    ///   - launch: The launch's id.
    ///   - patient: For whom.
    ///   - consent: The patient's Consent.
    ///   - context: Where the call came from.
    public init(
        launch: String,
        patient: FHIRID? = nil,
        consent: FHIRID? = nil,
        context: CallContext
    ) {
        self.launch = launch
        self.patient = patient
        self.consent = consent
        self.context = context
    }
}

/// How a client proves who it is at the token endpoint.
public enum ClientProof: Sendable, Hashable {
    /// A confidential client, by a JWT that it signed for exactly this audience.
    case assertion(String, audience: String)
    /// A public client, which has no secret: only says who it is, and proves its code by PKCE.
    case name(String)
}

/// A code, to be exchanged for tokens.
public struct CodeExchange: Sendable {
    /// The code as the redirect carried it.
    public var code: String
    /// The redirect that carried it.
    public var redirect: String
    /// The verifier whose hash was the challenge.
    public var verifier: String
    /// Who asks.
    public var proof: ClientProof
    /// Proof of the key that the tokens are to be bound to.
    public var possession: PossessionProof?
    /// Where the call came from.
    public var context: CallContext

    /// Collects an exchange's parts.
    ///
    /// - Parameters:
    ///   - code: The code.
    ///   - redirect: The redirect that carried it.
    ///   - verifier: The verifier whose hash was the challenge.
    ///   - proof: Who asks.
    ///   - context: Where the call came from.
    public init(
        code: String,
        redirect: String,
        verifier: String,
        proof: ClientProof,
        context: CallContext
    ) {
        self.code = code
        self.redirect = redirect
        self.verifier = verifier
        self.proof = proof
        self.context = context
    }
}

/// A refresh token, to be exchanged for new tokens.
public struct RefreshExchange: Sendable {
    /// As the client got it last.
    public var token: String
    /// Fewer scopes than before; `nil` for the same.
    public var scope: String?
    /// Who asks.
    public var proof: ClientProof
    /// Proof of the key that the tokens are, or are to be, bound to.
    public var possession: PossessionProof?
    /// Where the call came from.
    public var context: CallContext

    /// Collects an exchange's parts.
    ///
    /// - Parameters:
    ///   - token: As the client got it last.
    ///   - scope: Fewer scopes than before.
    ///   - proof: Who asks.
    ///   - context: Where the call came from.
    public init(token: String, scope: String?, proof: ClientProof, context: CallContext) {
        self.token = token
        self.scope = scope
        self.proof = proof
        self.context = context
    }
}

/// Tokens of a person's app.
public struct LaunchTokens: Sendable {
    /// The access token.
    public let access: String
    /// What it says.
    public let facts: TokenFacts
    /// Everything that was granted, as `scope` carries it.
    public let scope: String
    /// The next refresh token, where the app may return.
    public let refresh: String?
}

/// How an exchange ended.
public enum LaunchTokenOutcome: Sendable {
    /// With tokens.
    case issued(LaunchTokens)
    /// Without.
    case refused(TokenRefusal)
}
