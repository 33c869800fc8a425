import Foundation
import MerkleLog
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

/// Repeatable bytes behind the protocol that the sealer draws from.
final class SeededBytes: RandomSource {
    private let generator: Mutex<SeededRandom>

    init(seed: UInt64) {
        generator = Mutex(SeededRandom(seed: seed))
    }

    func bytes(_ count: Int) -> [UInt8] {
        generator.withLock { $0.bytes(count) }
    }
}

/// A small log: entries of five patients, two of them in one disclosure, with all that proofs need.
struct SampleLog {
    static let origin = "vault.example/log/1"
    static let start = Instant(seconds: 1_795_334_400)

    var entries: [StoredEntry] = []
    var tree = CompactRange()
    var hashes = HashesInMemory()
    /// For each patient the log indices of their entries and the section each part stands in.
    var places: [String: [(index: Int, section: Int)]] = [:]
    let origin: String
    let key: NoteSigningKey
    let witness: NoteSigningKey
    private let sealer: SectionSealer
    private let headerKey: SectionKey

    init(seed: UInt64 = 1, origin: String = Self.origin) throws {
        self.origin = origin
        key = try NoteSigningKey(name: origin, seed: [UInt8](repeating: 0x41, count: 32))
        witness = try NoteSigningKey(
            name: "witness.example/w1",
            seed: [UInt8](repeating: 0x57, count: 32),
            algorithm: .cosignatureV1
        )
        sealer = SectionSealer(random: SeededBytes(seed: seed))
        headerKey = try #require(SectionKey([UInt8](repeating: 0x48, count: 32)))
    }

    static func patientKey(_ patient: String) throws -> SectionKey {
        let seed = patient.utf8.reduce(UInt64(99)) { $0 &* 31 &+ UInt64($1) }
        var random = SeededRandom(seed: seed)
        return try #require(SectionKey(random.bytes(32)))
    }

    static func routing(_ number: Int) throws -> RoutingTag {
        try #require(RoutingTag(bytes: [UInt8](repeating: UInt8(number & 255), count: 16)))
    }

    /// Appends one entry that concerns the patients.
    mutating func append(
        _ kind: EntryKind,
        patients: [String],
        more: [JSONValue.Member] = []
    ) throws {
        let index = entries.count
        var header = EntryHeader(
            kind: kind,
            time: Self.start.advanced(by: .milliseconds(index * 1500))
        )
        header.actor = "dr-lind"
        header.actorKind = "clinician"
        header.purpose = ["TREAT"]
        header.decision = .permit
        header.rules = ["treatment-relationship"]
        header.automated = .human
        header.more = more
        var parts: [SectionSealer.Part] = []
        for (place, patient) in patients.enumerated() {
            let before = places[patient] ?? []
            let part = PatientPart(
                patient: patient,
                previous: before.last.map { UInt64($0.index) },
                count: UInt64(before.count + 1),
                body: [.init("manifest", [["record": .int(Int64(index))]])]
            )
            parts.append(
                SectionSealer.Part(
                    json: part.json,
                    routing: try Self.routing(place + 1),
                    key: try Self.patientKey(patient)
                )
            )
            places[patient, default: []].append((index, place + 1))
        }
        let entry = try sealer.seal(
            header: header,
            headerRouting: try Self.routing(0),
            headerKey: headerKey,
            parts: parts
        )
        for placed in tree.append(entry.leaf) { hashes.store(placed) }
        entries.append(try EntryCodec.decode(entry.bytes))
    }

    /// Sixteen entries; "anna" has five, two of them beside "bo".
    static func filled(seed: UInt64 = 1, origin: String = Self.origin) throws -> SampleLog {
        var log = try SampleLog(seed: seed, origin: origin)
        let plan: [(EntryKind, [String])] = [
            (.system, []), (.principal, []), (.decision, ["anna"]), (.disclosure, ["anna", "bo"]),
            (.decision, ["cid"]), (.fact, ["bo"]), (.disclosure, ["dag", "anna", "bo"]),
            (.session, []), (.decision, ["anna"]), (.intent, ["cid"]), (.stored, ["cid"]),
            (.disclosure, ["eva"]), (.policy, []), (.disclosure, ["anna"]), (.key, []),
            (.decision, ["bo"]),
        ]
        for (kind, patients) in plan { try log.append(kind, patients: patients) }
        return log
    }

    /// Where the patients' lists end now.
    var heads: [String: PatientHead] {
        places.mapValues {
            PatientHead(count: UInt64($0.count), last: UInt64($0[$0.count - 1].index))
        }
    }

