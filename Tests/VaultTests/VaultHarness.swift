import Consent
import FHIRModel
import Foundation
import Guard
import GuardStore
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// A real vault in a folder of its own, with the shipped policies, that goes away with the test.
final class VaultHarness {
    let folder: URL
    let vault: VaultService
    let root: SecretKey
    let vaultID: VaultID
    let clock: any TimeSource
    private var keys: [PrincipalID: SecretKey] = [:]

    static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    struct SystemTime: TimeSource {
        func now() -> Instant {
            Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        }
    }

    init(clock: any TimeSource = SystemTime()) throws {
        self.clock = clock
        folder = FileManager.default.temporaryDirectory.appending(
            path: "vault-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        root = try SecretKey.random()
        vaultID = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        let key = try Signing.newPrivateKey()
        let id = try #require(PrincipalID("admin"))
        let core = try GuardCore.create(
            storage: try SQLiteGuardStorage(
                path: folder.appending(path: "guard.sqlite").path,
                creating: true
            ),
            root: root,
            vault: vaultID,
            administrator: Principal(
                id: id,
                name: "Administrator",
                requester: Requester(kind: .administrator),
                publicKey: try Signing.publicKey(of: key)
            ),
            policies: try Self.policies(),
            isDemo: false,
            limits: .none,
            clock: clock,
            random: SystemRandom()
        )
        vault = try VaultService(
            guard: core,
            records: try SQLiteRecordStore(
                path: folder.appending(path: "records.sqlite").path,
                vault: vaultID,
                mode: .create
            ),
            labeller: Labeller(try Self.labels()),
            random: SystemRandom()
        )
        keys[id] = key
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func policies() throws -> PolicySet {
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

    static func labels() throws -> LabelTables {
        let folder = project.appending(path: "Policies/labels")
        let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String]
        var files: [String: String] = [:]
        for name in names ?? []
        where name.hasSuffix(".yaml") || name.hasSuffix(".txt") || name.hasSuffix(".codes")
            || name.hasSuffix(".words")
        {
            files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return try LabelTables(parsing: files)
    }

    /// Registers a principal with a fresh key.
    func register(
        _ name: String,
        _ requester: Requester
    ) throws -> PrincipalID {
        let id = try #require(PrincipalID(name))
        let key = try Signing.newPrivateKey()
        var requester = requester
        requester.principal = id
        try vault.guard.register(
            Principal(
                id: id,
                name: name,
                requester: requester,
                publicKey: try Signing.publicKey(of: key)
            ),
            by: .operator,
            context: CallContext()
        )
        keys[id] = key
        return id
    }

    /// A signature of a principal over a request.
    func signed(_ id: PrincipalID, _ body: JSONValue) throws -> Caller {
        let key = try #require(keys[id])
        let nonce = SystemRandom().bytes(16)
        let time = clock.now()
        let message = SignedStatement.message(
            vault: vaultID,
            principal: id,
            time: time,
            nonce: nonce,
            body: body
        )
        return .signed(
            SignedStatement(
                principal: id,
                time: time,
                nonce: nonce,
                signature: try Signing.sign(message, with: key)
            )
        )
    }

    func session(_ id: PrincipalID) throws -> Caller {
        guard case .signed(let statement) = try signed(id, ["kind": "session"]) else {
            throw GuardError.notAuthenticated
        }
        return .session(try vault.guard.openSession(statement, context: CallContext()))
    }

    func importFile(_ url: URL) throws -> ImportReport {
        try vault.importFile(
            MemorySource(Array(try Data(contentsOf: url))),
            by: .operator,
            context: CallContext()
        )
    }

    func importExample(_ name: String) throws -> ImportReport {
        try importFile(Self.project.appending(path: "Examples/\(name)"))
    }

    func request(
        _ id: PrincipalID,
        _ patient: String,
        _ purpose: String,
        _ edit: (inout ReleaseRequest) -> Void = { _ in }
    ) throws -> DisclosureOutcome {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation(patient)),
            purposes: [purpose]
        )
        edit(&request)
        return try vault.request(request, by: try signed(id, request.json))
    }
}

extension DisclosureOutcome {
    var released: Disclosure? {
        if case .released(let disclosure) = self { disclosure } else { nil }
    }
}
