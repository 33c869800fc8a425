internal import Guard
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import VaultCore

/// Posts over HTTP/1.1: to the very address that was looked up and checked, with TLS by the host's name.
struct HTTPNotificationSender: NotificationSender {
    private let settings: NotificationSettings

    init(_ settings: NotificationSettings) { self.settings = settings }

    private struct NotPublic: Error {}

    func post(_ body: [UInt8], to target: TargetURL, headers: [String]) -> Bool {
        do { return (200...299).contains(try status(of: body, target, headers)) } catch {
            return false
        }
    }

    private func status(
        of body: [UInt8],
        _ target: TargetURL,
        _ headers: [String]
    ) throws -> Int {
        let address = try self.address(of: target)
        let timeout = TimeAmount.seconds(settings.timeout.components.seconds)
        let context =
            try target.isSecure
            ? NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Int.self)
        let head = Self.head(target, headers, byteCount: body.count)
        let channel = ClientBootstrap(group: promise.futureResult.eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        // An address in digits has no name to be asked for.
                        let isName = target.host.utf8.contains { $0 > 0x39 }
                        try pipeline.addHandler(
                            NIOSSLClientHandler(
                                context: context,
                                serverHostname: isName ? target.host : nil
                            )
                        )
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(StatusReader(promise))
                }
            }
            .connect(to: address)
        channel.whenFailure { promise.fail($0) }
        channel.whenSuccess { channel in
            channel.eventLoop.scheduleTask(in: timeout) {
                promise.fail(ChannelError.connectTimeout(timeout))
                channel.close(promise: nil)
            }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.write(
                HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))),
                promise: nil
            )
            channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { promise.fail($0) }
        }
        defer { channel.whenSuccess { $0.close(promise: nil) } }
        return try promise.futureResult.wait()
    }

    /// Looks the host up and refuses what is not public; the connection goes to this address and no other, so that
    /// a name that means something else a moment later changes nothing.
    private func address(of target: TargetURL) throws -> SocketAddress {
        let found = try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
        // Family and port come first; IPv6 has its flow label before the address.
        let bytes = found.withSockAddr { address, count in
            Array(UnsafeRawBufferPointer(start: address, count: count))
        }
        let isPublic: Bool
        let isLoopback: Bool
        switch found.protocol {
        case .inet where bytes.count >= 8:
            isPublic = PublicAddress.isPublic(v4: bytes[4..<8])
            isLoopback = bytes[4] == 127
        case .inet6 where bytes.count >= 24:
            isPublic = PublicAddress.isPublic(v6: bytes[8..<24])
            isLoopback = bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
        default: throw NotPublic()
        }
        guard isPublic && target.isSecure || isLoopback && settings.allowsLoopback else {
            throw NotPublic()
        }
        return found
    }

    private static func head(
        _ target: TargetURL,
        _ headers: [String],
        byteCount: Int
    ) -> HTTPRequestHead {
        var fields = HTTPHeaders()
        let isUsual = target.port == (target.isSecure ? 443 : 80)
        fields.add(name: "Host", value: isUsual ? target.host : "\(target.host):\(target.port)")
        fields.add(name: "Content-Type", value: MediaType.fhir)
        fields.add(name: "Content-Length", value: "\(byteCount)")
        fields.add(name: "Connection", value: "close")
        for header in headers {
            let sides = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            fields.add(
                name: String(sides[0]),
                value: sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
            )
        }
        return HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: target.path,
            headers: fields
        )
    }
}

/// Reads the status of an answer and nothing else of it.
private final class StatusReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    private let promise: EventLoopPromise<Int>

    init(_ promise: EventLoopPromise<Int>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        promise.succeed(Int(head.status.code))
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