    /// The map over all heads.
    func map() throws -> HeadsMap<HeadsInMemory> {
        var map = HeadsMap(HeadsInMemory())
        _ = try map.set(heads)
        return map
    }

    /// Appends a `heads` entry.
    mutating func appendHeads() throws {
        let root = try map().root()
        try append(
            .heads,
            patients: [],
            more: [
                .init(HeadsStatement.rootName, .string(root.base64)),
                .init(HeadsStatement.countName, .int(Int64(places.count))),
            ]
        )
    }

    /// Twenty entries: the sixteen, `heads`, two about bo and cid, and `heads` again at the end.
    static func withHeads() throws -> (log: SampleLog, atStart: SampleLog) {
        var log = try SampleLog.filled()
        try log.appendHeads()
        let atStart = log
        try log.append(.decision, patients: ["bo"])
        try log.append(.disclosure, patients: ["cid"])
        try log.appendHeads()
        return (log, atStart)
    }

    /// A log that lost its tail after `heads` at 16 and went on with 17; `heads` again at 18 and 20.
    static func withGap() throws -> (log: SampleLog, before: SampleLog, after: SampleLog) {
        var log = try SampleLog.filled(origin: "\(origin)/lost-17-40")
        try log.appendHeads()
        let before = log
        try log.append(.system, patients: [])
        try log.appendHeads()
        let after = log
        try log.append(.decision, patients: ["bo"])
        try log.appendHeads()
        return (log, before, after)
    }

    /// What the map of this moment says of a patient, with its entry provable in a later log.
    func block(_ patient: String, in later: SampleLog) throws -> HeadsBlock {
        HeadsBlock(
            proof: try map().proof(of: patient, heads[patient]),
            entry: try later.proof(index: entries.count - 1)
        )
    }

    /// A list that is complete up to the last entry, which is a `heads` entry.
    func fullHistory(of patient: String) throws -> PatientHistoryProof {
        let history = try history(of: patient)
        return PatientHistoryProof(
            entries: history.entries,
            heads: .map(try block(patient, in: self)),
            checkpoint: history.checkpoint
        )
    }

    /// That nothing was written about a patient between an earlier moment and now.
    func notAccessed(_ patient: String, since earlier: SampleLog) throws -> NotAccessedProof {
        try NotAccessedProof(
            patient: patient,
            start: try earlier.block(patient, in: self),
            end: try block(patient, in: self),
            checkpoint: try checkpoint()
        )
    }

    func checkpoint(size: Int? = nil, isCosigned: Bool = true) throws -> SignedNote {
        let size = size ?? entries.count
        let range = try CompactRange(size: UInt64(size), reader: hashes)
        let head = Checkpoint(origin: origin, size: UInt64(size), root: range.root)
        var note = try head.signed(with: key)
        if isCosigned {
            note.add(try note.cosignature(with: witness, timestamp: 1_795_334_500))
        }
        return note
    }

    func openings(index: Int, section: Int?, patient: String?) throws -> [SectionOpening] {
        var openings = [try SectionSealer.open(section: 0, of: entries[index], key: headerKey)]
        if let section, let patient {
            openings.append(
                try SectionSealer.open(
                    section: section,
                    of: entries[index],
                    key: try Self.patientKey(patient)
                )
            )
        }
        return openings
    }

    func proof(index: Int, section: Int? = nil, patient: String? = nil) throws -> EntryProof {
        try EntryProof(
            index: UInt64(index),
            entry: entries[index],
            openings: try openings(index: index, section: section, patient: patient),
            size: UInt64(entries.count),
            reader: hashes
        )
    }

    func bundle(index: Int, section: Int? = nil, patient: String? = nil) throws -> ProofBundle {
        ProofBundle(
            entry: try proof(index: index, section: section, patient: patient),
            checkpoint: try checkpoint()
        )
    }

    func history(of patient: String) throws -> PatientHistoryProof {
        let entries = try (places[patient] ?? []).reversed().map {
            try proof(index: $0.index, section: $0.section, patient: patient)
        }
        return PatientHistoryProof(entries: entries, checkpoint: try checkpoint())
    }
}

/// The leaf of number `n` in trees made for tests.
func testLeaf(_ n: Int) -> MerkleHash {
    TreeHasher.leafHash(Array("leaf \(n)".utf8))
}

/// A tree of test leaves with its stored hashes.
func testTree(_ size: Int) -> (tree: CompactRange, hashes: HashesInMemory, leaves: [MerkleHash]) {
    var tree = CompactRange()
    var hashes = HashesInMemory()
    let leaves = (0..<size).map(testLeaf)
    for leaf in leaves { tree.append(leaf) { hashes.store($0) } }
    return (tree, hashes, leaves)
}
