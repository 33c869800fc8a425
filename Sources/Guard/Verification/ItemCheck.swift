internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Opens every kept item once, also those that no comparison with the log asks for.
extension StateAudit {
    mutating func checkItems(_ replay: Replay) throws {
        // The ring was opened when the Guard was unsealed.
        for kind in ItemKind.allCases where kind != .ring {
            try forEach(kind) { audit, key, bytes in
                if !audit.isExpected(kind, key, bytes, replay) {
                    audit.problem(
                        "state",
                        "table \(kind.rawValue) keeps an item that is not the log's"
                    )
                }
            }
        }
        if (try? state.item(.meta, Array("demo".utf8))) != [replay.isDemo ? 1 : 0] {
            problem("state", "the demo mark is not the first entry's")
        }
        let edge = try? state.item(GuardState.edgeItem.kind, GuardState.edgeItem.key)
        if edge != state.frontier.edge { problem("log", "the log does not end where it was left") }
        try checkHeads(replay)
        try checkRing(replay)
        try checkAuditKeys(replay)
    }

    /// The ring must be the one last announced, and the log's keys those of the log.
    private mutating func checkRing(_ replay: Replay) throws {
        if let expected = replay.ringDigest, KeyRing.digest(try state.keptRing()).base64 != expected
        {
            problem("key", "the ring of keys is not wrapped as the log says")
        }
        for part in BackupPart.allCases {
            let kept = (try? state.item(.meta, GuardState.custodyMark(part))) ?? nil
            if kept != replay.custodies[part.rawValue] {
                problem("key", "the custody key of `\(part.rawValue)` is not the log's")
            }
        }
        let tails = (try? state.item(.meta, GuardState.lostTailsKey)) ?? nil
        if tails != GuardState.encoded(replay.lostTails) {
            problem("state", "the log's lost tails are not those that it names")
        }
        let earlier = (try? state.earlierLogKeys()) ?? []
        if earlier.map(\.description) != replay.logKeys.dropLast() {
            problem("key", "the log's earlier keys are not those that the log names")
        }
        if let present = replay.logKeys.last, present != key.description {
            problem("key", "the log's key is not the one that the log names last")
        }
    }

    /// The kept map must be the one that the newest `heads` entry states.
    private mutating func checkHeads(_ replay: Replay) throws {
        let mark = (try? state.item(.meta, HeadsMark.key)) ?? nil
        if mark != replay.heads.mark?.encoded {
            problem("state", "the map of heads is not the newest that the log states")
        }
        if try state.storage.itemCount(.headsTile) != replay.heads.tileCount {
            problem("state", "the map of heads lacks a piece or has one too many")
        }
    }

    /// Whether the log gives a reason for an item of this key.
    private func isExpected(
        _ kind: ItemKind,
        _ key: [UInt8],
        _ bytes: [UInt8],
        _ replay: Replay
    ) -> Bool {
        switch kind {
        case .catalogue, .labelGraph, .facts, .searchFields, .patientKey:
            guard let pseudonym = PatientPseudonym(bytes: key),
                let patient = replay.patients[pseudonym]
            else { return false }
            return patient.erasedAt == nil
        case .nextPatientKey:
            return replay.isRotating(key)
        case .openIntent:
            return key.count == 8 && replay.openIntents[UInt64(bigEndianBytes: key)] != nil
        case .shardKey:
            let shard = UInt64(bigEndianBytes: key)
            return key.count == 8 && (try? state.shardKey(UInt32(truncatingIfNeeded: shard))) != nil
        case .auditKey:
            return (try? state.ring.unwrapAuditKey(bytes, context: key)) != nil
        case .headsTile:
            return replay.heads.tile(at: key) == bytes
        case .client:
            return replay.clients[String(decoding: key, as: UTF8.self)]?.json.bytes == bytes
        case .subscription: return replay.subscriptions.isExpected(key, bytes)
        case .subscriptionProgress: return replay.subscriptions.isKnown(key)
        case .account:
            return replay.accounts[String(decoding: key, as: UTF8.self)]
                == (try? AccountSecrets(decoding: bytes))?.digest
        case .attempts:
            return replay.attempts[String(decoding: key, as: UTF8.self)]?.bytes == bytes
        case .refresh:
            return replay.refreshes[String(decoding: key, as: UTF8.self)]
                == Base64.encode(PlainDigest.sha256(bytes))
        case .nonce: return key.count == 16 && bytes.count == 8
        case .meta, .principal, .patient, .index, .incident, .contact, .ring, .hold,
            .seal:
            return true
        }
    }

    /// Every patient of the log must keep an audit key, or its entries could not be shown any more.
    private mutating func checkAuditKeys(_ replay: Replay) throws {
        var kept: Set<PatientPseudonym> = []
        try state.storage.forEachItem(.auditKey) { key, _ in
            if let patient = PatientPseudonym(bytes: key.prefix(16)) { kept.insert(patient) }
        }
        for patient in replay.patients.keys where !kept.contains(patient) {
            problem("key", "patient \(patient): no audit key is kept")
        }
    }
}
