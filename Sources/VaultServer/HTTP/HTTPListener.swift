internal import Dispatch
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// A TCP port that hands whole requests to a service and ends gracefully on SIGTERM or SIGINT.
///
/// The only type that knows the network; swift-nio reads and writes, worker threads run the service.
public struct HTTPListener: Sendable {
    /// Where to listen, and how much to take.
    public struct Options: Sendable {
        /// Address to bind; plain HTTP only on a loopback address.
        public var host = "127.0.0.1"
        /// Port; 0 for any that is free.
        public var port = 8443
        /// PEM text of certificate chain and private key; `nil` for plain HTTP.
        public var tls: (certificates: String, privateKey: String)?
        /// Most bytes of a request's body.
        public var maximumBodyByteCount = 16 << 20
        /// Most bytes of all header fields together.
        public var maximumHeaderByteCount = 32 << 10
        /// Most requests in progress; more are answered as busy.
        public var maximumRequestsInProgress = 256
        /// A connection on which nothing moves for so long is closed.
        public var idleTimeout: Duration = .seconds(30)
        /// Time a body may take.
        public var bodyTimeout: Duration = .seconds(30)
        /// Time that requests in progress get when the listener stops.
        public var graceful: Duration = .seconds(15)

        /// Loopback, plain, with the standard limits.
        public init() {}

        /// Whether the address is this machine's own.
        var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
    }

    private let options: Options
    private let service: any HTTPService

    /// Prepares a listener.
    ///
    /// - Parameters:
    ///   - service: Answers the requests.
    ///   - options: Where to listen, and how much to take.
    /// - Throws: ``ServerError/plainHTTPNotLoopback``.
    public init(_ service: any HTTPService, options: Options) throws(ServerError) {
        guard options.tls != nil || options.isLoopback else { throw .plainHTTPNotLoopback }
        self.options = options
        self.service = service
    }

    /// Listens until a signal or a cancelled task ends it; requests in progress are finished first.
    ///
    /// - Parameter onStart: Told the port once connections are accepted.
    /// - Throws: ``ServerError/badCertificate``, ``ServerError/cannotListen``.
    public func run(onStart: @escaping @Sendable (Int) -> Void) async throws {
        let logger = Logger(label: "patientvault", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = Application(
            responder: ServiceResponder(service: service, options: options),
            server: try serverBuilder(),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                serverName: nil
            ),
            onServerRunning: { onStart($0.localAddress?.port ?? 0) },
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(
            services: [application],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = options.graceful
        configuration.maximumCancellationDuration = options.graceful + .seconds(15)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is IOError {
            throw ServerError.cannotListen(port: options.port)
        }
    }

    private func serverBuilder() throws -> HTTPServerBuilder {
        let http1 = HTTP1Channel.Configuration(
            idleTimeout: .seconds(options.idleTimeout.components.seconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: options.maximumHeaderByteCount,
                maxHeaderListSize: options.maximumHeaderByteCount,
                maxHeaderFieldCount: 100
            )
        )
        guard let tls = options.tls else { return .http1(configuration: http1) }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(tls.certificates.utf8))
                    .map { .certificate($0) },
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(bytes: Array(tls.privateKey.utf8), format: .pem)
                )
            )
            configuration.minimumTLSVersion = .tlsv12
            // HTTP/2 where the client offers it. swift-nio-http2 keeps a connection to 100 streams and 16 KiB of header
            // fields, and ends it after 200 resets, errors or control frames in 30 seconds (CVE-2023-44487).
            return try .http2Upgrade(
                tlsConfiguration: configuration,
                configuration: HTTP2ChannelConfiguration(
                    idleTimeout: options.idleTimeout,
                    gracefulCloseTimeout: options.graceful,
                    maxAgeTimeout: nil,
                    streamConfiguration: http1
                )
            )
        } catch { throw ServerError.badCertificate }
    }
}

/// Context of one request: only who is at the other end.
private struct ConnectionContext: InitializableFromSource, RequestContext {
    typealias Source = ApplicationRequestContextSource
    var coreContext: CoreRequestContextStorage
    let remoteAddress: String?
    /// Whether other requests share the connection, which is not this one's to close: HTTP/2.
    let isMultiplexed: Bool

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
        // A stream's parent is its connection, whose parent is the listening socket.
        isMultiplexed = source.channel.parent?.parent != nil
    }
}

