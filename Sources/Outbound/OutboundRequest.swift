public import Guard
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import VaultCore

/// One HTTP/1.1 request: sent once, to one address, and answered within a time and a size.
public struct OutboundRequest: Sendable {
    /// Status and body of an answer.
    public struct Answer: Sendable {
        /// The status, 100 to 599.
        public var status: Int
        /// At most as many bytes as the request allowed.
        public var body: [UInt8]
    }

    /// Why there is no answer.
    public enum Trouble: Error, Hashable {
        /// The host's address is none that may be reached.
        case notReachable
        /// The answer is longer than was allowed.
        case tooLong
    }

    /// Where to.
    public var target: TargetURL
    /// Which addresses it may go to.
    public var reach: Reach
    /// Most time for all of it but the name's look-up, which is the system's.
    public var timeout: Duration = .seconds(10)
    /// Most bytes of the answer's body; 0 where only the status is wanted.
    public var limit = 0
    /// A PEM file with authorities that are trusted beside the machine's own.
    public var authorities: String?

    /// Describes a request.
    ///
    /// - Parameters:
    ///   - target: Where to.
    ///   - reach: Which addresses it may go to.
    public init(to target: TargetURL, reach: Reach) {
        self.target = target
        self.reach = reach
    }

    /// Sends it; blocks until the answer is there.
    ///
    /// - Parameters:
    ///   - method: Such as `GET`.
    ///   - headers: Names and values, checked before; host, length and connection are set here.
    ///   - body: What is sent.
    /// - Returns: The answer.
    /// - Throws: ``Trouble``, or what the network says.
    public func send(
        _ method: String,
        headers: [(name: String, value: String)],
        body: [UInt8] = []
    ) throws -> Answer {
        let start = NIODeadline.now()
        let address = try self.address()
        let whole = TimeAmount.milliseconds(
            timeout.components.seconds * 1_000
                + timeout.components.attoseconds / 1_000_000_000_000_000
        )
        // What looking the name up took is part of it.
        let time = max(.milliseconds(1), start + whole - NIODeadline.now())
        let end = NIODeadline.now() + time
        let context = try target.isSecure ? NIOSSLContext(configuration: configuration) : nil
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Answer.self)
        let (host, limit) = (target.host, limit)
        let channel = ClientBootstrap(group: promise.futureResult.eventLoop)
            .connectTimeout(time)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        // An address in digits has no name to be asked for.
                        let isName = host.utf8.contains { $0 > 0x39 }
                        try pipeline.addHandler(
                            NIOSSLClientHandler(
                                context: context,
                                serverHostname: isName ? host : nil
                            )
                        )
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerReader(promise, limit: limit))
                }
            }
            .connect(to: address)
        let head = self.head(method, headers, byteCount: body.count)
        channel.whenFailure { promise.fail($0) }
        channel.whenSuccess { channel in
            channel.eventLoop.scheduleTask(deadline: end) {
                promise.fail(ChannelError.connectTimeout(time))
                channel.close(promise: nil)
            }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            if !body.isEmpty {
                channel.write(
                    HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))),
                    promise: nil
                )
            }
            channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { promise.fail($0) }
        }
        defer { channel.whenSuccess { $0.close(promise: nil) } }
        return try promise.futureResult.wait()
    }

    private var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.additionalTrustRoots = [.file(authorities)] }
        return configuration
    }

    /// Looks the host up and refuses what may not be reached; the connection goes to this address and no other.
    private func address() throws -> SocketAddress {
        let found = try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
        // Family and port come first; IPv6 has its flow label before the address.
        let bytes = found.withSockAddr { address, count in
            Array(UnsafeRawBufferPointer(start: address, count: count))
        }
        let isPublic: Bool
        let isLoopback: Bool
        let isLinkLocal: Bool
        switch found.protocol {
        case .inet where bytes.count >= 8:
            isPublic = PublicAddress.isPublic(v4: bytes[4..<8])
            isLoopback = bytes[4] == 127
            isLinkLocal = bytes[4] == 169 && bytes[5] == 254
        case .inet6 where bytes.count >= 24:
            isPublic = PublicAddress.isPublic(v6: bytes[8..<24])
            isLoopback = bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
            isLinkLocal = bytes[8] == 0xFE && bytes[9] & 0xC0 == 0x80
        default: throw Trouble.notReachable
        }
        // There a cloud's host answers with its secrets; no name of a hospital means it.
        guard !isLinkLocal,
            reach.admits(
                isPublic: isPublic,
                isLoopback: isLoopback,
                isSecure: target.isSecure
            )
        else { throw Trouble.notReachable }
        return found
    }

    private func head(
        _ method: String,
        _ headers: [(name: String, value: String)],
        byteCount: Int
    ) -> HTTPRequestHead {
        var fields = HTTPHeaders()
        let isUsual = target.port == (target.isSecure ? 443 : 80)
        fields.add(name: "Host", value: isUsual ? target.host : "\(target.host):\(target.port)")
        if byteCount > 0 { fields.add(name: "Content-Length", value: "\(byteCount)") }
        fields.add(name: "Connection", value: "close")
        for header in headers { fields.add(name: header.name, value: header.value) }
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: method),
            uri: target.path,
            headers: fields
        )
    }
}

/// Reads one answer, and no more of it than was allowed.
private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    private let promise: EventLoopPromise<OutboundRequest.Answer>
    private let limit: Int
    private var answer: OutboundRequest.Answer?

    init(_ promise: EventLoopPromise<OutboundRequest.Answer>, limit: Int) {
        self.promise = promise
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = OutboundRequest.Answer(status: Int(head.status.code), body: [])
            if limit == 0 { finish(context) }
        case .body(let part):
            guard limit > 0 else { return }
            guard (answer?.body.count ?? 0) + part.readableBytes <= limit else {
                promise.fail(OutboundRequest.Trouble.tooLong)
                return context.close(promise: nil)
            }
            answer?.body += part.readableBytesView
        case .end: finish(context)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        if let answer { promise.succeed(answer) }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }
}
