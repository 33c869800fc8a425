import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import GuardLink

/// Peers that send what they should not; the Guard goes on for all others.
struct HostilePeerTests {
    /// A call that a good client makes, as bytes: the status for a session that nobody opened.
    private let status: [UInt8] = [4, 2] + [UInt8](repeating: 9, count: 16)

    private func limits() -> LinkLimits {
        var limits = LinkLimits()
        limits.frameSeconds = 1
        limits.messageByteCount = 4_096
        limits.connectionCount = 600
        return limits
    }

    @Test func `bytes that are no message end the connection and no other`() throws {
        let link = try LinkHarness(limits: limits())
        let good = try link.client()
        var random = SeededRandom.forTest()
        for round in 0..<200 {
            let peer = try RawPeer(link.socket)
            let count = Int.random(in: 1...64, using: &random)
            // Operations that exist nowhere, and those that exist with nonsense after them.
            let first = UInt8.random(
                in: round.isMultiple(of: 2) ? 100...199 : 10...84,
                using: &random
            )
            peer.frame([first] + (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            _ = peer.receive()
        }
        #expect(throws: GuardError.notAuthenticated) {
            try good.status(by: .session(try #require(SessionID(bytes: status.suffix(16)))))
        }
    }

    @Test func `a frame that claims too much is not waited for`() throws {
        let link = try LinkHarness(limits: limits())
        for header in [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0x10, 0x01]] as [[UInt8]] {
            let peer = try RawPeer(link.socket)
            peer.send(header)
            #expect(peer.isEnded())
        }
        // Exactly the limit is read.
        let peer = try RawPeer(link.socket)
        peer.frame(status + [UInt8](repeating: 0, count: 4_096 - status.count))
        #expect(peer.isEnded())
    }

    @Test func `a frame that never ends is not waited for`() throws {
        let link = try LinkHarness(limits: limits())
        let peer = try RawPeer(link.socket)
        peer.send([0, 0, 0, 18, 4])
        #expect(peer.isEnded(seconds: 6))
        // One that comes in pieces, in time, is answered.
        let patient = try RawPeer(link.socket)
        for byte in FrameHeader.bytes(status.count) + status { patient.send([byte]) }
        let answer = try #require(patient.receive())
        #expect(answer[4] == 1)
    }

    @Test func `calls sent ahead are answered in order, each once`() throws {
        let link = try LinkHarness(limits: limits())
        let peer = try RawPeer(link.socket)
        let one = FrameHeader.bytes(status.count) + status
        peer.send(one + one + one)
        var received: [UInt8] = []
        while received.count < 12, let part = peer.receive() { received += part }
        var answers = 0
        while received.count >= 4 {
            let length = try #require(FrameHeader.length(Array(received.prefix(4)), limit: 4_096))
            while received.count < 4 + length, let part = peer.receive() { received += part }
            received.removeFirst(4 + length)
            answers += 1
            if answers < 3, received.isEmpty, let part = peer.receive() { received += part }
        }
        #expect(answers == 3)
    }

    @Test func `more connections than there may be are closed, and room comes back`() throws {
        // Where the machine does not let a process have so many files, fewer must do, and that is said.
        let count = OpenFiles.raiseLimit() >= 10_512 ? 10_000 : 500
        if count < 10_000 { print("only \(count) connections: see `ulimit -Hn`") }
        var bounds = limits()
        bounds.frameSeconds = 60
        bounds.connectionCount = count
        let link = try LinkHarness(limits: bounds)
        let good = try link.client()
        // All are answered while all are open.
        let crowd = try Crowd(
            count - 1,
            at: link.socket,
            asking: FrameHeader.bytes(status.count) + status
        )
        defer { crowd.leave() }
        #expect(try crowd.next() == count - 1)
        #expect(try crowd.next() == count - 1)
        let one = try RawPeer(link.socket)
        #expect(one.isEnded())
        #expect(try good.incidentTime() > Instant(microseconds: 0))
        crowd.leave()
        var again: [UInt8]?
        for _ in 0..<1_000 where again?.isEmpty ?? true {
            let peer = try RawPeer(link.socket)
            peer.frame(status)
            again = peer.receive()
        }
        #expect(again?.isEmpty == false)
    }

    @Test func `a caller that goes away loses its answer and no entry`() throws {
        let link = try LinkHarness(limits: limits())
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        let before = try client.status(by: admin).logSize
        for _ in 0..<50 {
            let peer = try RawPeer(link.socket)
            // A session opened in an administrator's name, and nobody there for its answer.
            let statement = try link.statement("admin", GuardRequest.session)
            peer.frame(Self.opening(statement))
            shutdown(peer.descriptor, Int32(SHUT_WR))
        }
        var size = before
        for _ in 0..<2_000 where size < before + 50 { size = try client.status(by: admin).logSize }
        #expect(size == before + 50)
        #expect(try client.audit(by: admin).problems == [])
    }

    /// `openSession` in bytes, written here again so that the form cannot change unnoticed.
    private static func opening(_ statement: SignedStatement) -> [UInt8] {
        func counted(_ bytes: [UInt8]) -> [UInt8] { FrameHeader.bytes(bytes.count) + bytes }
        let time = withUnsafeBytes(of: statement.time.microseconds.bigEndian) { Array($0) }
        return [13] + counted(Array(statement.principal.text.utf8)) + time
            + counted(statement.nonce) + counted(statement.signature)
            + [0, 0, 0, 0] + counted(Array("unknown".utf8))
    }
}
