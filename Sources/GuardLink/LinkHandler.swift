internal import Guard
internal import NIOCore
internal import NIOPosix
internal import Sealing
internal import Synchronization
internal import VaultCore

/// One connection: collects a frame, has it answered, sends the answer, reads on.
///
/// Nothing is read while a message is worked on or its answer waits to be fetched, so a connection has one call
/// under way and no more in memory than one frame and one answer. The first thing that is not as it must be ends
/// the connection.
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let link: Link
    private let peer: Peer
    private var collected = ByteBuffer()
    private var isBusy = false
    /// Whether this connection holds a place in its peer's room.
    private var isCounted = false
    private var isGone = false
    /// Room taken for a long message; `nil` until its header is read.
    private var taken: Int?
    private var deadline = NIODeadline.distantFuture

    init(link: Link, peer: Peer) {
        self.link = link
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        guard link.rooms.withLock({ $0.enter(peer) }) else { return context.close(promise: nil) }
        isCounted = true
        // Who has just come, or shakes hands, has not much longer than for a frame.
        deadline = .now() + .seconds(3 * link.limits.frameSeconds)
        watch(context)
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline = .distantFuture
        isGone = true
        leave()
        context.fireChannelInactive()
    }

    /// Gives back what this connection holds, unless its call is still worked on: who hangs up and comes again
    /// holds no more than who stays.
    private func leave() {
        guard isGone, isCounted, !isBusy else { return }
        isCounted = false
        endMessage()
        link.rooms.withLock { $0.leave(peer) }
    }

    private func beginMessage(_ length: Int) -> Bool {
        if taken == nil { taken = link.rooms.withLock { $0.take(length, for: peer) } }
        return taken != nil
    }

    private func endMessage() {
        if let taken, taken > 0 { link.rooms.withLock { $0.giveBack(taken, of: peer) } }
        taken = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if collected.readableBytes == 0 {
            deadline = .now() + .seconds(link.limits.frameSeconds)
        }
        var part = unwrapInboundIn(data)
        collected.writeBuffer(&part)
    }

    func channelReadComplete(context: ChannelHandlerContext) { proceed(context) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func proceed(_ context: ChannelHandlerContext) {
        guard !isBusy else { return }
        guard let header = collected.getBytes(at: collected.readerIndex, length: 4) else {
            return context.read()
        }
        guard let length = FrameHeader.length(header, limit: link.limits.messageByteCount) else {
            return context.close(promise: nil)
        }
        guard beginMessage(length) else { return context.close(promise: nil) }
        guard collected.readableBytes >= 4 + length else { return context.read() }
        collected.moveReaderIndex(forwardBy: 4)
        guard let bytes = collected.readBytes(length: length) else { return }
        let message = Message(bytes)
        // A large message leaves no large buffer behind.
        if collected.readableBytes == 0 {
            if collected.capacity > 65_536 { collected = ByteBuffer() } else { collected.clear() }
        }
        isBusy = true
        deadline = .distantFuture
        work(on: message, context)
    }

    /// Has a message answered: at once where that takes less time than waking a thread, else on one of the pool.
    private func work(on message: Message, _ context: ChannelHandlerContext) {
        let (link, peer, loop) = (link, peer, context.eventLoop)
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let tell: @Sendable (Link.Answer?) -> Void = { answer in
            loop.execute {
                let (handler, context) = bound.value
                guard context.channel.isActive, let answer else {
                    handler.isBusy = false
                    handler.leave()
                    return context.close(promise: nil)
                }
                handler.send(answer, context)
            }
        }
        if GuardDispatch.isQuick(message.bytes) {
            // The disk starts once the loop has answered what came together: one flush for all of it.
            return link.answer(message, from: peer, tell, starting: { loop.execute($0) })
        }
        link.pool.submit { state in
            guard case .active = state else { return tell(nil) }
            link.answer(message, from: peer, tell)
        }
    }

    private func send(_ answer: Link.Answer, _ context: ChannelHandlerContext) {
        let bytes = answer.message.bytes
        var buffer = context.channel.allocator.buffer(capacity: 4 + bytes.count)
        buffer.writeBytes(FrameHeader.bytes(bytes.count))
        buffer.writeBytes(bytes)
        // A peer that does not fetch its answer has no other one waiting behind it.
        deadline = .now() + .seconds(link.limits.idleSeconds)
        let sent = context.eventLoop.makePromise(of: Void.self)
        let (link, isFarewell) = (link, answer.isFarewell)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            if isFarewell { link.keeper.leave() }
            self.goOn(context)
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: sent)
    }

    private func goOn(_ context: ChannelHandlerContext) {
        isBusy = false
        endMessage()
        guard context.channel.isActive else { return leave() }
        let seconds =
            collected.readableBytes == 0 ? link.limits.idleSeconds : link.limits.frameSeconds
        deadline = .now() + .seconds(seconds)
        proceed(context)
    }

    /// Looks now and then whether this connection has outlived its time.
    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(link.limits.frameSeconds)) {
            let (handler, context) = bound.value
            guard context.channel.isActive else { return }
            if handler.deadline < .now() { return context.close(promise: nil) }
            handler.watch(context)
        }
    }
}
