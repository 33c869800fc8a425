internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Keys of patients, shards and the log, unwrapped at first use and kept while the Guard runs.
extension GuardState {
    /// Stands for no patient: the header's place in routing and audit keys.
    static let nobody = PatientPseudonym(high: 0, low: 0)

    /// A pseudonym masked for one entry, so that the file does not show which entries share a patient.
    func routing(_ patient: PatientPseudonym, index: UInt64) -> RoutingTag {
        let mask = ring.routing.tag(RoutingTag.self, label: "routing", number: index)
        return RoutingTag(high: patient.high ^ mask.high, low: patient.low ^ mask.low)
    }

    /// The audit key of a patient and year, made at first use.
    func auditKey(of patient: PatientPseudonym, year: Int) throws -> SectionKey {
        let key = patient.bytes + bigEndian(UInt64(year)).suffix(2)
        let id = ItemKey(kind: .auditKey, key: key)
        if let cached = auditKeys[id] { return cached }
        let secret: SecretKey
        if let wrapped = try item(.auditKey, key) {
            secret = try ring.unwrapAuditKey(wrapped, context: key)
        } else {
            secret = try SecretKey.random(from: random)
            setItem(
                .auditKey,
                key,
                try KeyWrap.wrap(
                    secret,
                    under: ring.auditWrapping,
                    context: key,
                    random: random
                )
            )
        }
        guard let section = secret.withBytes({ SectionKey($0) }) else {
            throw GuardError.damagedState
        }
        auditKeys[id] = section
        return section
    }

    /// The audit key of a patient and year, where there is one.
    func existingAuditKey(of patient: PatientPseudonym, year: Int) throws -> SectionKey? {
        let key = patient.bytes + bigEndian(UInt64(year)).suffix(2)
        guard
            try auditKeys[ItemKey(kind: .auditKey, key: key)] != nil || item(.auditKey, key) != nil
        else { return nil }
        return try auditKey(of: patient, year: year)
    }

    /// The same without keeping it: for whoever goes through the entries of all patients once.
    func passingAuditKey(of patient: PatientPseudonym, year: Int) throws -> SectionKey? {
        let key = patient.bytes + bigEndian(UInt64(year)).suffix(2)
        if let cached = auditKeys[ItemKey(kind: .auditKey, key: key)] { return cached }
        guard let wrapped = try item(.auditKey, key) else { return nil }
        return try KeyWrap.unwrap(wrapped, under: ring.auditWrapping, context: key)
            .withBytes { SectionKey($0) }
    }

    /// The key of a shard, kept as its generation in four bytes and then the wrapped key.
    func shardKey(_ shard: UInt32) throws -> SecretKey {
        if let cached = shardKeys[shard] { return cached }
        guard let kept = try item(.shardKey, bigEndian(UInt64(shard))), kept.count > 4 else {
            throw GuardError.damagedState
        }
        let secret = try KeyWrap.unwrap(
            Array(kept[4...]),
            under: ring.shardWrapping,
            context: KeyHierarchy.shardContext(
                vault: vault,
                shard: shard,
                generation: UInt32(
                    truncatingIfNeeded: UInt64(bigEndianBytes: [0, 0, 0, 0] + kept[..<4])
                )
            )
        )
        shardKeys[shard] = secret
        return secret
    }

    /// Replaces a shard's key; the caller wraps the shard's patients anew in the same commit.
    func renewShardKey(_ shard: UInt32) throws {
        let kept = try item(.shardKey, bigEndian(UInt64(shard))) ?? [0, 0, 0, 0]
        let generation = UInt32(
            truncatingIfNeeded: UInt64(bigEndianBytes: [0, 0, 0, 0] + kept[..<4])
        )
        _ = try makeShardKey(shard, generation: generation + 1)
    }

    private func makeShardKey(_ shard: UInt32, generation: UInt32) throws -> SecretKey {
        let secret = try SecretKey.random(from: random)
        let wrapped = try KeyWrap.wrap(
            secret,
            under: ring.shardWrapping,
            context: KeyHierarchy.shardContext(vault: vault, shard: shard, generation: generation),
            random: random
        )
        setItem(
            .shardKey,
            bigEndian(UInt64(shard)),
            bigEndian(UInt64(generation)).suffix(4) + wrapped
        )
        shardKeys[shard] = secret
        return secret
    }

    /// The key of a patient; an erased patient has none.
    func patientKeys(
        _ pseudonym: PatientPseudonym,
        _ state: PatientState
    ) throws -> PatientKeys {
        if let cached = patientKeys[pseudonym] { return cached }
        guard state.erasedAt == nil else { throw GuardError.erased }
        guard let wrapped = try item(.patientKey, pseudonym.bytes) else {
            throw GuardError.damagedState
        }
        let keys = try PatientKeys(
            try KeyWrap.unwrap(
                wrapped,
                under: try shardKey(state.shard),
                context: KeyHierarchy.patientContext(
                    vault: vault,
                    patient: pseudonym,
                    generation: state.keyGeneration
                )
            )
        )
        if patientKeys.count >= Self.cacheLimit { patientKeys = [:] }
        patientKeys[pseudonym] = keys
        return keys
    }

    /// Stages the key of a new patient, wrapped.
    ///
    /// - Returns: SHA-256 over the wrapped key (as a Merkle leaf), for the entry that announces it.
    func stagePatientKey(
        _ new: NewPatient,
        _ pseudonym: PatientPseudonym,
        shard: UInt32
    ) throws -> MerkleHash {
        if try item(.shardKey, bigEndian(UInt64(shard))) == nil {
            _ = try makeShardKey(shard, generation: 0)
        }
        if patientKeys.count >= Self.cacheLimit { patientKeys = [:] }
        patientKeys[pseudonym] = new.keys
        return try wrapPatientKey(new.key, pseudonym, shard: shard, generation: 0)
    }

    /// Wraps a patient's key under its shard's present key and stages it.
    ///
    /// - Returns: Hash of the wrapped key, for the entry that announces it.
    func wrapPatientKey(
        _ key: SecretKey,
        _ pseudonym: PatientPseudonym,
        shard: UInt32,
        generation: UInt32
    ) throws -> MerkleHash {
        let wrapped = try KeyWrap.wrap(
            key,
            under: try shardKey(shard),
            context: KeyHierarchy.patientContext(
                vault: vault,
                patient: pseudonym,
                generation: generation
            ),
            random: random
        )
        setItem(.patientKey, pseudonym.bytes, wrapped)
        return TreeHasher.leafHash(wrapped)
    }

    /// Forgets a patient's key in memory; what is stored is the caller's to delete.
    func forgetPatientKey(_ pseudonym: PatientPseudonym) { patientKeys[pseudonym] = nil }

    /// Forgets all shard keys in memory, after they were rewrapped.
    func forgetShardKeys() { shardKeys = [:] }
}

extension CompactRange {
    /// Size and root: size(8) || root(32).
    var edge: [UInt8] { bigEndian(size) + root.bytes }
}
