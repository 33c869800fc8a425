import Consent
import FHIRModel
import Foundation
import GRDBSQLite
import Guard
import GuardStore
import Records
import Sealing
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// A clock that a test moves.
final class MovableTime: TimeSource {
    private let instant: Mutex<Instant>

    init(_ text: String = "2026-03-02T09:00:00Z") {
        instant = Mutex(Instant(rfc3339: text) ?? Instant(microseconds: 0))
    }

    func now() -> Instant { instant.withLock { $0 } }
    func advance(_ seconds: Int) {
        instant.withLock { $0 = $0.advanced(by: .seconds(seconds)) }
    }
}

/// A vault in a folder that can be closed, damaged, copied and opened again.
final class HardVault {
    let folder: URL
    let root: SecretKey
    let id: VaultID
    let clock: MovableTime
    let guardFaults = Faults()
    let recordFaults = Faults()
    private(set) var keys: [PrincipalID: SecretKey] = [:]
    private var opened: VaultService?
    private var ownsFolder = true
    var vault: VaultService {
        get throws { try #require(opened) }
    }

    static let shippedPolicies = Result { try VaultHarness.policies() }
    static let shippedLabeller = Result { Labeller(try VaultHarness.labels()) }

    init(isDemo: Bool = false, clock: MovableTime = MovableTime()) throws {
        self.clock = clock
        folder = Self.newFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        root = try SecretKey.random()
        id = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        let admin = try #require(PrincipalID("admin"))
        let key = try Signing.newPrivateKey()
        keys[admin] = key
        let storage = try SQLiteGuardStorage(path: guardPath, creating: true)
        let core = try GuardCore.create(
            storage: FaultyGuardStorage(storage, guardFaults),
            root: root,
            vault: id,
            administrator: Principal(
                id: admin,
                name: "Administrator",
                requester: Requester(kind: .administrator),
                publicKey: try Signing.publicKey(of: key)
            ),
            policies: try Self.shippedPolicies.get(),
            isDemo: isDemo,
            limits: .none,
            clock: clock,
            random: SystemRandom()
        )
        opened = try VaultService(
            guard: core,
            records: FaultyRecordStore(
                try SQLiteRecordStore(path: recordPath, vault: id, mode: .create),
                recordFaults
            ),
            labeller: try Self.shippedLabeller.get(),
            random: SystemRandom()
        )
    }

    /// A copy of a closed vault in a folder of its own.
    init(copying other: HardVault) throws {
        clock = other.clock
        folder = Self.newFolder()
        root = other.root
        id = other.id
        keys = other.keys
        try FileManager.default.copyItem(at: other.folder, to: folder)
    }

    /// The same folder in a child process, which leaves it as it is.
    init(attachedTo path: String, root key: [UInt8], id text: String) throws {
        clock = MovableTime()
        folder = URL(filePath: path)
        root = try SecretKey(copying: key)
        id = try #require(Hex.decode(text).flatMap { VaultID(bytes: $0) })
        ownsFolder = false
    }

    deinit { if ownsFolder { try? FileManager.default.removeItem(at: folder) } }

    static func newFolder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "hard-\(UUID().uuidString)")
    }

    var guardPath: String { folder.appending(path: "guard.sqlite").path }
    var recordPath: String { folder.appending(path: "records.sqlite").path }

    /// Closes as a good end would.
    func close() throws {
        try opened?.close()
        opened = nil
    }

    /// Ends as a crash would: nothing is sealed, nothing folded.
    func drop() { opened = nil }

    /// The Guard alone, without a record side that closes what a crash left open.
    func core(witnessed: String? = nil, limits: RateLimits = .none) throws -> GuardCore {
        try GuardCore.unseal(
            storage: FaultyGuardStorage(
                try SQLiteGuardStorage(path: guardPath, creating: false),
                guardFaults
            ),
            root: root,
            vault: id,
            witnessed: witnessed,
            policies: try Self.shippedPolicies.get(),
            limits: limits,
            clock: clock,
            random: SystemRandom()
        )
    }

    @discardableResult
    func reopen(
        witnessed: String? = nil,
        limits: RateLimits = .none
    ) throws -> VaultService {
        opened = nil
        let core = try core(witnessed: witnessed, limits: limits)
        let vault = try VaultService(
            guard: core,
            records: FaultyRecordStore(
                try SQLiteRecordStore(path: recordPath, vault: id, mode: .open),
                recordFaults
            ),
            labeller: try Self.shippedLabeller.get(),
            random: SystemRandom()
        )
        opened = vault
        return vault
    }

    // MARK: Principals

    @discardableResult
    func register(_ name: String, _ requester: Requester) throws -> PrincipalID {
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

    func statement(_ id: PrincipalID, _ body: JSONValue) throws -> SignedStatement {
        let key = try #require(keys[id])
        let nonce = SystemRandom().bytes(16)
        let time = clock.now()
        let message = SignedStatement.message(
            vault: self.id,
            principal: id,
            time: time,
            nonce: nonce,
            body: body
        )
        return SignedStatement(
            principal: id,
            time: time,
            nonce: nonce,
            signature: try Signing.sign(message, with: key)
        )
    }

    func signed(_ id: PrincipalID, _ body: JSONValue) throws -> Caller {
        .signed(try statement(id, body))
    }

    func session(_ id: PrincipalID) throws -> Caller {
        .session(
            try vault.guard.openSession(
                try statement(id, ["kind": "session"]),
                context: CallContext()
            )
        )
    }

    // MARK: Use cases

    @discardableResult
    func take(_ resources: [String], part2: Bool = false) throws -> ImportReport {
        try vault.importFile(
            MemorySource(Self.bundle(resources)),
            by: .operator,
            isPart2Source: part2,
            context: CallContext()
        )
    }

    static func bundle(_ resources: [String]) -> [UInt8] {
        let entries = resources.map { "{\"resource\":\($0)}" }.joined(separator: ",")
        return Array(
            "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\(entries)]}".utf8
        )
    }

    func request(
        _ id: PrincipalID,
        _ patient: String,
        _ purposes: String...,
        edit: (inout ReleaseRequest) -> Void = { _ in }
    ) throws -> DisclosureOutcome {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation(patient)),
            purposes: purposes
        )
        edit(&request)
        return try vault.request(request, by: try signed(id, request.json))
    }

    func problems() throws -> [AuditProblem] { try vault.verify().problems }

    /// Everything that its patient is shown, by reference.
    func everything(of patient: String, by id: PrincipalID) throws -> [String: String] {
        let disclosure = try #require(try request(id, patient, "PATRQT").released)
        return Dictionary(
            disclosure.records.map {
                ($0.record.description, String(decoding: $0.bytes, as: UTF8.self))
            },
            uniquingKeysWith: { $1 }
        )
    }

    /// Runs SQL on a closed file, as somebody with the disk could.
    func alter(_ path: String, _ sql: String) throws {
        struct Failed: Error {}
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        guard sqlite3_open(path, &connection) == SQLITE_OK,
            sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK
        else { throw Failed() }
    }

    /// One column of one statement on a closed file, as hexadecimal text.
    func column(_ path: String, _ sql: String) throws -> [String] {
        var connection: OpaquePointer?
        var statement: OpaquePointer?
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(connection)
        }
        try #require(sqlite3_open(path, &connection) == SQLITE_OK)
        try #require(sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK)
        var found: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            found.append(sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "")
        }
        return found
    }
}