/// Reads a request whole, has the service answer it, and writes its reply.
private struct ServiceResponder: HTTPResponder {
    typealias Context = ConnectionContext
    let service: any HTTPService
    let options: HTTPListener.Options
    let inProgress = Counter()
    private let ids = RequestIDs()

    init(service: any HTTPService, options: HTTPListener.Options) {
        self.service = service
        self.options = options
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        var call = HTTPCall(request, id: ids.next(), remoteAddress: context.remoteAddress)
        defer { inProgress.leave() }
        guard inProgress.enter(below: options.maximumRequestsInProgress) else {
            return refuse(call, .busy, context)
        }
        if let length = call.header("content-length").flatMap({ Int($0) }),
            length > options.maximumBodyByteCount
        {
            return refuse(call, .bodyTooLarge, context)
        }
        switch await body(of: request) {
        case .success(let bytes): call.body = bytes
        case .failure(let refusal): return refuse(call, refusal.refusal, context)
        }
        return response(await service.reply(to: call), to: call)
    }

    private struct Refused: Error { var refusal: HTTPRefusal }

    private func body(of request: Request) async -> Result<[UInt8], Refused> {
        if request.head.method == .get || request.head.method == .head { return .success([]) }
        let limit = options.maximumBodyByteCount
        let timeout = options.bodyTimeout
        return await withTaskGroup(of: Result<[UInt8], Refused>.self) { group in
            group.addTask {
                var bytes: [UInt8] = []
                do {
                    for try await buffer in request.body {
                        guard bytes.count + buffer.readableBytes <= limit else {
                            return .failure(Refused(refusal: .bodyTooLarge))
                        }
                        bytes.append(contentsOf: buffer.readableBytesView)
                    }
                    return .success(bytes)
                } catch { return .failure(Refused(refusal: .bodyIncomplete)) }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(Refused(refusal: .bodyIncomplete))
            }
            let first = await group.next() ?? .failure(Refused(refusal: .bodyIncomplete))
            group.cancelAll()
            return first
        }
    }

    private func refuse(
        _ call: HTTPCall,
        _ refusal: HTTPRefusal,
        _ context: Context
    ) -> Response {
        var answer = response(service.reply(to: call, refusedBy: refusal), to: call)
        // What is left of the body is not worth reading; HTTP/2 knows no such field (RFC 9113 section 8.2.2).
        if !context.isMultiplexed { answer.headers[.connection] = "close" }
        return answer
    }

    private func response(_ reply: HTTPReply, to call: HTTPCall) -> Response {
        var fields = HTTPFields()
        for header in reply.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        if let name = HTTPField.Name("X-Request-Id") { fields[name] = call.id }
        let isHead = call.method == "HEAD"
        if isHead { fields[.contentLength] = String(reply.body.count) }
        return Response(
            status: HTTPResponse.Status(code: reply.status),
            headers: fields,
            body: isHead || reply.body.isEmpty
                ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
        )
    }
}

extension HTTPCall {
    fileprivate init(_ request: Request, id: String, remoteAddress: String?) {
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            id: id,
            method: request.head.method.rawValue,
            path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : "",
            headers: request.headers.map { ($0.name.canonicalName, $0.value) },
            remoteAddress: remoteAddress
        )
        if let host = request.head.authority { headers.append(("host", host)) }
    }
}

/// Requests in progress.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func enter(below limit: Int) -> Bool {
        value.add(1, ordering: .relaxed).newValue <= limit
    }

    func leave() { value.subtract(1, ordering: .relaxed) }
}

/// Ids of requests: the start of the process and a running number; unique, and telling nothing.
private final class RequestIDs: Sendable {
    private let start = String(UInt64.random(in: .min ... .max), radix: 36)
    private let count = Atomic<UInt64>(0)

    func next() -> String {
        "\(start)-\(count.add(1, ordering: .relaxed).newValue)"
    }
}
