internal import Consent
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
        let edge = try? state.item(.meta, GuardState.edgeKey)
        if edge != state.frontier.edge { problem("log", "the log does not end where it was left") }
        try checkAuditKeys(replay)
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
        case .openIntent:
            return key.count == 8 && replay.openIntents[UInt64(bigEndianBytes: key)] != nil
        case .shardKey:
            let shard = UInt64(bigEndianBytes: key)
            return key.count == 8 && (try? state.shardKey(UInt32(truncatingIfNeeded: shard))) != nil
        case .auditKey:
            return (try? KeyWrap.unwrap(bytes, under: state.ring.auditWrapping, context: key))
                != nil
        case .meta, .principal, .patient, .index, .incident, .contact, .ring, .hold: return true
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
