import Foundation
import Guard
import Sealing
import Synchronization
import Testing
import VaultCore

@testable import GuardLink

/// What many connections of one peer can take, and that it is taken from nobody else.
struct CrowdTests {
    /// Asks whether the Guard is sealed; everybody is answered.
    private let look: [UInt8] = [200]

    @Test func `each peer has places of its own`() {
        var limits = LinkLimits()
        limits.connectionCount = 2
        var rooms = PeerRooms(limits: limits)
        let (crowd, keeper) = (Peer.process(user: 7), Peer.process(user: 0))
        let peers = [crowd, crowd, crowd, keeper, .host]
        let entered = peers.map { rooms.enter($0) }
        #expect(entered == [true, true, false, true, true])
        #expect(rooms.connectionCount == 4)
        rooms.leave(crowd)
        let again = [crowd, crowd].map { rooms.enter($0) }
        #expect(again == [true, false])
    }

    @Test func `each peer has room of its own for long messages`() {
        var limits = LinkLimits()
        limits.longByteCount = 200_000
        var rooms = PeerRooms(limits: limits)
        let (crowd, keeper) = (Peer.process(user: 7), Peer.process(user: 0))
        let taken = [200_000, 65_537, 65_536].map { rooms.take($0, for: crowd) }
        #expect(taken == [200_000, nil, 0])
        let keepers = rooms.take(65_537, for: keeper)
        #expect(keepers == 65_537)
        rooms.giveBack(200_000, of: crowd)
        let again = rooms.take(65_537, for: crowd)
        #expect(again == 65_537)
    }

    @Test func `long messages that are announced take no more than there is room for`() throws {
        var limits = LinkLimits()
        limits.longByteCount = 200_000
        let link = try LinkHarness(limits: limits)
        let long = FrameHeader.bytes(150_000) + [202]
        var first: RawPeer? = try RawPeer(link.socket)
        first?.send(long)
        try expectAnswer(on: link.socket)
        let second = try RawPeer(link.socket)
        second.send(long)
        #expect(second.isEnded())
        try expectAnswer(on: link.socket)
        first = nil
        #expect(try comesBack { try self.stays(long, link.socket) })
    }

    @Test func `an answered message gives its room back while its connection stays`() throws {
        var limits = LinkLimits()
        limits.longByteCount = 150_000
        let link = try LinkHarness(limits: limits)
        // No share at all, which is answered.
        let message: [UInt8] = [202] + [UInt8](repeating: 0x41, count: 100_000)
        let peers = try (0..<3).map { _ in try RawPeer(link.socket) }
        for peer in peers {
            peer.frame(message)
            #expect(peer.receive()?.isEmpty == false)
        }
    }

    @Test func `answers that nobody fetches hold up what is asked next`() throws {
        let guarded = try SlowGuard()
        let peer = try RawPeer(guarded.path)
        let asked = 20_000
        peer.send((0..<asked).flatMap { _ in FrameHeader.bytes(look.count) + look })
        // What was sent is worked on until answers fill the socket, and then no further.
        var (before, now) = (-1, 0)
        while before != now {
            Thread.sleep(forTimeInterval: 1)
            (before, now) = (now, guarded.keeper.looks.withLock { $0 })
        }
        #expect((1..<asked / 2).contains(now))
        // Who begins to fetch gets them all: the length, 0 and the state, 20 bytes.
        var missing = asked * (4 + 20)
        while missing > 0, let part = peer.receive(), !part.isEmpty { missing -= part.count }
        #expect(missing == 0)
    }

    @Test func `who hangs up and comes again holds no more than who stays`() throws {
        var limits = LinkLimits()
        limits.connectionCount = 1
        let guarded = try SlowGuard(limits: limits)
        var peer: RawPeer? = try RawPeer(guarded.path)
        peer?.frame([201, 1])
        guarded.keeper.begun.wait()
        peer = nil
        // Its call is still worked on.
        for _ in 0..<5 { #expect(try RawPeer(guarded.path).isEnded()) }
        guarded.keeper.mayEnd.signal()
        #expect(try comesBack { try self.isAnswered(guarded.path) })
    }

    /// Whether something becomes so within a few seconds.
    private func comesBack(_ holds: () throws -> Bool) throws -> Bool {
        for _ in 0..<200 {
            if try holds() { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }

    private func stays(_ bytes: [UInt8], _ socket: String) throws -> Bool {
        let peer = try RawPeer(socket)
        peer.send(bytes)
        return !peer.isEnded(seconds: 1)
    }

    private func isAnswered(_ socket: String) throws -> Bool {
        let peer = try RawPeer(socket)
        peer.frame(look)
        return peer.receive()?.isEmpty == false
    }

    private func expectAnswer(on socket: String) throws {
        #expect(try isAnswered(socket))
    }
}

/// A sealed Guard behind a socket, with a ``SlowKeeper``.
private final class SlowGuard {
    let keeper: SlowKeeper
    private let server: GuardServer
    private let folder: URL

    var path: String { folder.appending(path: "s").path }

    init(limits: LinkLimits = LinkLimits()) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "crowd-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        keeper = try SlowKeeper()
        server = GuardServer(
            keeper: keeper,
            rules: PeerRules(users: [], keepers: [geteuid()]),
            limits: limits
        )
        try server.listen(path: folder.appending(path: "s").path)
    }

    deinit {
        try? server.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Is not done with a passphrase until it may be, and counts who looks.
private final class SlowKeeper: GuardKeeper {
    let begun = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)
    let looks = Mutex(0)
    private let vault: VaultID

    init() throws { vault = try #require(VaultID(bytes: [UInt8](repeating: 1, count: 16))) }

    var service: (any GuardService)? { nil }
    func look() -> KeeperState {
        looks.withLock { $0 += 1 }
        return KeeperState(isSealed: true, vault: vault)
    }
    func unseal(passphrase: SecretBytes) throws {
        begun.signal()
        mayEnd.wait()
    }
    func offer(_ share: KeyShare) throws {}
    func seal() throws {}
    func leave() {}
}
