import BreachResponse
import Consent
import Foundation
import Guard
import Sealing
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// A clock that the test moves.
final class SteeredClock: TimeSource {
    private let microseconds: Mutex<Int64>

    init() { microseconds = Mutex(Int64(Date().timeIntervalSince1970) * 1_000_000) }

    func now() -> Instant { Instant(microseconds: microseconds.withLock { $0 }) }

    func pass(_ seconds: Int64) { microseconds.withLock { $0 += seconds * 1_000_000 } }
}

/// A person with a key, registered in a vault.
struct TestPerson: IncidentPerson {
    let principal: PrincipalID
    let publicKey: [UInt8]
    private let key: SecretKey
    private let harness: VaultHarness

    init(_ name: String, _ requester: Requester, in harness: VaultHarness) throws {
        principal = try #require(PrincipalID(name))
        key = try Signing.newPrivateKey()
        publicKey = try Signing.publicKey(of: key)
        self.harness = harness
        var requester = requester
        requester.principal = principal
        try harness.vault.guard.register(
            Principal(id: principal, name: name, requester: requester, publicKey: publicKey),
            by: .operator,
            context: CallContext()
        )
    }

    func caller(for body: JSONValue) throws -> Caller {
        let time = harness.clock.now()
        let nonce = SystemRandom().bytes(16)
        let message = SignedStatement.message(
            vault: harness.vaultID,
            principal: principal,
            time: time,
            nonce: nonce,
            body: body
        )
        return .signed(
            SignedStatement(
                principal: principal,
                time: time,
                nonce: nonce,
                signature: try sign(message)
            )
        )
    }

    func sign(_ message: [UInt8]) throws -> [UInt8] { try Signing.sign(message, with: key) }

    /// Reads a patient; a patient reads themselves, a clinician breaks the glass or treats.
    func read(
        _ patient: String,
        _ purpose: String,
        breakGlass: String? = nil,
        categories: [String] = []
    ) throws -> Disclosure? {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation(patient)),
            purposes: [purpose]
        )
        request.breakGlass = breakGlass.map { BreakGlass(reason: $0) }
        request.categories = categories
        return try harness.vault.request(request, by: try caller(for: request.json)).released
    }
}

/// A small hospital in which somebody snoops, with the truth written down before any scope is computed.
struct SnoopedVault {
    let clock = SteeredClock()
    let harness: VaultHarness
    let officer: TestPerson
    let engineer: TestPerson
    let snooper: TestPerson
    let window: ScopeWindow
    /// Patients that the snooper read in the window, with the number of records each response carried.
    var accessed: [String: Int] = [:]
    /// A patient whose grant to the snooper was older than the window and still lived in it.
    let couldHave: Set<String> = ["Patient/poongodi"]
    let sameHead: Set<String> = ["Patient/marit"]
    let examined: Set<String> = ["Patient/margaret", "Patient/haeun"]

    init() throws {
        harness = try VaultHarness(clock: clock)
        for name in [
            "directory", "en-margaret-whitfield", "ko-jeong-haeun", "lt-tomas-girdenis",
            "ms-nurul-aisyah", "nb-marit-bjornstad", "ta-poongodi",
        ] { _ = try harness.importExample("\(name).json") }
        officer = try TestPerson(
            "po",
            Requester(
                kind: .privacyOfficer,
                roles: [
                    "commander", "communications", "reviewer",
                ]
            ),
            in: harness
        )
        engineer = try TestPerson(
            "so",
            Requester(kind: .securityOfficer, roles: ["counsel", "system-owner", "reviewer"]),
            in: harness
        )
        snooper = try TestPerson("snooper", Requester(kind: .clinician), in: harness)
        let okafor = try TestPerson(
            "okafor",
            Requester(kind: .clinician, references: ["Practitioner/prac-us-okafor"]),
            in: harness
        )
        let haeun = try TestPerson(
            "haeun",
            Requester(kind: .patient, references: ["Patient/haeun"]),
            in: harness
        )
        clock.pass(3_600)
        #expect(try snooper.read("marit", "ETREAT", breakGlass: "urgent-care") != nil)
        clock.pass(6 * 3_600)
        #expect(try snooper.read("poongodi", "ETREAT", breakGlass: "urgent-care") != nil)
        clock.pass(60)
        let from = clock.now()
        clock.pass(60)
        #expect(try okafor.read("margaret", "TREAT") != nil)
        accessed["Patient/tomas"] = try #require(
            try snooper.read("tomas", "ETREAT", breakGlass: "urgent-care")
        ).releasedCount
        clock.pass(60)
        #expect(try haeun.read("haeun", "PATRQT") != nil)
        accessed["Patient/aisyah"] = try #require(
            try snooper.read(
                "aisyah",
                "ETREAT",
                breakGlass: "urgent-care",
                categories: ["medications"]
            )
        ).releasedCount
        clock.pass(60)
        window = ScopeWindow(from: from, to: clock.now())
        clock.pass(60)
        #expect(try snooper.read("marit", "ETREAT", breakGlass: "urgent-care") != nil)
        clock.pass(60)
    }

    var question: ScopeComputation {
        ScopeComputation(window: window, suspicion: .principal(snooper.principal))
    }

    func reference(of patient: PatientPseudonym, in finding: ScopeFinding) -> String {
        finding.log.patients.first { $0.pseudonym == patient }?.reference ?? "?"
    }
}

