internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// How far a rotation of all shard keys has come.
public struct ShardProgress: Sendable, Hashable {
    /// Shards that have a new key.
    public let done: Int
    /// Shards in all.
    public let count: Int
    /// Patient keys wrapped anew in this step.
    public let rewrapped: Int

    /// Whether nothing is left.
    public var isFinished: Bool { done >= count }
}

extension GuardCore {
    /// Gives the next shard a new key and wraps its patients' keys under it; call until nothing is left.
    ///
    /// Other requests go on between two calls. Where the process ends in between, the next call goes on
    /// where it stopped; after the last shard a further call begins anew.
    ///
    /// - Parameters:
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: How far it has come.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    /// - Complexity: One flush and the wrapping of up to 256 keys; finds the members by reading all patients
    ///   once for each process.
    public func rotateNextShard(
        by caller: Caller,
        context: CallContext
    ) throws -> ShardProgress {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "rotate-shards")
            let state = mutable.state
            if try mutable.shardMembers?.count != state.storage.itemCount(.patient) {
                mutable.shardMembers = try state.shardMembers()
            }
            let members = mutable.shardMembers?.byShard ?? [:]
            let shards = members.keys.sorted()
            let mark = try state.item(.meta, Self.shardMark).map { UInt64(bigEndianBytes: $0) }
            guard let shard = shards.first(where: { UInt64($0) >= mark ?? 0 }) else {
                return ShardProgress(done: 0, count: 0, rewrapped: 0)
            }
            let hashes = try state.rotateShard(shard, members: members[shard] ?? [])
            try state.announceShard(shard, hashes, by: actor, context: context)
            let isLast = shard == shards.last
            state.setItem(.meta, Self.shardMark, isLast ? nil : bigEndian(UInt64(shard) + 1))
            // CRASH: each shard is wholly under its old key or wholly under its new one.
            try state.commitNow()
            if isLast {
                mutable.shardMembers = nil
                try? state.storage.forgetOldValues()
            }
            return ShardProgress(
                done: shards.count { $0 <= shard },
                count: shards.count,
                rewrapped: hashes.count
            )
        }
    }

    static let shardMark = Array("shards-rotated".utf8)
}

/// Which patients' keys each shard key wraps.
struct ShardMembers {
    /// Patients in all, erased ones included: a new patient makes this out of date.
    var count: Int
    var byShard: [UInt32: [PatientPseudonym]]
}

extension GuardState {
    fileprivate func shardMembers() throws -> ShardMembers {
        var members = ShardMembers(count: 0, byShard: [:])
        try forEachStoredItem(.patient) { key, bytes in
            members.count += 1
            let patient = try PatientState(decoding: bytes)
            guard let pseudonym = PatientPseudonym(bytes: key), patient.erasedAt == nil else {
                return
            }
            members.byShard[patient.shard, default: []].append(pseudonym)
        }
        return members
    }

    /// Makes a new shard key and wraps the members' keys under it.
    ///
    /// - Returns: For each patient the hash of the new wrapped key, to be announced.
    func rotateShard(
        _ shard: UInt32,
        members: [PatientPseudonym]
    ) throws -> [(PatientPseudonym, MerkleHash)] {
        var keys: [(PatientPseudonym, PatientState, SecretKey)] = []
        var next: [(PatientPseudonym, PatientState, SecretKey)] = []
        for pseudonym in members {
            guard let patient = try patient(pseudonym), patient.erasedAt == nil else { continue }
            keys.append((pseudonym, patient, try patientKey(pseudonym, patient)))
            if let key = try nextPatientKey(pseudonym, patient) {
                next.append((pseudonym, patient, key))
            }
        }
        // A key that is on its way in would be lost with the shard key that wraps it.
        guard next.isEmpty else { throw GuardError.busy }
        try renewShardKey(shard)
        return try keys.map { pseudonym, patient, key in
            let hash = try wrapPatientKey(
                key,
                pseudonym,
                shard: shard,
                generation: patient.keyGeneration
            )
            return (pseudonym, hash)
        }
    }

    /// A rotation of its own in the log: no patient's part, so nobody else's name is ever opened with one.
    func announceShard(
        _ shard: UInt32,
        _ hashes: [(PatientPseudonym, MerkleHash)],
        by actor: Actor,
        context: CallContext
    ) throws {
        var header = try self.header(.key, by: actor, context: context)
        header.action = "rotate-shard"
        header.more = [
            .init("shard", .int(Int64(shard))),
            .init("rewrap", .string(Base64.encode(hashes.flatMap { $0.0.bytes + $0.1.bytes }))),
        ]
        try append(header)
    }

    /// A patient's bare key, without what hangs on it.
    private func patientKey(
        _ pseudonym: PatientPseudonym,
        _ patient: PatientState
    ) throws -> SecretKey {
        if let cached = patientKeys[pseudonym] { return cached.key }
        guard let wrapped = try item(.patientKey, pseudonym.bytes) else {
            throw GuardError.damagedState
        }
        return try unwrap(wrapped, pseudonym, patient.shard, patient.keyGeneration)
    }

    private func nextPatientKey(
        _ pseudonym: PatientPseudonym,
        _ patient: PatientState
    ) throws -> SecretKey? {
        try item(.nextPatientKey, pseudonym.bytes).map {
            try unwrap($0, pseudonym, patient.shard, patient.keyGeneration + 1)
        }
    }

    private func unwrap(
        _ wrapped: [UInt8],
        _ pseudonym: PatientPseudonym,
        _ shard: UInt32,
        _ generation: UInt32
    ) throws -> SecretKey {
        try KeyWrap.unwrap(
            wrapped,
            under: try shardKey(shard),
            context: KeyHierarchy.patientContext(
                vault: vault,
                patient: pseudonym,
                generation: generation
            )
        )
    }
}

/// Reads what ``GuardState/announceShard(_:_:by:context:)`` wrote.
enum ShardAnnouncement {
    static func hashes(in header: JSONValue) throws -> [(PatientPseudonym, String)] {
        guard let bytes = header["rewrap"]?.string.flatMap({ Base64.decode($0) }),
            bytes.count.isMultiple(of: 48)
        else { throw GuardError.damagedState }
        return try stride(from: 0, to: bytes.count, by: 48).map { place in
            guard let pseudonym = PatientPseudonym(bytes: bytes[place..<place + 16]),
                let hash = MerkleHash(bytes[place + 16..<place + 48])
            else { throw GuardError.damagedState }
            return (pseudonym, hash.base64)
        }
    }
}
