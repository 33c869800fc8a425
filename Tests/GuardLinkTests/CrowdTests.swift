import Foundation
import Guard
import Sealing
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
        let link = try LinkHarness()
        let peer = try RawPeer(link.socket)
        var pause = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(peer.descriptor, SOL_SOCKET, SO_SNDTIMEO, &pause, size)
        let one = FrameHeader.bytes(look.count) + look
        let many = [UInt8]((0..<2_000).flatMap { _ in one })
        var taken = 0
        while taken < 2 << 20 {
            let count = send(peer.descriptor, many, many.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { break }
            taken += count
        }
        #expect(taken < 2 << 20)
        try expectAnswer(on: link.socket)
        // Who begins to fetch is answered on.
        var fetched = 0
        while fetched < 1 << 20, let part = peer.receive(seconds: 2), !part.isEmpty {
            fetched += part.count
        }
        #expect(fetched > taken / one.count)
    }

    @Test func `who hangs up and comes again holds no more than who stays`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "crowd-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var limits = LinkLimits()
        limits.connectionCount = 1
        let keeper = try SlowKeeper()
        let server = GuardServer(
            keeper: keeper,
            rules: PeerRules(users: [], keepers: [geteuid()]),
            limits: limits
        )
        defer { try? server.stop() }
        let path = folder.appending(path: "s").path
        try server.listen(path: path)
        var peer: RawPeer? = try RawPeer(path)
        peer?.frame([201, 1])
        keeper.begun.wait()
        peer = nil
        // Its call is still worked on.
        for _ in 0..<5 { #expect(try RawPeer(path).isEnded()) }
        keeper.mayEnd.signal()
        #expect(try comesBack { try self.isAnswered(path) })
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

/// A sealed Guard that is not done with a passphrase until it may be.
private final class SlowKeeper: GuardKeeper {
    let begun = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)
    private let vault: VaultID

    init() throws { vault = try #require(VaultID(bytes: [UInt8](repeating: 1, count: 16))) }

    var service: (any GuardService)? { nil }
    func look() -> KeeperState { KeeperState(isSealed: true, vault: vault) }
    func unseal(passphrase: SecretBytes) throws {
        begun.signal()
        mayEnd.wait()
    }
    func offer(_ share: KeyShare) throws {}
    func seal() throws {}
    func leave() {}
}
