import Consent
import FHIRModel
import Foundation
import Guard
import GuardLink
import GuardStore
import Sealing
import Synchronization
import VaultCore

/// The Guard behind its socket: durable decisions, start with a long log, memory with many patients.
struct GuardRows {
    private let folder: URL
    private let policies: PolicySet
    private let root: SecretKey
    private let id: VaultID
    /// The Guard; none while it is opened anew, because its folder's lock lasts as long as the object.
    private var held: GuardCore?
    private var keys: [PrincipalID: SecretKey] = [:]

    init(folder parent: URL, policies: PolicySet) throws {
        folder = parent.appending(path: "guard-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.policies = policies
        root = try SecretKey.random()
        guard let id = VaultID(bytes: SystemRandom().bytes(16)), let admin = PrincipalID("admin")
        else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
        self.id = id
        held = try GuardCore.create(
            storage: try SQLiteGuardStorage(path: Self.file(folder), creating: true),
            root: root,
            vault: id,
            administrator: Principal(
                id: admin,
                name: "Administrator",
                requester: Requester(kind: .administrator),
                publicKey: try Signing.publicKey(of: try Signing.newPrivateKey())
            ),
            policies: policies,
            isDemo: false,
            limits: .none,
            clock: BenchmarkVault.SystemTime(),
            random: SystemRandom()
        )
    }

    private static func file(_ folder: URL) -> String {
        folder.appending(path: "guard.sqlite").path
    }

    func remove() throws {
        try core.close()
        try FileManager.default.removeItem(at: folder)
    }

    /// Durable decisions over a Unix socket.
    struct SocketRun {
        var perSecond: Double
        /// Of all threads, the clients' included.
        var coreMicroseconds: Double
        var latencies: [Double]
    }

    private var core: GuardCore {
        get throws {
            guard let held else {
                throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
            }
            return held
        }
    }

    /// Every client asks for a patient of its own, one request after the other.
    mutating func decisions(clients: Int, each: Int) throws -> SocketRun {
        for client in 0..<clients { try writePatients(client * 10..<client * 10 + 1, named: "s") }
        let server = GuardServer(
            keeper: BenchmarkKeeper(try core),
            rules: PeerRules(users: [geteuid()], keepers: [])
        )
        let path = folder.appending(path: "s").path
        try server.listen(path: path)
        defer { try? server.stop() }
        let callers = try (0..<clients).map { client in
            try session("self-\(client)-\(core.hasStopped)", patient: "s\(client * 10)")
        }
        let guards = try callers.map { _ in try RemoteGuard(UnixTransport(path: path)) }
        let found = Mutex<[Double]>([])
        let failed = Mutex(0)
        let spent = Measure.processorTime()
        let seconds = Measure.seconds {
            let threads = (0..<clients).map { client in
                let done = DispatchSemaphore(value: 0)
                let (remote, caller) = (guards[client], callers[client])
                Thread.detachNewThread {
                    var own: [Double] = []
                    guard let patient = PatientDesignation("s\(client * 10)") else { return }
                    let request = ReleaseRequest(patient: patient, purposes: ["PATRQT"])
                    for _ in 0..<each {
                        own.append(
                            Measure.seconds {
                                guard case .granted? = try? remote.release(request, by: caller)
                                else { return failed.withLock { $0 += 1 } }
                            }
                        )
                    }
                    found.withLock { $0 += own }
                    done.signal()
                }
                return done
            }
            for thread in threads { thread.wait() }
        }
        guard failed.withLock({ $0 }) == 0 else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        return SocketRun(
            perSecond: Double(clients * each) / seconds,
            coreMicroseconds: (Measure.processorTime() - spent) / Double(clients * each) * 1e6,
            latencies: found.withLock { $0.sorted() }
        )
    }

    /// Megabytes that a process holds more for so many patients.
    mutating func memory(patients: Int) throws -> Double {
        for first in stride(from: 0, to: patients, by: 1_000) {
            try writePatients(first..<min(first + 1_000, patients), named: "m")
        }
        try core.close()
        Measure.resetPeak()
        try reopen()
        return Measure.peakMB()
    }

    /// Seconds from the file to the first answer, with a log of so many entries.
    mutating func start(entries: Int) throws -> Double {
        let caller = try session("filler", patient: "s0")
        guard let patient = PatientDesignation("s0") else { return 0 }
        let request = ReleaseRequest(patient: patient, purposes: ["PATRQT"])
        let missing = entries - Int(try core.status(by: .operator).logSize)
        do {
            let core = try core
            DispatchQueue.concurrentPerform(iterations: 64) { _ in
                for _ in 0..<max(0, missing / 64) { _ = try? core.release(request, by: caller) }
            }
        }
        try core.close()
        return try Measure.seconds {
            try reopen()
            _ = try self.core.status(by: .operator)
        }
    }

    private mutating func reopen() throws {
        held = nil
        held = try GuardCore.unseal(
            storage: try SQLiteGuardStorage(path: Self.file(folder), creating: false),
            root: root,
            vault: id,
            witnessed: nil,
            policies: policies,
            limits: .none,
            clock: BenchmarkVault.SystemTime(),
            random: SystemRandom()
        )
    }

    private func writePatients(_ numbers: Range<Int>, named name: String) throws {
        let write = try core.beginWrite(by: .operator, origin: "bench", context: CallContext())
        var writes: [PatientWrite] = []
        for number in numbers {
            guard let patient = RecordID("Patient/\(name)\(number)") else { continue }
            writes.append(
                PatientWrite(
                    patient: patient,
                    items: [
                        WriteItem(
                            record: patient,
                            digest: SystemRandom().bytes(32),
                            category: .demographics,
                            labels: .none,
                            namesOthers: false
                        )
                    ],
                    facts: [],
                    identity: nil
                )
            )
        }
        let plans = try core.plan(writes, in: write)
        _ = try core.recordIntent(
            plans.map { plan in
                SealedHashes(
                    pseudonym: plan.pseudonym,
                    hashes: plan.stores.compactMap { $0 }.map { _ in SystemRandom().bytes(32) }
                )
            },
            in: write
        )
        _ = try core.finishWrite(write)
    }

    private mutating func session(_ name: String, patient: String) throws -> Caller {
        let unique = "\(name)-\(keys.count)"
        guard let principal = PrincipalID(unique) else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        let key = try Signing.newPrivateKey()
        keys[principal] = key
        try core.register(
            Principal(
                id: principal,
                name: unique,
                requester: Requester(
                    kind: .patient,
                    references: ["Patient/\(patient)"],
                    principal: principal
                ),
                publicKey: try Signing.publicKey(of: key)
            ),
            by: .operator,
            context: CallContext()
        )
        let nonce = SystemRandom().bytes(16)
        let time = BenchmarkVault.SystemTime().now()
        let message = SignedStatement.message(
            vault: id,
            principal: principal,
            time: time,
            nonce: nonce,
            body: GuardRequest.session
        )
        let statement = SignedStatement(
            principal: principal,
            time: time,
            nonce: nonce,
            signature: try Signing.sign(message, with: key)
        )
        return .session(try core.openSession(statement, context: CallContext()))
    }
}

/// Gives the benchmark's Guard to its server.
private final class BenchmarkKeeper: GuardKeeper {
    private let core: GuardCore

    init(_ core: GuardCore) { self.core = core }

    var service: (any GuardService)? { core }
    func look() -> KeeperState { KeeperState(isSealed: false, vault: core.vault) }
    func unseal(passphrase: SecretBytes) throws { throw GuardError.notAuthenticated }
    func offer(_ share: KeyShare) throws { throw GuardError.notAuthenticated }
    func seal() throws { throw GuardError.notAuthenticated }
    func leave() {}
}
