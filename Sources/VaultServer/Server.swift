internal import Dispatch
internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Synchronization
public import Vault
public import VaultCore

/// Answers FHIR and SMART requests from a vault.
///
/// One request: route, token, scope, then a lease of the Guard for each patient concerned, the answer from
/// what the lease holds, a durable entry of what it carries, and only then the reply.
public final class Server: HTTPService {
    /// What a deployment chooses.
    public struct Options: Sendable {
        /// Where clients reach the server, without a slash at the end: `https://vault.example`.
        public var origin: String
        /// Most bytes of opened records kept for clients' next requests.
        public var leaseByteLimit = 64 << 20
        /// Words of the pages on which people sign in; without any, no app is started in a browser.
        public var pages: [PageWords] = []
        /// How the log's witnesses stand, for `/metrics`; empty where the Guard is another process.
        public var witnesses: @Sendable () -> [WitnessGauge] = { [] }

        /// Takes an origin.
        ///
        /// - Parameter origin: Scheme, host and port.
        public init(origin: String) { self.origin = origin }
    }

    let vault: VaultService
    let options: Options
    let clock: any TimeSource
    let random: any RandomSource
    let leases: LeaseCache
    let tokens = TokenCache()
    let cursors: CursorStore
    let metrics = Metrics()
    let attempts = AttemptLimiter()
    let evening = Evening()
    /// Of pages: to look at a password takes many times what a request takes.
    let pageEvening = Evening()
    let launches = VisitStore<LaunchErrand>()
    /// Browsers of persons who look at the apps that they let in.
    let appVisits = VisitStore<Void>()
    let exports = ExportJobs()
    let imports = ImportJobs()
    /// One import at a time is stored.
    let importQueue = DispatchQueue(label: "patientvault.import")
    /// One export at a time finds out what it will carry.
    let exportQueue = DispatchQueue(label: "patientvault.export")
    /// Requests that wait for a disk.
    let worker = DispatchQueue(label: "patientvault.worker", attributes: .concurrent)
    /// Wakes whoever tells subscribers, after something was stored.
    let subscriptionSignal = DispatchSemaphore(value: 0)
    /// When consents were last looked at that may have ended by their dates.
    let consentsChecked = Mutex<Instant?>(nil)
    private let originNow: Mutex<String>

    /// Puts a server together; it answers as soon as it is asked.
    ///
    /// - Parameters:
    ///   - vault: Unsealed.
    ///   - options: What the deployment chooses.
    ///   - clock: Where the time comes from.
    ///   - random: For ids and cursors.
    public init(
        vault: VaultService,
        options: Options,
        clock: any TimeSource,
        random: any RandomSource
    ) {
        self.vault = vault
        self.options = options
        self.clock = clock
        self.random = random
        leases = LeaseCache(byteLimit: options.leaseByteLimit)
        cursors = CursorStore(random: random)
        originNow = Mutex(options.origin)
        Task.detached { [weak self] in
            while true {
                try? await Task.sleep(for: Self.sweepInterval)
                guard let self else { return }
                self.leases.forgetEnded(now: self.clock.now())
            }
        }
    }

    /// How long after its end a lease that nobody comes back to may lie in memory.
    private static let sweepInterval: Duration = .seconds(5)

    /// Scheme, host and port of links.
    public var origin: String { originNow.withLock { $0 } }

    /// Sets the origin once the port is known.
    ///
    /// - Parameter origin: Scheme, host and port.
    public func serve(at origin: String) { originNow.withLock { $0 = origin } }

    /// The FHIR base URL.
    var base: String { "\(origin)/\(Route.base)" }

    /// Answers one request; every failure is an OperationOutcome.
    ///
    /// - Parameter call: The request.
    /// - Returns: The reply.
    public func reply(to call: HTTPCall) async -> HTTPReply {
        let start = ContinuousClock.now
        if let match = openRead(call) { return await heldReply(to: call, match, since: start) }
        return await onWorker { self.reply(to: call, since: start) }
    }

