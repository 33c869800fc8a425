import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import GuardLink

/// The Guard over a socket answers as the Guard beside us does, and nobody but who proves it.
struct LinkTests {
    @Test func `a remote Guard is the Guard it stands for`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        #expect(client.vault == link.core.vault)
        #expect(client.origin == link.core.origin)
        #expect(client.verifierKey == link.core.verifierKey)
        #expect(client.policyDigest == link.core.policyDigest)
        #expect(client.policies.canonicalBytes == link.core.policies.canonicalBytes)
        #expect(!client.isDemo)
    }

    @Test func `a whole disclosure goes over the socket and its keys are the Guard's`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        try link.writePatient("a", with: client, by: admin)
        try link.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"]),
            with: client
        )
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        let there = try client.release(
            request,
            by: .signed(try link.statement("self", request.json))
        )
        let here = try link.core.release(
            request,
            by: .signed(try link.statement("self", request.json))
        )
        guard case .granted(let remote) = there, case .granted(let local) = here else {
            Issue.record("not granted")
            return
        }
        #expect(remote.patient == local.patient)
        #expect(remote.segments.map(\.segment) == local.segments.map(\.segment))
        #expect(remote.segments.map(\.tag) == local.segments.map(\.tag))
        #expect(
            zip(remote.segments, local.segments).allSatisfy { $0.readKey == $1.readKey }
        )
        #expect(remote.decision == local.decision)
        #expect(remote.manifest == local.manifest)
        #expect(remote.receipt.index + 1 == local.receipt.index)
        // Finer than segments: facts travel, the grant is live, its disclosure is an entry.
        var finer = request
        finer.types = ["Condition"]
        guard
            case .granted(let live) = try client.release(
                finer,
                by: .signed(try link.statement("self", finer.json))
            )
        else {
            Issue.record("not granted")
            return
        }
        #expect(
            live.context.verdict(for: RecordAttributes(category: .conditions, labels: .none))
                .isPermitted
        )
        let receipt = try client.recordDisclosure(
            live,
            carrying: Manifest([Manifest.Item(number: 1, version: 1)])
        )
        #expect(receipt.index == live.receipt.index + 1)
    }

    @Test func `nobody is the operator over a socket, not even in bytes`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        #expect(throws: GuardError.notAuthenticated) { try client.status(by: .operator) }
        // Operation 4 is the status, caller 0 stands where the operator would.
        #expect(GuardDispatch.answer([4, 0], from: link.core) == nil)
        let peer = try RawPeer(link.socket)
        peer.frame([4, 0])
        #expect(peer.isEnded())
    }

    @Test func `errors come back as what they were`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        let nobody = try #require(PrincipalID("nobody"))
        #expect(throws: GuardError.unknown(what: "principal")) {
            try client.disable(nobody, by: admin, context: CallContext())
        }
        #expect(throws: GuardError.unknown(what: "write session")) {
            try client.finishWrite(try #require(SessionID(bytes: SystemRandom().bytes(16))))
        }
        #expect(throws: GuardError.notPermitted(action: "read the log")) {
            try client.entries(LogQuery(), by: admin)
        }
    }

    @Test func `a signed statement is good for one call, for its own words, now`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let once = try link.statement("admin", GuardRequest.status)
        _ = try client.status(by: .signed(once))
        #expect(throws: GuardError.notAuthenticated) { try client.status(by: .signed(once)) }
        // From another connection it is no better.
        let other = try link.client()
        #expect(throws: GuardError.notAuthenticated) { try other.status(by: .signed(once)) }
        let mismatched = try link.statement("admin", GuardRequest.principals)
        #expect(throws: GuardError.notAuthenticated) {
            try client.status(by: .signed(mismatched))
        }
        let late = try link.statement(
            "admin",
            GuardRequest.status,
            time: HostTime().now().advanced(by: .seconds(-301))
        )
        #expect(throws: GuardError.notAuthenticated) { try client.status(by: .signed(late)) }
        let guessed = SessionID(bytes: [UInt8](repeating: 7, count: 16))
        #expect(throws: GuardError.notAuthenticated) {
            try client.status(by: .session(try #require(guessed)))
        }
    }

    @Test func `a grant's id from the log is no grant`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        try link.writePatient("a", with: client, by: admin)
        try link.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"]),
            with: client
        )
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        request.types = ["Condition"]
        guard
            case .granted(let grant) = try client.release(
                request,
                by: .signed(try link.statement("self", request.json))
            )
        else {
            Issue.record("not granted")
            return
        }
        let forged = Grant(
            id: grant.id,
            patient: grant.patient,
            reference: grant.reference,
            decision: grant.decision,
            segments: [],
            filter: grant.filter,
            record: nil,
            manifest: nil,
            directory: nil,
            end: grant.end,
            receipt: grant.receipt,
            ticket: [UInt8](repeating: 0, count: 16)
        )
        #expect(throws: GuardError.grantEnded) {
            try client.recordDisclosure(forged, carrying: Manifest([]))
        }
        #expect(throws: GuardError.grantEnded) { try client.directoryTags(of: [], under: forged) }
        _ = try client.recordDisclosure(grant, carrying: Manifest([]))
    }

    @Test func `sixteen clients at once get distinct durable entries`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        try link.writePatient("a", with: client, by: admin)
        try link.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"]),
            with: client
        )
        let caller = try link.session("self", with: client)
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        let found = Mutex<[UInt64]>([])
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            for _ in 0..<20 {
                guard case .granted(let grant)? = try? client.release(request, by: caller) else {
                    continue
                }
                found.withLock { $0.append(grant.receipt.index) }
            }
        }
        let indexes = found.withLock { $0 }
        #expect(indexes.count == 320)
        #expect(Set(indexes).count == 320)
        let audit = try client.audit(by: admin)
        #expect(audit.problems == [])
        #expect(audit.entries > 320)
    }

    @Test func `a sealed Guard answers nobody, and only its keepers seal it`() throws {
        let link = try LinkHarness()
        let client = try link.client()
        let admin = try link.session("admin", with: client)
        let keeper = KeeperClient(try UnixTransport(path: link.socket))
        #expect(try !keeper.look().isSealed)
        #expect(try keeper.seal().isSealed)
        #expect(throws: GuardError.sealed) { try client.status(by: admin) }
        #expect(throws: GuardError.sealed) { try link.client() }
    }

    @Test func `a peer that is not on the list gets no answer`() throws {
        let link = try LinkHarness(users: [])
        #expect(throws: LinkError.self) { try link.client() }
        #expect(throws: LinkError.self) {
            try KeeperClient(try UnixTransport(path: link.socket)).seal()
        }
    }

    @Test func `where nobody listens the failure says so`() {
        #expect(throws: LinkError.notReachable(address: "/nowhere/s")) {
            try UnixTransport(path: "/nowhere/s")
        }
        #expect(LinkError.notReachable(address: "/nowhere/s").kind == .unavailable)
    }
}
