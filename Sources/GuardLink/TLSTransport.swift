public import Guard
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization
internal import VaultCore

/// Connections to a Guard on another host over mutual TLS 1.3.
///
/// Calls block like those of ``UnixTransport``; do not make them on an event loop.
public final class TLSTransport: GuardTransport {
    private let host: String
    private let port: Int
    private let limits: LinkLimits
    private let context: NIOSSLContext
    private let group: MultiThreadedEventLoopGroup
    private let idle = Mutex<[TLSConnection]>([])

    /// Connects once, to see that the Guard is there and that both certificates are accepted.
    ///
    /// - Parameters:
    ///   - host: Name or address in the Guard's certificate.
    ///   - port: Where it listens.
    ///   - certificates: Ours, and whose we accept.
    ///   - limits: Bounds on answers.
    /// - Throws: ``LinkError``.
    public init(
        host: String,
        port: Int,
        certificates: LinkCertificates,
        limits: LinkLimits = LinkLimits()
    ) throws {
        self.host = host
        self.port = port
        self.limits = limits
        context = try certificates.clientContext()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let first = try connect()
        idle.withLock { $0.append(first) }
    }

    deinit {
        close()
        group.shutdownGracefully { _ in }
    }

    /// Sends a message and waits for its answer.
    ///
    /// - Parameter message: At most ``LinkLimits/messageByteCount`` bytes.
    /// - Returns: The answer.
    /// - Throws: ``LinkError``.
    public func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard message.count <= limits.messageByteCount else {
            throw LinkError.messageTooLong(byteCount: message.count)
        }
        var kept = idle.withLock { $0.popLast() }
        while let candidate = kept, !candidate.isOpen { kept = idle.withLock { $0.popLast() } }
        let connection = try kept ?? connect()
        let answer = try connection.exchange(message)
        idle.withLock { $0.append(connection) }
        return answer
    }

    /// Ends the connections.
    public func close() {
        let open = idle.withLock { connections in
            defer { connections = [] }
            return connections
        }
        for connection in open { connection.close() }
    }

    private func connect() throws -> TLSConnection {
        let (context, host, limits) = (context, host, limits)
        // An address is looked for among the certificate's addresses, a name among its names.
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(.seconds(limits.frameSeconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(
                            context: context,
                            serverHostname: isAddress ? nil : host
                        )
                    )
                    try channel.pipeline.syncOperations.addHandler(
                        AnswerHandler(limit: limits.answerByteCount)
                    )
                }
            }
        do {
            return TLSConnection(
                try bootstrap.connect(host: host, port: port).wait(),
                answerSeconds: limits.answerSeconds
            )
        } catch { throw LinkError.notReachable(address: "\(host):\(port)") }
    }
}

/// One connection, used by one call at a time.
private struct TLSConnection: Sendable {
    private let channel: any Channel
    private let answerSeconds: Int64

    init(_ channel: any Channel, answerSeconds: Int64) {
        self.channel = channel
        self.answerSeconds = answerSeconds
    }

    var isOpen: Bool { channel.isActive }

    func exchange(_ message: [UInt8]) throws -> [UInt8] {
        var buffer = channel.allocator.buffer(capacity: 4 + message.count)
        buffer.writeBytes(FrameHeader.bytes(message.count))
        buffer.writeBytes(message)
        let promise = channel.eventLoop.makePromise(of: [UInt8].self)
        let timeout = channel.eventLoop.scheduleTask(in: .seconds(answerSeconds)) {
            promise.fail(LinkError.interrupted)
        }
        defer { timeout.cancel() }
        channel.writeAndFlush(AnswerHandler.Call(message: buffer, answer: promise), promise: nil)
        do { return try promise.futureResult.wait() } catch {
            close()
            throw error as? LinkError ?? LinkError.interrupted
        }
    }

    func close() { channel.close(promise: nil) }
}

/// Sends a call and collects its answer.
private final class AnswerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Call
    typealias OutboundOut = ByteBuffer

    struct Call: Sendable {
        var message: ByteBuffer
        var answer: EventLoopPromise<[UInt8]>
    }

    private let limit: Int
    private var collected = ByteBuffer()
    private var waiting: EventLoopPromise<[UInt8]>?

    init(limit: Int) { self.limit = limit }

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        let call = unwrapOutboundIn(data)
        guard waiting == nil, context.channel.isActive else {
            return call.answer.fail(LinkError.interrupted)
        }
        waiting = call.answer
        context.write(wrapOutboundOut(call.message), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        collected.writeBuffer(&part)
        guard let header = collected.getBytes(at: collected.readerIndex, length: 4) else { return }
        guard let length = FrameHeader.length(header, limit: limit), waiting != nil else {
            return end(context, LinkError.malformedAnswer)
        }
        guard collected.readableBytes >= 4 + length else { return }
        collected.moveReaderIndex(forwardBy: 4)
        guard let answer = collected.readBytes(length: length) else { return }
        collected.clear()
        let promise = waiting
        waiting = nil
        promise?.succeed(answer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, LinkError.interrupted)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, LinkError.interrupted)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ error: LinkError) {
        let promise = waiting
        waiting = nil
        promise?.fail(error)
        context.close(promise: nil)
    }
}