    /// On a thread that may wait for a disk.
    func reply(to call: HTTPCall, since start: ContinuousClock.Instant) -> HTTPReply {
        let (interaction, reply) = answer(call)
        return finish(reply, of: interaction, call, since: start)
    }

    func finish(
        _ reply: HTTPReply,
        of interaction: Interaction?,
        _ call: HTTPCall,
        since start: ContinuousClock.Instant
    ) -> HTTPReply {
        var reply = reply
        if call.query.contains("_pretty=true"), reply.isFHIR {
            reply.body = IndentedJSON.bytes(of: reply.body)
        }
        metrics.count(interaction, status: reply.status, took: ContinuousClock.now - start)
        if interaction?.isPublic == false, Evening.isDue(reply) {
            evening.wait(from: start, random: random)
        }
        return reply
    }

    /// Answers a request that the listener refused.
    ///
    /// - Parameters:
    ///   - call: The request without its body.
    ///   - refusal: Why.
    /// - Returns: The reply.
    public func reply(to call: HTTPCall, refusedBy refusal: HTTPRefusal) -> HTTPReply {
        let problem =
            switch refusal {
            case .bodyTooLarge: Problem(413, "too-long", "the body is longer than is taken here")
            case .busy: Problem.busy
            case .bodyIncomplete: Problem(408, "timeout", "the body did not arrive whole")
            }
        metrics.count(nil, status: problem.status, took: .zero)
        return problem.reply
    }

    private func answer(_ call: HTTPCall) -> (Interaction?, HTTPReply) {
        switch RouteMatch.find(method: call.method, path: call.path) {
        case .unknown:
            return (nil, Problem(404, "not-found", "there is nothing at this address").reply)
        case .otherMethods(let methods):
            var problem = Problem.methodNotKnown
            problem.headers = [("Allow", methods.joined(separator: ", "))]
            return (nil, problem.reply)
        case .found(let match):
            return (match.route.interaction, reply(to: call, match))
        }
    }

    func reply(to call: HTTPCall, _ match: RouteMatch) -> HTTPReply {
        do { return try answer(call, match) } catch { return Problem(error).reply }
    }

    /// Answers a request whose route is known.
    func answer(_ call: HTTPCall, _ match: RouteMatch) throws -> HTTPReply {
        guard match.route.interaction.isPublic else {
            let requester = try requester(of: call)
            let work = FHIRCall(call, match, requester: requester, server: self)
            try work.checkMediaTypes()
            return try work.reply()
        }
        switch match.route.interaction {
        case .health: return plain(200, "ok")
        case .ready:
            // A sealed Guard, or one that has stopped, tells no time.
            _ = try vault.guard.incidentTime()
            return plain(200, "ready")
        case .metrics:
            return plain(200, metrics.text(leases: leases.count, witnesses: options.witnesses()))
        case .openAPI: return json(200, OpenAPI(base: base).document)
        case .capabilities:
            try Self.checkAccept(call)
            let statement = CapabilityStatement(base: base, origin: origin, hasPages: hasPages)
            return fhir(200, statement.json.bytes)
        case .smartConfiguration:
            return json(200, SMARTConfiguration(origin: origin, hasPages: hasPages).json)
        case .token, .introspect, .revoke:
            return TokenEndpoint(server: self).reply(to: call, match.route.interaction)
        case .authorize, .signIn, .decide:
            return LaunchEndpoint(server: self).reply(to: call, match.route.interaction)
        case .apps, .appsSignIn, .appsWithdraw, .appsSignOut:
            return AppsEndpoint(server: self).reply(to: call, match.route.interaction)
        default: throw Problem.notFound
        }
    }

    /// Whether people can sign in here.
    var hasPages: Bool { !options.pages.isEmpty }

    // MARK: Who asks

