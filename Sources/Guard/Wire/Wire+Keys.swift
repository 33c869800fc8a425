internal import Consent
public import Sealing
public import VaultCore

/// Keys that are replaced, and those that backups are sealed to.
extension RotationRow: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(version)
        out.put(record)
        out.put(segment)
        out.put(epoch)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            number: try wire.take(),
            version: try wire.take(),
            record: try wire.take(),
            segment: try wire.take(),
            epoch: try wire.take()
        )
    }
}

/// Carries keys of single epochs; both ends wipe the message.
extension KeyRotationPlan: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(session)
        out.put(pseudonym)
        out.put(epoch)
        out.count(openers.count)
        for (place, key) in openers {
            out.put(place.segment)
            out.put(place.epoch)
            key.put(&out)
        }
        out.count(targets.count)
        for (segment, target) in targets {
            out.put(segment)
            out.put(target.segment)
            target.writeKey.put(&out)
        }
    }

    init(_ wire: inout WireReader) throws {
        let (session, pseudonym): (WriteSessionID, PatientPseudonym) = (
            try wire.take(), try wire.take()
        )
        let epoch: Epoch = try wire.take()
        var openers: [Place: SecretKey] = [:]
        for _ in 0..<(try wire.count(elementByteCount: 64)) {
            let place = Place(segment: try wire.take(), epoch: try wire.take())
            openers[place] = try SecretKey.take(&wire)
        }
        var targets: [SegmentTag: Target] = [:]
        for _ in 0..<(try wire.count(elementByteCount: 64)) {
            let segment: SegmentTag = try wire.take()
            targets[segment] = Target(
                segment: try wire.take(),
                writeKey: try SecretKey.take(&wire)
            )
        }
        self.init(
            session: session,
            pseudonym: pseudonym,
            epoch: epoch,
            openers: openers,
            targets: targets
        )
    }
}

extension ShardProgress: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(done)
        out.put(count)
        out.put(rewrapped)
    }

    init(_ wire: inout WireReader) throws {
        self.init(done: try wire.take(), count: try wire.take(), rewrapped: try wire.take())
    }
}

extension CustodyPublicKey: WireValue {
    func put(_ out: inout WireWriter) { out.put(bytes) }

    init(_ wire: inout WireReader) throws {
        do { try self.init(try wire.take([UInt8].self)) } catch is SealingError {
            throw WireError()
        }
    }
}

extension Custody: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(generation)
        out.put(publicKey)
    }

    init(_ wire: inout WireReader) throws {
        self.init(generation: try wire.take(), publicKey: try wire.take())
    }
}

extension BackupPart: WireValue {
    func put(_ out: inout WireWriter) { out.put(rawValue) }

    init(_ wire: inout WireReader) throws {
        guard let part = BackupPart(rawValue: try wire.take()) else { throw WireError() }
        self = part
    }
}

extension GuardDispatch {
    /// Replacing keys, and naming those of backups.
    static func answerKeys(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .custody:
            let part: BackupPart = try wire.take()
            out.put(try service.custody(of: part, by: try wire.last()))
        case .setCustody:
            let (key, part): (CustodyPublicKey, BackupPart) = (try wire.take(), try wire.take())
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.setCustody(key, of: part, by: caller, context: context))
        case .beginKeyRotation:
            let (patient, rows): (PatientPseudonym, [RotationRow]) = (
                try wire.take(), try wire.take()
            )
            let (reason, caller): (String, Caller) = (try wire.take(), try wire.take())
            out.put(
                try service.beginKeyRotation(
                    of: patient,
                    rows: rows,
                    reason: reason,
                    by: caller,
                    context: try wire.last()
                )
            )
        case .rotateNextShard:
            let caller: Caller = try wire.take()
            out.put(try service.rotateNextShard(by: caller, context: try wire.last()))
        case .pseudonym:
            let patient: PatientDesignation = try wire.take()
            out.put(try service.pseudonym(of: patient, by: try wire.last()))
        default: throw WireError()
        }
    }
}

extension RemoteGuard {
    /// The key that a part of backups is sealed to.
    public func custody(of part: BackupPart, by caller: Caller) throws -> Custody? {
        try call(.custody, part, caller)
    }

    /// Names the key that a part of later backups is sealed to.
    public func setCustody(
        _ key: CustodyPublicKey,
        of part: BackupPart,
        by caller: Caller,
        context: CallContext
    ) throws -> Int {
        try call(.setCustody, key, part, caller, context)
    }

    /// Begins to replace a patient's key.
    public func beginKeyRotation(
        of patient: PatientPseudonym,
        rows: [RotationRow],
        reason: String,
        by caller: Caller,
        context: CallContext
    ) throws -> KeyRotationPlan {
        try callForKeys(.beginKeyRotation, patient, rows, reason, caller, context) {
            try $0.take()
        }
    }

    /// Gives the next shard a new key.
    public func rotateNextShard(by caller: Caller, context: CallContext) throws -> ShardProgress {
        try call(.rotateNextShard, caller, context)
    }

    /// The name under which the record side knows a patient, for those who may replace keys.
    public func pseudonym(
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> PatientPseudonym {
        try call(.pseudonym, patient, caller)
    }

    /// A portable proof that a window has no entry about a patient.
    public func notAccessedProof(
        of patient: PatientDesignation,
        from: Instant,
        until: Instant,
        by caller: Caller
    ) throws -> String? {
        try call(.notAccessedProof, patient, from, until, caller)
    }

    /// Checkpoints of this log, connected into one file.
    public func checkpointChain(_ notes: [String]) throws -> String {
        try call(.checkpointChain, notes)
    }
}
