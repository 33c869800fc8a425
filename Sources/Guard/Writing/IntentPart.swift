internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// What an intent says of one patient: which versions are about to be stored, sealed how, with which
/// labels and references, and which facts they state.
///
/// Complete enough that the Guard's state follows from the stored intents alone. Written in columns,
/// because a whole record's import has thousands of rows.
struct IntentPart: Sendable {
    struct Record: Sendable {
        var number: UInt32
        var version: UInt32
        /// Type and id; `nil` where a stored record only moves to another segment.
        var id: RecordID?
        /// Index into ``IntentPart/segments``.
        var segment: Int
        /// Keyed digest of the plaintext.
        var content: UInt64
        /// Hash of the sealed bytes.
        var sealed: MerkleHash
        var isDeletion: Bool
        var node: LabelNodes.Node
        /// Why each label was given.
        var bases: [String] = []
    }

    var segments: [Segment] = []
    var records: [Record] = []
    var facts: [PatientFacts.Entry] = []
    var withdrawn: [RecordID] = []
    var identity: PatientIdentity?

    var json: JSONValue {
        var object: JSONValue = [
            "segments": .strings(segments.map(\.name)),
            "numbers": .array(records.map { .int(Int64($0.number)) }),
            "versions": .array(records.map { .int(Int64($0.version)) }),
            "ids": .strings(records.map { $0.id?.description ?? "" }),
            "inSegment": .array(records.map { .int(Int64($0.segment)) }),
            "own": .strings(records.map(\.node.ownName)),
            "coded": .strings(records.map(\.node.coded.description)),
            "links": .strings(records.map { Base64.encode(LabelNodes.encoded($0.node.links)) }),
            "bases": .array(records.indices.compactMap(basesRow)),
            "contents": .string(Base64.encode(column(8) { bigEndian($0.content) })),
            "sealed": .string(Base64.encode(column(32, \.sealed.bytes))),
            "deleted": .array(
                records.indices.filter { records[$0].isDeletion }.map { .int(Int64($0)) }
            ),
        ]
        if !facts.isEmpty { object.set("facts", .array(facts.map(\.encoded))) }
        if !withdrawn.isEmpty { object.set("withdrawn", .strings(withdrawn.map(\.description))) }
        if let identity { object.set("identity", identity.json) }
        return object
    }

    private func column(_ width: Int, _ value: (Record) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * records.count)
        for record in records { bytes += value(record) }
        return bytes
    }

    /// Row and reasons, only for records that have labels.
    private func basesRow(_ row: Int) -> JSONValue? {
        let bases = records[row].bases
        return bases.isEmpty ? nil : .array([.int(Int64(row))] + bases.map { .string($0) })
    }

    init() {}

    init(json: JSONValue) throws(GuardError) {
        guard let names = json["segments"]?.texts, let numbers = json["numbers"]?.integers,
            let versions = json["versions"]?.integers, let ids = json["ids"]?.texts,
            let places = json["inSegment"]?.integers, let own = json["own"]?.texts,
            let coded = json["coded"]?.texts, let links = json["links"]?.texts,
            let contents = json["contents"]?.string.flatMap({ Base64.decode($0) }),
            let hashes = json["sealed"]?.string.flatMap({ Base64.decode($0) }),
            let deleted = json["deleted"]?.integers,
            [versions.count, ids.count, places.count, own.count, coded.count, links.count]
                .allSatisfy({
                    $0 == numbers.count
                }), contents.count == 8 * numbers.count, hashes.count == 32 * numbers.count
        else { throw .damagedState }
        segments = names.compactMap { Segment(name: $0) }
        guard segments.count == names.count else { throw .damagedState }
        let deletions = Set(deleted)
        var known: [String: Segment] = [:]
        records.reserveCapacity(numbers.count)
        for row in numbers.indices {
            guard let number = UInt32(exactly: numbers[row]),
                let version = UInt32(exactly: versions[row]),
                let node = known[own[row]] ?? Segment(name: own[row]),
                ids[row].isEmpty || RecordID(ids[row]) != nil,
                let place = Int(exactly: places[row]), segments.indices.contains(place),
                let link = Base64.decode(links[row]),
                let hash = MerkleHash(hashes[row * 32..<row * 32 + 32])
            else { throw .damagedState }
            known[own[row]] = node
            records.append(
                Record(
                    number: number,
                    version: version,
                    id: RecordID(ids[row]),
                    segment: place,
                    content: UInt64(bigEndianBytes: contents[row * 8..<row * 8 + 8]),
                    sealed: hash,
                    isDeletion: deletions.contains(Int64(row)),
                    node: try LabelNodes.node(own: node, coded: coded[row], links: link)
                )
            )
        }
        try readFacts(json)
    }

    private mutating func readFacts(_ json: JSONValue) throws(GuardError) {
        for item in json["facts"]?.array ?? [] {
            guard let entry = PatientFacts.Entry(encoded: item) else { throw .damagedState }
            facts.append(entry)
        }
        for item in json["withdrawn"]?.texts ?? [] {
            guard let origin = RecordID(item) else { throw .damagedState }
            withdrawn.append(origin)
        }
        if let value = json["identity"] {
            guard let identity = PatientIdentity(json: value) else { throw .damagedState }
            self.identity = identity
        }
    }
}
