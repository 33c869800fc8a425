import Consent
import FHIRModel
import Foundation
import Guard
import GuardStore
import Records
import Sealing
import Vault
import VaultCore

/// A real vault with the shipped policies in a folder of its own.
final class BenchmarkVault {
    let folder: URL
    let service: VaultService
    private let id: VaultID
    private var keys: [PrincipalID: SecretKey] = [:]

    struct SystemTime: TimeSource {
        func now() -> Instant {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Instant(
                microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
            )
        }
    }

    enum Failure: Error { case unexpected(StaticString, line: Int) }

    init(in parent: URL, project: URL) throws {
        folder = parent.appending(path: "vault-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let random = SystemRandom()
        guard let id = VaultID(bytes: random.bytes(16)), let admin = PrincipalID("admin") else {
            throw Failure.unexpected(#fileID, line: #line)
        }
        self.id = id
        let policies = try Self.policies(project)
        let core = try GuardCore.create(
            storage: try SQLiteGuardStorage(
                path: folder.appending(path: "guard.sqlite").path,
                creating: true
            ),
            root: try SecretKey.random(),
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
            clock: SystemTime(),
            random: random
        )
        service = try VaultService(
            guard: core,
            records: try SQLiteRecordStore(
                path: folder.appending(path: "records.sqlite").path,
                vault: id,
                mode: .create
            ),
            labeller: Labeller(try Self.labels(project)),
            random: random
        )
    }

    func remove() throws {
        try service.close()
        try FileManager.default.removeItem(at: folder)
    }

    func importBundle(_ bytes: [UInt8]) throws -> ImportReport {
        try importFile(MemorySource(bytes))
    }

    func importFile(_ source: some ByteSource) throws -> ImportReport {
        try service.importFile(source, by: .operator, context: CallContext())
    }

    /// Imports files as one command does; the next is prepared while one is stored.
    func importFiles(_ files: [URL]) throws -> ImportReport {
        var total = ImportReport()
        try service.importFiles(
            files.count,
            by: .operator,
            context: CallContext(),
            open: { try BenchmarkFile(files[$0]) },
            stored: { _, report in
                total.stored += report.stored
                total.bytes += report.bytes
            }
        )
        return total
    }

    /// A session of a new principal, so that no request needs a signature of its own.
    func session(
        _ name: String,
        _ requester: Requester,
        device: String? = nil
    ) throws -> Caller {
        guard let principal = PrincipalID(name) else {
            throw Failure.unexpected(#fileID, line: #line)
        }
        let key = try Signing.newPrivateKey()
        var requester = requester
        requester.principal = principal
        try service.guard.register(
            Principal(
                id: principal,
                name: name,
                requester: requester,
                publicKey: try Signing.publicKey(of: key)
            ),
            by: .operator,
            context: CallContext()
        )
        let nonce = SystemRandom().bytes(16)
        let time = SystemTime().now()
        let message = SignedStatement.message(
            vault: id,
            principal: principal,
            time: time,
            nonce: nonce,
            body: ["kind": "session"]
        )
        return .session(
            try service.guard.openSession(
                SignedStatement(
                    principal: principal,
                    time: time,
                    nonce: nonce,
                    signature: try Signing.sign(message, with: key)
                ),
                context: CallContext(device: device)
            )
        )
    }

    static func policies(_ project: URL) throws -> PolicySet {
        let folder = project.appending(path: "Policies")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try PolicySet(
            files: PolicySet.ruleFiles(among: names).map {
                PolicySet.File(
                    name: $0,
                    text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
                )
            }
        )
    }

    private static func labels(_ project: URL) throws -> LabelTables {
        let folder = project.appending(path: "Policies/labels")
        let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String]
        var files: [String: String] = [:]
        for name in names ?? []
        where [".yaml", ".txt", ".codes", ".words"].contains(where: name.hasSuffix) {
            files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return try LabelTables(parsing: files)
    }
}
