import Consent
import FHIRModel
import Foundation
import Guard
import MerkleLog
import Sealing
import VaultCore

/// What every schedule begins with: a vault with two patients and five principals, made by the Guard itself.
struct PreparedVault {
    /// Principals by name.
    enum Person: String, CaseIterable {
        case admin, doctor, locum, officer
        case first = "patient-a"
        case second = "patient-b"

        var requester: Requester {
            switch self {
            case .admin: Requester(kind: .administrator)
            case .doctor: Requester(kind: .clinician, references: ["Practitioner/gp"])
            case .locum: Requester(kind: .clinician, references: ["Practitioner/locum"])
            case .officer: Requester(kind: .privacyOfficer)
            case .first: Requester(kind: .patient, references: ["Patient/a"])
            case .second: Requester(kind: .patient, references: ["Patient/b"])
            }
        }
    }

    static let patients = ["a", "b"]
    static let beginning = Instant(microseconds: 1_790_000_000_000_000)

    let image: DiskImage
    let root: SecretKey
    let id: VaultID
    let keys: [Person: SecretKey]
    let policies: PolicySet
    let verifierKey: NoteVerifierKey
    let origin: String

    /// Makes the vault, with real policies.
    ///
    /// - Parameter folder: With the shipped rules.
    /// - Throws: What the Guard throws.
    init(policies folder: URL) throws {
        let random = SeededSource(seed: 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        policies = try PolicySet(
            files: PolicySet.ruleFiles(among: names).map {
                PolicySet.File(
                    name: $0,
                    text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
                )
            }
        )
        var keys: [Person: SecretKey] = [:]
        for person in Person.allCases {
            keys[person] = try SecretKey.random(from: random)
        }
        self.keys = keys
        root = try SecretKey.random(from: random)
        guard let id = VaultID(bytes: random.bytes(16)) else { throw Violation("no vault id") }
        self.id = id
        let disk = SimulatedDisk(DiskImage())
        let core = try GuardCore.create(
            storage: disk,
            root: root,
            vault: id,
            administrator: try Self.principal(.admin, keys),
            policies: policies,
            isDemo: false,
            limits: .none,
            clock: SettableTime(Self.beginning),
            random: random
        )
        for person in Person.allCases where person != .admin {
            try core.register(
                try Self.principal(person, keys),
                by: .operator,
                context: CallContext()
            )
        }
        for patient in Self.patients {
            let session = try core.beginWrite(
                by: .operator,
                origin: "import",
                context: CallContext()
            )
            _ = try Self.announce(try Self.firstRecords(of: patient), in: session, core, random)
            _ = try core.finishWrite(session)
        }
        verifierKey = try NoteVerifierKey(core.verifierKey)
        origin = core.origin
        try core.seal()
        image = disk.kept
    }

    private static func principal(
        _ person: Person,
        _ keys: [Person: SecretKey]
    ) throws -> Principal {
        guard let id = PrincipalID(person.rawValue), let key = keys[person] else {
            throw Violation("no such person")
        }
        var requester = person.requester
        requester.principal = id
        return Principal(
            id: id,
            name: person.rawValue,
            requester: requester,
            publicKey: try Signing.publicKey(of: key)
        )
    }

    /// The patient's own record and a condition; both clinicians are general practitioners.
    private static func firstRecords(of name: String) throws -> PatientWrite {
        guard let patient = RecordID("Patient/\(name)"),
            let condition = RecordID("Condition/first-\(name)")
        else { throw Violation("no record id") }
        var fact = Fact(.patient)
        fact.parties = ["Practitioner/gp", "Practitioner/locum"].map {
            Party(role: .generalPractitioner, reference: $0)
        }
        return PatientWrite(
            patient: patient,
            items: [item(patient, .demographics), item(condition, .conditions)],
            facts: [PatientFacts.Entry(origin: patient, version: 1, facts: [fact])],
            identity: nil
        )
    }

    /// A record's place in a write; what it says is nobody's business here.
    static func item(_ record: RecordID, _ category: DataCategory) -> WriteItem {
        WriteItem(
            record: record,
            digest: TreeHasher.leafHash(Array(record.description.utf8)).bytes,
            category: category,
            labels: .none,
            namesOthers: false
        )
    }

    /// Plans and announces a write.
    ///
    /// - Returns: The intent's index.
    static func announce(
        _ write: PatientWrite,
        in session: WriteSessionID,
        _ core: GuardCore,
        _ random: any RandomSource
    ) throws -> UInt64? {
        let plans = try core.plan([write], in: session)
        return try core.recordIntent(
            plans.map { plan in
                SealedHashes(
                    pseudonym: plan.pseudonym,
                    hashes: (plan.stores.compactMap { $0 }.map { _ in random.bytes(32) })
                        + plan.moves.map { _ in random.bytes(32) }
                )
            },
            in: session
        )
    }

    /// A signature over one request.
    func statement(
        _ person: Person,
        _ body: JSONValue,
        time: Instant,
        nonce: [UInt8]
    ) throws -> SignedStatement {
        guard let id = PrincipalID(person.rawValue), let key = keys[person] else {
            throw Violation("no such person")
        }
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
}

/// A promise that does not hold.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
