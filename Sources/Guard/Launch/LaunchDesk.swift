internal import Sealing
internal import VaultCore

/// What a person's yes is worth: all that tokens are made of.
struct LaunchGrant: Hashable {
    /// Names the grant and its refresh tokens; 32 hexadecimal digits.
    let id: String
    let client: String
    /// The client's registration and the person's account as they were: where they change, the grant ends.
    let clientDigest: String
    let user: PrincipalID
    let accountDigest: String
    /// In whose name the app asks: who runs it, under a patient's consent; else the person.
    let acting: PrincipalID
    let scopes: [ClientScope]
    let words: [String]
    let purposes: [String]
    let patient: FHIRID?
    let consent: RecordID?
    /// Hash of what the consent said; where it says something else, the grant ends.
    let consentDigest: String
    /// When the person said yes.
    let start: Instant
    let end: Instant
    /// Unused for so long, in seconds, a refresh token has ended; 0 for no such limit.
    let idle: Int64
    /// The key that refresh tokens are bound to; a client that proves itself otherwise needs none.
    var thumbprint: String?

    var scope: String { (scopes.map(\.description) + words).joined(separator: " ") }

    var json: JSONValue {
        [
            "thumbprint": thumbprint.map { .string($0) } ?? .null,
            "id": .string(id), "client": .string(client), "clientDigest": .string(clientDigest),
            "user": .string(user.text), "accountDigest": .string(accountDigest),
            "acting": .string(acting.text), "scopes": .strings(scopes.map(\.description)),
            "words": .strings(words), "purposes": .strings(purposes),
            "patient": patient.map { .string($0.text) } ?? .null,
            "consent": consent.map { .string($0.description) } ?? .null,
            "consentDigest": .string(consentDigest), "start": .int(start.microseconds),
            "end": .int(end.microseconds), "idle": .int(idle),
        ]
    }

    init(json: JSONValue) throws(GuardError) {
        guard let id = json["id"]?.string, let client = json["client"]?.string,
            let clientDigest = json["clientDigest"]?.string,
            let user = json["user"]?.string.flatMap({ PrincipalID($0) }),
            let accountDigest = json["accountDigest"]?.string,
            let acting = json["acting"]?.string.flatMap({ PrincipalID($0) }),
            let scopes = json["scopes"]?.stringArray, let words = json["words"]?.stringArray,
            let purposes = json["purposes"]?.stringArray,
            let consentDigest = json["consentDigest"]?.string, let start = json["start"]?.int,
            let end = json["end"]?.int, let idle = json["idle"]?.int
        else { throw .damagedState }
        self.init(
            id: id,
            client: client,
            clientDigest: clientDigest,
            user: user,
            accountDigest: accountDigest,
            acting: acting,
            scopes: scopes.compactMap { ClientScope($0) },
            words: words,
            purposes: purposes,
            patient: json["patient"]?.string.flatMap { FHIRID($0) },
            consent: json["consent"]?.string.flatMap { RecordID($0) },
            consentDigest: consentDigest,
            start: Instant(microseconds: start),
            end: Instant(microseconds: end),
            idle: idle
        )
        thumbprint = json["thumbprint"]?.string
    }

    init(
        id: String,
        client: String,
        clientDigest: String,
        user: PrincipalID,
        accountDigest: String,
        acting: PrincipalID,
        scopes: [ClientScope],
        words: [String],
        purposes: [String],
        patient: FHIRID?,
        consent: RecordID?,
        consentDigest: String,
        start: Instant,
        end: Instant,
        idle: Int64
    ) {
        self.id = id
        self.client = client
        self.clientDigest = clientDigest
        self.user = user
        self.accountDigest = accountDigest
        self.acting = acting
        self.scopes = scopes
        self.words = words
        self.purposes = purposes
        self.patient = patient
        self.consent = consent
        self.consentDigest = consentDigest
        self.start = start
        self.end = end
        self.idle = idle
    }
}

/// Launches that somebody is deciding about, and codes that wait for their app; in memory alone, for minutes.
struct LaunchDesk {
    /// A launch before the person's answer.
    struct Pending {
        let launch: Launch
        let client: String
        let clientDigest: String
        let redirect: String
        let challenge: String
        /// Who alone may answer, where the clinician's system has said so.
        let user: PrincipalID?
        let end: Instant
    }

    /// A code before its app has come.
    struct Code {
        let grant: LaunchGrant
        let redirect: String
        let challenge: String
        let end: Instant
    }

    /// A patient that a clinician's system has in view.
    struct Context {
        let patient: FHIRID
        let client: String
        let user: PrincipalID
        let end: Instant
    }

    static let launchLife: Duration = .seconds(600)
    static let codeLife: Duration = .seconds(60)
    static let contextLife: Duration = .seconds(300)
    /// For so long a code that comes again ends what it gave.
    private static let replayLife: Duration = .seconds(3_600)

    private var pending: ExpiringTable<String, Pending>
    private var codes: ExpiringTable<String, Code>
    /// Grants by the codes that gave them; each was somebody's yes, so that no flood of strangers fills this.
    private var spent = ExpiringTable<String, String>()
    private var contexts: ExpiringTable<String, Context>

    /// Makes an empty desk.
    ///
    /// - Parameter limit: Most launches, codes and contexts that wait at once. One more makes the oldest give way: to
    ///   refuse the new one would let a flood of arrivals keep everybody out.
    init(limit: Int = 10_000) {
        pending = ExpiringTable(limit: limit)
        codes = ExpiringTable(limit: limit)
        contexts = ExpiringTable(limit: limit)
    }

    mutating func begin(_ launch: Pending) {
        pending.set(launch, for: launch.launch.id, until: launch.end)
    }

    func pending(_ id: String, now: Instant) -> Pending? {
        pending[id].flatMap { $0.end > now ? $0 : nil }
    }

    mutating func end(_ id: String) { pending.remove(id) }

    mutating func keep(_ code: Code, for text: String) {
        codes.set(code, for: Self.name(text), until: code.end)
    }

    /// How a code that came is to be taken.
    enum Taken {
        case good(Code)
        /// It was used before; the grant it gave.
        case replayed(String)
        case unknown
    }

    /// Takes a code out: whatever comes of it, it is not taken again.
    mutating func take(_ text: String, now: Instant) -> Taken {
        let name = Self.name(text)
        spent.forgetEnded(by: now)
        if let grant = spent[name] { return .replayed(grant) }
        guard let code = codes.remove(name), code.end > now else { return .unknown }
        spent.set(code.grant.id, for: name, until: now.advanced(by: Self.replayLife))
        return .good(code)
    }

    mutating func keep(_ context: Context, for text: String) {
        contexts.set(context, for: Self.name(text), until: context.end)
    }

    /// A launch context counts once.
    mutating func takeContext(_ text: String, now: Instant) -> Context? {
        contexts.remove(Self.name(text)).flatMap { $0.end > now ? $0 : nil }
    }

    private static func name(_ text: String) -> String {
        Hex.encode(PlainDigest.sha256(Array(text.utf8)))
    }
}
