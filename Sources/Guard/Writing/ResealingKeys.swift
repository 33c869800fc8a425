internal import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

/// Names the key that one stored row was sealed under.
public struct ResealingKey: Sendable, Hashable {
    /// Record number.
    public let number: UInt32
    /// The epoch the row was written in.
    public let epoch: Epoch

    /// Names a row's key.
    ///
    /// - Parameters:
    ///   - number: Record number.
    ///   - epoch: The epoch the row was written in.
    public init(number: UInt32, epoch: Epoch) {
        self.number = number
        self.epoch = epoch
    }
}

extension GuardCore {
    /// Releases the epoch keys of records that this write session moves to another segment.
    ///
    /// A decision of its own, durable before any key leaves; only records that the session's plan moves.
    ///
    /// - Parameters:
    ///   - rows: Record numbers and the epochs of their rows.
    ///   - patient: Whose.
    ///   - id: The write session.
    /// - Returns: One key for each row.
    /// - Throws: ``GuardError/invalid(field:)`` for a record that does not move, and others.
    public func releaseForResealing(
        _ rows: [(UInt32, Epoch)],
        of patient: PatientPseudonym,
        in id: WriteSessionID
    ) throws -> [ResealingKey: SecretKey] {
        try exclusively { mutable in
            let state = mutable.state
            guard let session = mutable.writes[id], session.planned[patient] != nil,
                let moving = session.moving[patient], let known = try state.patient(patient)
            else { throw GuardError.unknown(what: "write session") }
            let origins = try rows.map { number, _ in
                guard let origin = moving[number] else {
                    throw GuardError.invalid(field: "record number")
                }
                return origin
            }
            var header = try state.header(.decision, by: session.actor, context: session.context)
            header.action = "reseal"
            header.purpose = []
            header.decision = .permit
            header.rules = ["labels.changed"]
            header.policyDigest = policyDigest
            let segments = Set(origins.map(\.segment))
            let manifest = Manifest(
                zip(rows, origins).map { Manifest.Item(number: $0.0, version: $1.version) }
            )
            try state.append(
                header,
                parts: [
                    GuardState.Part(
                        patient: patient,
                        body: [
                            "resealed": .string(manifest.description),
                            "segments": .strings(segments.map(\.name).sorted()),
                        ]
                    )
                ]
            )
            try state.commit()
            let keys = try state.patientKeys(patient, known)
            var released: [ResealingKey: SecretKey] = [:]
            for ((number, epoch), origin) in zip(rows, origins) {
                released[ResealingKey(number: number, epoch: epoch)] = try keys.writeKey(
                    of: origin.segment,
                    epoch: epoch
                )
            }
            return released
        }
    }
}