    /// The token of a call and how it is shown, if it has one that could be ours.
    static func shown(by call: HTTPCall) -> (scheme: TokenScheme, token: String?)? {
        guard let header = call.header("authorization"),
            let space = header.firstIndex(of: " "),
            let scheme = TokenScheme(rawValue: header[..<space].lowercased())
        else { return nil }
        let token = header[space...].drop { $0 == " " }
        guard !token.isEmpty, token.utf8.count <= CompactToken.maximumByteCount else {
            return (scheme, nil)
        }
        return (scheme, String(token))
    }

    /// The token of a call that needs no proof beside it.
    static func token(of call: HTTPCall) -> String? {
        shown(by: call).flatMap { $0.scheme == .bearer ? $0.token : nil }
    }

    static func emergency(of call: HTTPCall) -> BreakGlass? {
        call.header("x-break-glass").map {
            BreakGlass(reason: $0, note: call.header("x-break-glass-note"))
        }
    }

    private func requester(of call: HTTPCall) throws -> Requester {
        guard let (scheme, shown) = Self.shown(by: call) else { throw Problem.unauthorized }
        guard let token = shown,
            let facts = try tokens.facts(of: token, now: clock.now(), else: vault.guard.tokenFacts),
            // A bound token is good with a proof for this request alone, a proof with a bound token alone.
            try isPossessed(token, facts, scheme, call)
        else { throw scheme.refusal }
        return Requester(
            token: token,
            facts: facts,
            emergency: Self.emergency(of: call),
            context: context(of: call, client: facts.client)
        )
    }

    private func isPossessed(
        _ token: String,
        _ facts: TokenFacts,
        _ scheme: TokenScheme,
        _ call: HTTPCall
    ) throws -> Bool {
        guard facts.thumbprint != nil else { return scheme == .bearer }
        guard scheme == .dpop, let text = call.header("dpop") else { return false }
        let proof = PossessionProof(text, method: call.method, url: "\(origin)\(call.path)")
        return try vault.guard.proves(proof, possessionOf: token)
    }

    /// Where a call comes from, as the log states it.
    func context(of call: HTTPCall, client: String?) -> CallContext {
        CallContext(
            sourceAddress: call.remoteAddress,
            client: client,
            recordServer: "fhir",
            automation: .unknown
        )
    }

    // MARK: Replies

    func plain(_ status: Int, _ text: String) -> HTTPReply {
        HTTPReply(
            status: status,
            headers: [
                ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"),
            ],
            body: Array("\(text)\n".utf8)
        )
    }

    func json(_ status: Int, _ value: JSONValue) -> HTTPReply {
        HTTPReply(
            status: status,
            headers: [("Content-Type", MediaType.json), ("Cache-Control", "no-store")],
            body: value.bytes
        )
    }

    func fhir(_ status: Int, _ body: [UInt8]) -> HTTPReply {
        HTTPReply(
            status: status,
            headers: [("Content-Type", MediaType.fhir), ("Cache-Control", "no-store")],
            body: body
        )
    }

    /// Refuses a client that takes no FHIR JSON.
    static func checkAccept(_ call: HTTPCall) throws {
        let pairs = FormText.pairs(call.query) ?? []
        if let format = pairs.first(where: { $0.name == "_format" })?.value {
            guard ["json", MediaType.json, MediaType.fhir].contains(MediaType.bare(format)) else {
                throw Problem.notAcceptable
            }
            return
        }
        guard let accept = call.header("accept") else { return }
        let taken = accept.split(separator: ",").map { MediaType.bare(String($0)) }
        guard
            taken.contains(where: {
                ["*/*", "application/*", MediaType.json, MediaType.fhir].contains($0)
            }) || taken.isEmpty
        else { throw Problem.notAcceptable }
    }
}

extension HTTPReply {
    /// Whether its body is a FHIR resource in JSON.
    fileprivate var isFHIR: Bool {
        !body.isEmpty
            && headers.contains { $0.name == "Content-Type" && $0.value == MediaType.fhir }
    }
}
