internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Guard
internal import Synchronization
internal import VaultCore
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Listens for peers and hands their messages to the Guard, one at a time for each connection.
///
/// The event loop moves bytes and makes quick answers (``GuardDispatch/isQuick(_:)``); other calls run on a
/// thread of a pool. Nobody waits for the disk: an answer is held back until the disk has what it rests on, and
/// calls of several connections share a flush.
public final class GuardServer: Sendable {
    private let link: Link
    private let group: MultiThreadedEventLoopGroup
    private let pool: NIOThreadPool
    private let listeners = Mutex<[any Channel]>([])

    /// Starts threads; nobody is listened to yet.
    ///
    /// - Parameters:
    ///   - keeper: The process that runs the Guard.
    ///   - rules: Which peers get answers.
    ///   - limits: What a peer can make this side hold or wait for.
    public init(keeper: any GuardKeeper, rules: PeerRules, limits: LinkLimits = LinkLimits()) {
        pool = NIOThreadPool(numberOfThreads: limits.workerCount)
        pool.start()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        link = Link(keeper: keeper, rules: rules, limits: limits, pool: pool)
    }

    /// Listens on a Unix socket, readable and writable by everybody whom the folder lets in: who may connect is
    /// looked up in the peer's credentials.
    ///
    /// - Parameter path: A socket that is left over is replaced; any other file is not.
    /// - Throws: ``LinkError/cannotListen(address:code:)``.
    public func listen(path: String) throws {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        let link = link
        let bootstrap = bootstrap().childChannelInitializer { channel in
            PeerCredentials.user(of: channel).flatMapThrowing { user in
                guard link.rules.admits(.process(user: user)) else { throw LinkRefusal() }
                try channel.pipeline.syncOperations.addHandler(
                    LinkHandler(link: link, peer: .process(user: user))
                )
            }
        }
        do {
            let channel = try bootstrap.bind(unixDomainSocketPath: path).wait()
            chmod(path, 0o666)
            listeners.withLock { $0.append(channel) }
        } catch { throw Self.failure(error, at: path) }
    }

    /// Listens on a TCP port for hosts that show a certificate of our authority; TLS 1.3.
    ///
    /// - Parameters:
    ///   - host: Address to listen on.
    ///   - port: 0 for any.
    ///   - certificates: Ours, and whose we accept.
    /// - Returns: The port.
    /// - Throws: ``LinkError``.
    @discardableResult
    public func listen(host: String, port: Int, certificates: LinkCertificates) throws -> Int {
        let context = try certificates.serverContext()
        let link = link
        let bootstrap = bootstrap().childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLServerHandler(context: context)
                )
                try channel.pipeline.syncOperations.addHandler(LinkHandler(link: link, peer: .host))
            }
        }
        do {
            let channel = try bootstrap.bind(host: host, port: port).wait()
            listeners.withLock { $0.append(channel) }
            return channel.localAddress?.port ?? port
        } catch { throw Self.failure(error, at: "\(host):\(port)") }
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
    }

    private static func failure(_ error: any Error, at address: String) -> LinkError {
        .cannotListen(address: address, code: (error as? IOError)?.errnoCode ?? 0)
    }

    /// Connections that are open now.
    public var connectionCount: Int { link.rooms.withLock { $0.connectionCount } }

    /// Closes every connection and ends the threads; calls under way are answered to nobody.
    ///
    /// - Throws: What the event loops throw.
    public func stop() throws {
        for channel in listeners.withLock({ $0 }) { try? channel.close().wait() }
        try group.syncShutdownGracefully()
        try pool.syncShutdownGracefully()
    }
}

/// A peer that is not on the list; it gets no answer.
struct LinkRefusal: Error {}

/// What all connections of a server share.
final class Link: Sendable {
    let keeper: any GuardKeeper
    let rules: PeerRules
    let limits: LinkLimits
    let pool: NIOThreadPool
    let rooms: Mutex<PeerRooms>

    init(keeper: any GuardKeeper, rules: PeerRules, limits: LinkLimits, pool: NIOThreadPool) {
        self.keeper = keeper
        self.rules = rules
        self.limits = limits
        self.pool = pool
        rooms = Mutex(PeerRooms(limits: limits))
    }

    /// Answers a message; the answer is told once the disk has what it rests on.
    ///
    /// - Parameters:
    ///   - message: Any bytes at all.
    ///   - peer: Who sent it.
    ///   - tell: Called once, on any thread; gets `nil` where the connection must end.
    ///   - start: Given what starts the disk, to be called soon.
    func answer(
        _ message: Message,
        from peer: Peer,
        _ tell: @escaping @Sendable (Answer?) -> Void,
        starting start: (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        let control = ControlDispatch.answer(
            message.bytes,
            keeper: keeper,
            isKeeper: rules.isKeeper(peer)
        )
        if let control {
            return tell(Answer(message: Message(control.bytes), isFarewell: control.isFarewell))
        }
        guard let service = keeper.service else { return tell(Answer(GuardError.sealed)) }
        let hold = AnswerHold(.everything)
        let made = hold.making {
            GuardDispatch.answer(message.bytes, from: service).map { Message($0) }
        }
        guard let made else { return tell(nil) }
        hold.end(
            { failure in tell(failure.map { Answer($0) } ?? Answer(message: made)) },
            starting: start
        )
    }

    struct Answer: Sendable {
        var message: Message
        /// Whether this process ends once it is sent.
        var isFarewell = false

        init(message: Message, isFarewell: Bool = false) {
            self.message = message
            self.isFarewell = isFarewell
        }

        init(_ failure: any Error) { message = Message(GuardDispatch.failure(failure)) }
    }
}

/// Credentials of a process at the other end of a Unix socket.
enum PeerCredentials {
    /// `struct ucred`, as unix(7) describes it; the C header shows it only to GNU programs.
    private struct Credentials {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    static func user(of channel: any Channel) -> EventLoopFuture<UInt32> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(LinkRefusal())
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .init(rawValue: SOL_SOCKET),
            name: .init(rawValue: SO_PEERCRED)
        )
        return credentials.map { $0.user }
    }
}