struct BreachScopeTests {
    @Test func `a snooper's window gives exactly the three sets that the test knows beforehand`()
        throws
    {
        let world = try SnoopedVault()
        let finding = try world.harness.vault.scope(
            world.question,
            by: [world.officer, world.engineer],
            context: CallContext()
        )
        #expect(finding.result.doubts == [])
        #expect(finding.isAgreed)
        let accessed = Dictionary(
            uniqueKeysWithValues: finding.result.accessed.map {
                (world.reference(of: $0.patient, in: finding), Set($0.accessed.map(\.item)).count)
            }
        )
        #expect(accessed == world.accessed)
        #expect(
            Set(finding.result.couldHave.map { world.reference(of: $0.patient, in: finding) })
                == world.couldHave
        )
        for (patient, proof) in finding.result.notAccessed {
            let reference = world.reference(of: patient, in: finding)
            let known = try #require(finding.log.patients.first { $0.pseudonym == patient })
            switch proof {
            case .sameHead:
                #expect(world.sameHead.contains(reference))
                #expect(known.start == known.end)
            case .examined: #expect(world.examined.contains(reference))
            case .sealed: Issue.record("no backup was lost")
            }
        }
        #expect(finding.result.notAccessed.count == 3)
        #expect(finding.result.patientCount == 6)
        let items = finding.result.accessed.flatMap(\.accessed).map(\.item.record)
        #expect(items.allSatisfy { finding.log.records[$0] != nil })
        #expect(try world.harness.vault.verify().problems == [])
    }

    @Test func `a certificate is checked with the public key alone, and no altered byte passes`()
        throws
    {
        let world = try SnoopedVault()
        let people = [world.officer, world.engineer]
        let vault = world.harness.vault
        let finding = try vault.scope(world.question, by: people, context: CallContext())
        let file = try vault.certify(
            finding,
            of: Incident(id: "case-1", isDrill: false),
            previous: nil,
            by: people,
            context: CallContext()
        )
        let key = vault.guard.verifierKey
        let good = try ScopeFile.verify(file.bytes, verifierKey: key)
        #expect(good.problems == [])
        #expect(good.counts == [2, 1, 3])
        #expect(good.persons == ["po", "so"])
        var random = SeededRandom(seed: 7)
        let bytes = file.bytes
        for _ in 0..<200 {
            var altered = bytes
            let place = Int.random(in: bytes.indices, using: &random)
            altered[place] ^= UInt8.random(in: 1...255, using: &random)
            #expect(try !ScopeFile.verify(altered, verifierKey: key).problems.isEmpty)
        }
        // A patient moved to the cleared set, with counts and digest left consistent, is refused too.
        let text = String(decoding: bytes, as: UTF8.self)
        let renamed = text.replacing("Patient/tomas", with: "Patient/other")
        #expect(try !ScopeFile.verify(Array(renamed.utf8), verifierKey: key).problems.isEmpty)
        let other = try VaultHarness().vault.guard.verifierKey
        #expect(try !ScopeFile.verify(bytes, verifierKey: other).problems.isEmpty)
    }

    @Test func `who may not read the log computes no scope, and one person signs once`() throws {
        let world = try SnoopedVault()
        let vault = world.harness.vault
        #expect(throws: GuardError.notPermitted(action: "read the log")) {
            _ = try vault.scope(world.question, by: [world.snooper], context: CallContext())
        }
        let finding = try vault.scope(world.question, by: [world.officer], context: CallContext())
        #expect(!finding.isAgreed)
        #expect(throws: GuardError.notPermitted(action: "sign twice")) {
            _ = try vault.certify(
                finding,
                of: Incident(id: "case-1", isDrill: false),
                previous: nil,
                by: [world.officer, world.officer],
                context: CallContext()
            )
        }
        let nobody = try #require(PrincipalID("nobody"))
        #expect(throws: BreachResponseError.suspicionNamesNobody) {
            _ = try vault.scope(
                ScopeComputation(window: world.window, suspicion: .principal(nobody)),
                by: [world.officer],
                context: CallContext()
            )
        }
    }
}
