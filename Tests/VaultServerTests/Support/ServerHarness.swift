import Consent
import FHIRModel
import Foundation
import Guard
import GuardStore
import Records
import Sealing
import Synchronization
import Testing
import Vault
import VaultCore
import VaultTestSupport

@testable import VaultServer

/// A clock that goes with the system's, and can be moved on.
final class MovableTime: TimeSource {
    private let offset = Mutex<Int64>(0)

    func now() -> Instant {
        Instant(
            microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)
                + offset.withLock { $0 }
        )
    }

    func move(by duration: Duration) {
        offset.withLock { $0 += duration.components.seconds * 1_000_000 }
    }
}

/// A server over a real vault in a folder of its own; asked directly, without a socket.
final class ServerHarness {
    let folder: URL
    let vault: VaultService
    let server: Server
    let clock = MovableTime()
    private var clients: [String: TestClient] = [:]
    private var keys: [PrincipalID: SecretKey] = [:]
    private let root: SecretKey
    private let id: VaultID

    static let origin = "http://127.0.0.1:8443"
    static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init(limits: RateLimits = .shipped) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "server-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        id = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        root = try SecretKey.random()
        let key = try Signing.newPrivateKey()
        let core = try GuardCore.create(
            storage: try SQLiteGuardStorage(
                path: folder.appending(path: "guard.sqlite").path,
                creating: true
            ),
            root: root,
            vault: id,
            administrator: Principal(
                id: try #require(PrincipalID("admin")),
                name: "Administrator",
                requester: Requester(kind: .administrator),
                publicKey: try Signing.publicKey(of: key)
            ),
            policies: try Self.policies(),
            isDemo: false,
            limits: limits,
            clock: clock,
            random: SystemRandom()
        )
        vault = try VaultService(
            guard: core,
            records: try SQLiteRecordStore(
                path: folder.appending(path: "records.sqlite").path,
                vault: id,
                mode: .create
            ),
            labeller: Labeller(try Self.labels()),
            random: SystemRandom()
        )
        var options = Server.Options(origin: Self.origin)
        options.pages = try Self.pages()
        server = Server(
            vault: vault,
            options: options,
            clock: clock,
            random: SystemRandom()
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func policies() throws -> PolicySet {
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

    private static func pages() throws -> [PageWords] {
        try ["en", "ta", "ms", "nb", "lt", "ko"].map { code in
            func json(_ folder: String) throws -> JSONValue {
                let url = project.appending(path: "Policies/\(folder)/\(code).json")
                return try #require(JSONValue(parsing: Array(try Data(contentsOf: url))))
            }
            return try #require(
                PageWords(page: try json("pages"), explanations: try json("explanations"))
            )
        }
    }

    private static func labels() throws -> LabelTables {
        let folder = project.appending(path: "Policies/labels")
        let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String]
        var files: [String: String] = [:]
        for name in names ?? []
        where [".yaml", ".txt", ".codes", ".words"].contains(where: name.hasSuffix) {
            files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return try LabelTables(parsing: files)
    }

    // MARK: The Guard's file

    /// The Guard as the next start finds it: another one over a copy of the file.
    func restarted() throws -> GuardCore { try opened(try storageCopy()) }

    func storageCopy() throws -> SQLiteGuardStorage {
        let copy = folder.appending(path: "copy-\(UUID().uuidString).sqlite").path
        for end in ["", "-wal"] {
            let source = folder.appending(path: "guard.sqlite").path + end
            guard FileManager.default.fileExists(atPath: source) else { continue }
            try FileManager.default.copyItem(atPath: source, toPath: copy + end)
        }
        return try SQLiteGuardStorage(path: copy, creating: false)
    }

    func opened(_ storage: sending SQLiteGuardStorage) throws -> GuardCore {
        try GuardCore.unseal(
            storage: storage,
            root: root,
            vault: id,
            witnessed: nil,
            policies: try Self.policies(),
            clock: clock,
            random: SystemRandom()
        )
    }

    /// The whole log, as a privacy officer reads it.
    func registeredLog() throws -> [LoggedEntry] {
        if keys[try #require(PrincipalID("log-officer"))] == nil {
            try enrol(
                "log-officer",
                Guard_Requester(kind: .privacyOfficer),
                purposes: ["HCOMPL"]
            )
        }
        return try vault.guard.entries(LogQuery(), by: try session("log-officer"))
    }

    /// Gives a principal an account.
    ///
    /// - Returns: The secret of its codes.
    func account(_ name: String, password: String) throws -> [UInt8] {
        try vault.guard.setAccount(
            try #require(PrincipalID(name)),
            password: Array(password.utf8),
            isNew: true,
            by: .operator,
            context: CallContext()
        )
    }

    // MARK: Persons, clients, records

    /// Registers a principal with a client that may do everything for one purpose.
    @discardableResult
    func enrol(
        _ name: String,
        _ requester: Guard_Requester,
        purposes: [String],
        scopes: [String] = ["system/*.cruds"]
    ) throws -> TestClient {
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
        let client = TestClient("\(name)-app")
        try register(client, for: name, purposes: purposes, scopes: scopes)
        return client
    }

    func register(
        _ client: TestClient,
        for principal: String,
        purposes: [String],
        scopes: [String]
    ) throws {
        let id = try #require(PrincipalID(principal))
        let key = try #require(WebKey(json: client.jwk))
        let known = try #require(
            Client(
                id: client.id,
                principal: id,
                keys: [key],
                scopes: scopes.compactMap { ClientScope($0) },
                purposes: purposes
            )
        )
        try vault.guard.register(known, by: .operator, context: CallContext())
        clients[client.id] = client
    }

