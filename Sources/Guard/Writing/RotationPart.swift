internal import MerkleLog
internal import VaultCore

/// What an intent says of a patient whose key is replaced: every stored version, sealed anew.
///
/// The records themselves, their labels and facts stay what they are.
struct RotationPart: Sendable {
    struct Row: Sendable {
        var number: UInt32
        var version: UInt32
        /// Hash of the sealed bytes.
        var sealed = TreeHasher.emptyRoot
    }

    /// Times the key was replaced, this one included.
    var generation: UInt32
    /// Hash of the wrapped new key.
    var wrappedKey = TreeHasher.emptyRoot
    var rows: [Row]
    /// A row's name, by which the next start sees whether the rows are there.
    var probe: RecordTag?

    init(generation: UInt32, rows: [RotationRow]) {
        self.generation = generation
        self.rows = rows.map { Row(number: $0.number, version: $0.version) }
        probe = rows.first?.record
    }

    var json: JSONValue {
        [
            "rotation": .int(Int64(generation)), "wrappedKey": .string(wrappedKey.base64),
            "probe": probe.map { .string($0.description) } ?? .null,
            "numbers": .array(rows.map { .int(Int64($0.number)) }),
            "versions": .array(rows.map { .int(Int64($0.version)) }),
            "sealed": .string(Base64.encode(rows.flatMap(\.sealed.bytes))),
        ]
    }

    init(json: JSONValue) throws(GuardError) {
        guard let generation = json["rotation"]?.int.flatMap({ UInt32(exactly: $0) }),
            let wrapped = json["wrappedKey"]?.string.flatMap({ MerkleHash(base64: $0) }),
            let numbers = json["numbers"]?.integers, let versions = json["versions"]?.integers,
            let hashes = json["sealed"]?.string.flatMap({ Base64.decode($0) }),
            versions.count == numbers.count, hashes.count == 32 * numbers.count
        else { throw .damagedState }
        self.generation = generation
        wrappedKey = wrapped
        probe = json["probe"]?.string.flatMap { Hex.decode($0) }.flatMap { RecordTag(bytes: $0) }
        guard (probe == nil) == numbers.isEmpty else { throw .damagedState }
        rows = []
        rows.reserveCapacity(numbers.count)
        for place in numbers.indices {
            guard let number = UInt32(exactly: numbers[place]),
                let version = UInt32(exactly: versions[place]),
                let sealed = MerkleHash(hashes[place * 32..<place * 32 + 32])
            else { throw .damagedState }
            rows.append(Row(number: number, version: version, sealed: sealed))
        }
    }
}