/// Small resources for tests, in words that no other test uses.
enum Small {
    static func patient(_ id: String, family: String = "Example", more: String = "") -> String {
        """
        {"resourceType":"Patient","id":"\(id)","name":[{"family":"\(family)","given":["Test"]}],\
        "birthDate":"1971-04-09","identifier":[{"system":"urn:mrn","value":"MRN-\(id)"}],\
        "generalPractitioner":[{"reference":"Practitioner/gp"}]\(more)}
        """
    }

    /// ICD-10-CM: I10 is hypertension, F32.9 depression, B20 HIV disease.
    static func condition(
        _ id: String,
        of patient: String,
        code: String = "I10",
        more: String = ""
    ) -> String {
        """
        {"resourceType":"Condition","id":"\(id)","subject":{"reference":"Patient/\(patient)"},\
        "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},\
        "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"\(code)"}]}\(more)}
        """
    }

    static func claim(_ id: String, of patient: String, condition: String) -> String {
        """
        {"resourceType":"Claim","id":"\(id)","status":"active","use":"claim",\
        "type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/claim-type","code":"professional"}]},\
        "patient":{"reference":"Patient/\(patient)"},"created":"2026-01-05",\
        "provider":{"reference":"Practitioner/gp"},\
        "priority":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/processpriority","code":"normal"}]},\
        "diagnosis":[{"sequence":1,"diagnosisReference":{"reference":"Condition/\(condition)"}}],\
        "insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cov-\(patient)"}}]}
        """
    }

    static func note(_ id: String, of patient: String, text: String) -> String {
        let data = Data(text.utf8).base64EncodedString()
        return """
            {"resourceType":"DocumentReference","id":"\(id)","status":"current",\
            "subject":{"reference":"Patient/\(patient)"},\
            "type":{"coding":[{"system":"http://loinc.org","code":"34109-9"}]},\
            "content":[{"attachment":{"contentType":"text/plain","data":"\(data)"}}]}
            """
    }

    static let practitioner =
        #"{"resourceType":"Practitioner","id":"gp","name":[{"family":"Doctor"}]}"#
}

extension DisclosureOutcome {
    var denial: Denial? { if case .denied(let denial) = self { denial } else { nil } }
}
