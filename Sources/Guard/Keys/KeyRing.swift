internal import Sealing
internal import VaultCore

/// The Guard's keys: nine random keys, each wrapped under the root, so that a new root rewraps nine keys.
///
/// root > shard (256 patients) > random patient key > segment read key > write key of an epoch. Beside
/// that chain stand the keys of pseudonyms, tags, blind index, state, audit and log signing.
///
/// An object: it is asked thousands of times in one write, and copying it costs nine keys' counts.
final class KeyRing: Sendable {
    /// All of them, in the order of ``names``.
    let keys: [SecretKey]
    let shardWrapping: SecretKey
    let auditWrapping: SecretKey
    let state: SecretKey
    let signing: SecretKey
    let blindIndex: Tagger
    let pseudonyms: Tagger
    let recordTags: Tagger
    let contents: Tagger
    let routing: Tagger
    /// Keys that are being replaced: each still opens what it sealed, and seals nothing more.
    let former: [StepwiseKey: SecretKey]

    /// Names under which the wrapped keys are kept; the order is fixed.
    static let names = [
        "shard-wrapping", "audit-wrapping", "state", "log-signing", "blind-index", "pseudonym",
        "record-tag", "content", "routing",
    ]

    /// Makes nine fresh keys.
    ///
    /// - Returns: The ring, and each key wrapped under the root, by name.
    static func create(
        root: SecretKey,
        vault: VaultID,
        random: any RandomSource
    ) throws -> (KeyRing, wrapped: [String: [UInt8]]) {
        var keys: [SecretKey] = []
        var wrapped: [String: [UInt8]] = [:]
        for name in names {
            let key = try SecretKey.random(from: random)
            keys.append(key)
            wrapped[name] = try KeyWrap.wrap(
                key,
                under: root,
                context: context(name, vault),
                random: random
            )
        }
        return (try KeyRing(keys), wrapped)
    }

    /// Opens the ring.
    ///
    /// - Throws: `SealingError.authenticationFailed` where the root is another vault's.
    static func open(
        root: SecretKey,
        vault: VaultID,
        wrapped: (String) throws -> [UInt8]?
    ) throws -> KeyRing {
        var former: [StepwiseKey: SecretKey] = [:]
        for key in StepwiseKey.allCases {
            former[key] = try wrapped(key.formerName).map {
                try KeyWrap.unwrap($0, under: root, context: context(key.formerName, vault))
            }
        }
        return try KeyRing(
            names.map { name in
                guard let bytes = try wrapped(name) else { throw GuardError.damagedState }
                return try KeyWrap.unwrap(bytes, under: root, context: context(name, vault))
            },
            former: former
        )
    }

    /// The ring with one key replaced.
    func replacing(_ name: String, with key: SecretKey) throws -> KeyRing {
        try KeyRing(zip(Self.names, keys).map { $0 == name ? key : $1 }, former: former)
    }

    /// The ring with a new key in the place of one that stays beside it.
    func beginning(_ key: StepwiseKey, with next: SecretKey) throws -> KeyRing {
        let place = Self.names.firstIndex(of: key.name)
        let former = self.former.merging(place.map { [key: keys[$0]] } ?? [:]) { $1 }
        return try KeyRing(
            zip(Self.names, keys).map { $0 == key.name ? next : $1 },
            former: former
        )
    }

    /// The ring without the former key, which nothing needs any more.
    func ending(_ key: StepwiseKey) throws -> KeyRing {
        try KeyRing(keys, former: former.filter { $0.key != key })
    }

    /// Opens an item of the state, under the state key or the one before it.
    func open(_ sealed: [UInt8], kind: ItemKind, key: [UInt8]) throws -> [UInt8] {
        do { return try SealedItem.open(sealed, kind: kind, key: key, with: state) } catch {
            guard let former = former[.state] else { throw error }
            return try SealedItem.open(sealed, kind: kind, key: key, with: former)
        }
    }

    /// Unwraps an audit key, under its wrapping key or the one before it.
    func unwrapAuditKey(_ wrapped: [UInt8], context: [UInt8]) throws -> SecretKey {
        do { return try KeyWrap.unwrap(wrapped, under: auditWrapping, context: context) } catch {
            guard let former = former[.audit] else { throw error }
            return try KeyWrap.unwrap(wrapped, under: former, context: context)
        }
    }

    private init(_ keys: [SecretKey], former: [StepwiseKey: SecretKey] = [:]) throws {
        self.keys = keys
        self.former = former
        shardWrapping = keys[0]
        auditWrapping = keys[1]
        state = keys[2]
        signing = keys[3]
        blindIndex = try Tagger(key: keys[4])
        pseudonyms = try Tagger(key: keys[5])
        recordTags = try Tagger(key: keys[6])
        contents = try Tagger(key: keys[7])
        routing = try Tagger(key: keys[8])
    }

    static func context(_ name: String, _ vault: VaultID) -> [UInt8] {
        Array("patientvault/v1/ring\0\(name)\0".utf8) + vault.bytes
    }

    /// The name under which the record side knows a patient.
    func pseudonym(of reference: String) -> PatientPseudonym {
        pseudonyms.tag(
            PatientPseudonym.self,
            label: "patient",
            parts: [Array(reference.utf8)]
        )
    }

    /// The name under which the record side knows a record.
    func tag(of record: RecordID, patient: PatientPseudonym) -> RecordTag {
        recordTags.tag(
            RecordTag.self,
            label: "record",
            parts: [patient.bytes, Array(record.type.utf8), Array(record.id.text.utf8)]
        )
    }

    /// Keyed digest of a plaintext's SHA-256, 8 bytes: enough to see that the same bytes came again.
    func contentTag(digest: [UInt8], patient: PatientPseudonym) -> UInt64 {
        UInt64(
            bigEndianBytes: contents.tag16(label: "content", parts: [patient.bytes, digest])
        )
    }
}

/// The keys that hang on one patient's key, with the key's state prepared once.
struct PatientKeys: Sendable {
    let key: SecretKey
    private let deriver: KeyDeriver
    private let tagger: Tagger

    init(_ key: SecretKey) throws {
        self.key = key
        deriver = try KeyDeriver(key: key)
        tagger = try Tagger(key: key)
    }

    /// The name of a segment on the record side; under the patient's own key, so that nobody can
    /// compare patients.
    func tag(of segment: Segment) -> SegmentTag {
        tagger.tag(SegmentTag.self, label: "segment-tag", parts: [Array(segment.name.utf8)])
    }

    /// The key from which every epoch's key of a segment follows.
    func readKey(of segment: Segment) throws -> SecretKey {
        try deriver.derive(label: "segment", context: Array(segment.name.utf8))
    }

    /// The key of one write session in one segment: all that a writer ever gets.
    func writeKey(of segment: Segment, epoch: Epoch) throws -> SecretKey {
        try KeyHierarchy.writeKey(epoch: epoch, readKey: try readKey(of: segment))
    }
}
