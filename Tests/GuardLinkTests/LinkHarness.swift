import Consent
import FHIRModel
import Foundation
import Guard
import GuardStore
import Sealing
import Synchronization
import Testing
import VaultCore

@testable import GuardLink

/// A Guard with one patient behind a socket, and the keys of who may ask.
final class LinkHarness {
    let folder: URL
    let keeper: TestKeeper
    let server: GuardServer
    let core: GuardCore
    private var keys: [PrincipalID: SecretKey] = [:]

    static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let policies = Result {
        let folder = project.appending(path: "Policies")
        return try PolicySet(
            files: FileManager.default.contentsOfDirectory(atPath: folder.path)
                .filter {
                    $0.hasSuffix(".yaml") && $0 != "invariants.yaml" && $0 != "domain.yaml"
                }
                .map {
                    PolicySet.File(
                        name: $0,
                        text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
                    )
                }
        )
    }

    var socket: String { folder.appending(path: "s").path }

    init(limits: LinkLimits = LinkLimits(), users: Set<UInt32> = [geteuid()]) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "link-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let vault = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        let admin = try #require(PrincipalID("admin"))
        let key = try Signing.newPrivateKey()
        keys[admin] = key
        core = try GuardCore.create(
            storage: try SQLiteGuardStorage(
                path: folder.appending(path: "guard.sqlite").path,
                creating: true
            ),
            root: try SecretKey.random(),
            vault: vault,
            administrator: Principal(
                id: admin,
                name: "Administrator",
                requester: Requester(kind: .administrator, principal: admin),
                publicKey: try Signing.publicKey(of: key)
            ),
            policies: try Self.policies.get(),
            isDemo: false,
            limits: .none,
            clock: HostTime(),
            random: SystemRandom()
        )
        keeper = TestKeeper(core)
        server = GuardServer(
            keeper: keeper,
            rules: PeerRules(users: users, keepers: users.isEmpty ? [] : [geteuid()]),
            limits: limits
        )
        try server.listen(path: folder.appending(path: "s").path)
    }

    deinit {
        try? server.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    func client() throws -> RemoteGuard { try RemoteGuard(UnixTransport(path: socket)) }

    /// Registers over the socket, signed by the administrator.
    @discardableResult
    func register(
        _ name: String,
        _ requester: Requester,
        with client: RemoteGuard
    ) throws -> PrincipalID {
        let id = try #require(PrincipalID(name))
        let key = try Signing.newPrivateKey()
        var requester = requester
        requester.principal = id
        let principal = Principal(
            id: id,
            name: name,
            requester: requester,
            publicKey: try Signing.publicKey(of: key)
        )
        let admin = try session("admin", with: client)
        try client.register(principal, by: admin, context: CallContext())
        keys[id] = key
        return id
    }

    func statement(
        _ name: String,
        _ body: JSONValue,
        time: Instant = HostTime().now(),
        nonce: [UInt8] = SystemRandom().bytes(16)
    ) throws -> SignedStatement {
        let id = try #require(PrincipalID(name))
        let message = SignedStatement.message(
            vault: core.vault,
            principal: id,
            time: time,
            nonce: nonce,
            body: body
        )
        return SignedStatement(
            principal: id,
            time: time,
            nonce: nonce,
            signature: try Signing.sign(message, with: try #require(keys[id]))
        )
    }

    func session(_ name: String, with client: any GuardService) throws -> Caller {
        .session(
            try client.openSession(
                try statement(name, GuardRequest.session),
                context: CallContext()
            )
        )
    }

    /// Writes a patient with one condition, as an import does, without rows.
    func writePatient(_ id: String, with client: any GuardService, by caller: Caller) throws {
        let patient = try #require(RecordID("Patient/\(id)"))
        let condition = try #require(RecordID("Condition/c-\(id)"))
        let session = try client.beginWrite(by: caller, origin: "test", context: CallContext())
        let plans = try client.plan(
            [
                PatientWrite(
                    patient: patient,
                    items: [
                        WriteItem(
                            record: patient,
                            digest: [UInt8](repeating: 1, count: 32),
                            category: .demographics,
                            labels: .none,
                            namesOthers: false
                        ),
                        WriteItem(
                            record: condition,
                            digest: [UInt8](repeating: 2, count: 32),
                            category: .conditions,
                            labels: .none,
                            namesOthers: false
                        ),
                    ],
                    facts: [],
                    identity: nil
                )
            ],
            in: session
        )
        #expect(plans[0].stores.compactMap { $0 }.count == 2)
        _ = try client.recordIntent(
            plans.map {
                SealedHashes(
                    pseudonym: $0.pseudonym,
                    hashes: [
                        [UInt8](repeating: 7, count: 32), [UInt8](repeating: 8, count: 32),
                    ]
                )
            },
            in: session
        )
        _ = try #require(try client.finishWrite(session))
    }
}

/// Keeps the harness's Guard.
final class TestKeeper: GuardKeeper {
    private let core: Mutex<GuardCore?>
    private let vault: VaultID
    let farewells = Mutex(0)

    init(_ core: GuardCore) {
        self.core = Mutex(core)
        vault = core.vault
    }

    var service: (any GuardService)? { core.withLock { $0 } }
    func look() -> KeeperState {
        KeeperState(isSealed: core.withLock { $0 == nil }, vault: vault)
    }
    func unseal(passphrase: SecretBytes) throws { throw GuardError.notAuthenticated }
    func offer(_ share: KeyShare) throws { throw GuardError.notAuthenticated }
    func seal() throws { try core.withLock { $0.take() }?.seal() }
    func leave() { farewells.withLock { $0 += 1 } }
}

struct HostTime: TimeSource {
    func now() -> Instant {
        Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    }
}

/// A peer that says what it likes.
final class RawPeer {
    let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = try #require(UnixAddress(path: path))
        let isConnected = address.connect(descriptor)
        try #require(isConnected)
    }

    /// The same over TCP, to this machine.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = descriptor
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func frame(_ message: [UInt8]) { send(FrameHeader.bytes(message.count) + message) }

    /// What comes within so many seconds; `nil` where the other side ends the connection.
    func receive(seconds: Int = 5) -> [UInt8]? {
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &timeout,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
        return Array(buffer.prefix(max(count, 0)))
    }

    /// Whether the other side ended the connection within so many seconds.
    func isEnded(seconds: Int = 5) -> Bool {
        while let part = receive(seconds: seconds) { if part.isEmpty { return false } }
        return true
    }
}