    func take(_ resources: [String]) throws {
        _ = try vault.importFile(
            MemorySource(Array(resources.joined(separator: "\n").utf8)),
            by: .operator,
            context: CallContext()
        )
    }

    func importExample(_ name: String) throws {
        let url = Self.project.appending(path: "Examples/\(name)")
        _ = try vault.importFile(
            MemorySource(Array(try Data(contentsOf: url))),
            by: .operator,
            context: CallContext()
        )
    }

    /// A session of a principal at the Guard, for what is not done over HTTP.
    func session(_ name: String) throws -> Caller {
        let id = try #require(PrincipalID(name))
        let key = try #require(keys[id])
        let nonce = SystemRandom().bytes(16)
        let time = clock.now()
        let message = SignedStatement.message(
            vault: vault.guard.vault,
            principal: id,
            time: time,
            nonce: nonce,
            body: ["kind": "session"]
        )
        let statement = SignedStatement(
            principal: id,
            time: time,
            nonce: nonce,
            signature: try Signing.sign(message, with: key)
        )
        return .session(try vault.guard.openSession(statement, context: CallContext()))
    }

    // MARK: Requests

    func call(
        _ method: String,
        _ target: String,
        token: String? = nil,
        headers: [(name: String, value: String)] = [],
        body: String = ""
    ) -> HTTPReply {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers = headers
        if let token { headers.append(("authorization", "Bearer \(token)")) }
        if !body.isEmpty, !headers.contains(where: { $0.name == "content-type" }) {
            headers.append(("content-type", "application/fhir+json"))
        }
        return server.reply(
            to: HTTPCall(
                id: "test",
                method: method,
                path: String(parts[0]),
                query: parts.count > 1 ? String(parts[1]) : "",
                headers: headers,
                body: Array(body.utf8),
                remoteAddress: "127.0.0.1"
            ),
            since: .now
        )
    }

    func tokenReply(_ assertion: String, scope: String, path: String = "token") -> HTTPReply {
        call(
            "POST",
            "/auth/\(path)",
            headers: [("content-type", "application/x-www-form-urlencoded")],
            body: "grant_type=client_credentials&scope=\(FormText.encoded(scope))"
                + "&client_assertion_type="
                + "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                + "&client_assertion=\(assertion)"
        )
    }

    /// An access token of a client.
    func token(
        _ client: TestClient,
        scope: String = "system/*.cruds",
        purpose: [String]? = nil
    ) throws -> String {
        let claims = client.claims(
            audience: "\(Self.origin)/auth/token",
            now: clock.now(),
            purpose: purpose
        )
        let reply = tokenReply(try client.assertion(claims), scope: scope)
        return try #require(reply.json["access_token"]?.string)
    }
}

/// `Requester` is the server's name too.
typealias Guard_Requester = Consent.Requester

extension HTTPReply {
    /// The body as JSON with whole numbers only; `null` where it is none.
    var json: JSONValue { JSONValue(parsing: body) ?? .null }

    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// Everything that a client can compare, ids of the request left out.
    var shape: String {
        "\(status) " + headers.map { "\($0.name): \($0.value)" }.joined(separator: "; ") + " "
            + text
    }

    /// The same of a page, without what is random in each.
    var shapeWithoutNonce: String {
        guard let nonce = text.firstRange(of: "nonce=\"") else { return shape }
        return shape.replacing(text[nonce.upperBound...].prefix { $0 != "\"" }, with: "")
    }

    /// Ids of a Bundle's entries of one mode.
    func ids(_ mode: String = "match") -> [String] {
        var parser = JSONParser()
        guard let root = try? parser.parse(body).root else { return [] }
        return root["entry"]?.elements.filter { $0["search"]?["mode"]?.string == mode }
            .compactMap { entry in
                guard let type = entry["resource"]?["resourceType"]?.string,
                    let id = entry["resource"]?["id"]?.string
                else { return nil }
                return "\(type)/\(id)"
            } ?? []
    }

    var total: Int? {
        var parser = JSONParser()
        return try? parser.parse(body).root["total"]?.integer
    }
}
