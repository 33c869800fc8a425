public import Guard
internal import Records
internal import Sealing
public import VaultCore

extension VaultService {
    /// Replaces a patient's key: opens every stored version once more and seals it under the new one.
    ///
    /// Whoever took this patient's read keys before can open nothing of it afterwards but copies that they
    /// had made. The patient's grants end. Several patients are rotated one by one; a crash in between leaves
    /// each either wholly under its old key or wholly under its new one.
    ///
    /// - Parameters:
    ///   - patient: The name on the record side.
    ///   - reason: Why, for the log; never a patient's words.
    ///   - caller: An officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: The `stored` entry from which on the new key counts.
    /// - Throws: ``GuardError/busy`` while somebody writes to this patient, and other ``Failure``s.
    /// - Complexity: O(versions of the patient), all of them in memory.
    public func rotateKey(
        of patient: PatientPseudonym,
        reason: String,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt? {
        var old: [SealedRow] = []
        try records.forEachRow(of: patient, segments: nil, versions: .all) { old.append($0.copy()) }
        let plan = try `guard`.beginKeyRotation(
            of: patient,
            rows: old.map { RotationRow($0) },
            reason: reason,
            by: caller,
            context: context
        )
        var mayRowsBeStored = false
        do {
            var rotation = Rotation(plan: plan, vault: `guard`.vault, random: random)
            let rows = try old.map { try rotation.reseal($0) }
            let hashes = SealedHashes(pseudonym: patient, hashes: rows.map(\.commitment))
            let index = try `guard`.recordIntent([hashes], in: plan.session)
            guard let index else { throw VaultError.damagedRecord }
            try records.write { writer in
                for var row in rows {
                    row.header.logIndex = Int64(index)
                    try row.sealed.withUnsafeBytes { try writer.reseal(row.header, sealed: $0) }
                }
                mayRowsBeStored = true
            }
            return try `guard`.finishWrite(plan.session)
        } catch {
            // As in an import: what a failed commit left is found out by the next start.
            if !mayRowsBeStored || error as? RecordsError == .diskFull {
                try? `guard`.abandonWrite(plan.session)
            }
            throw error
        }
    }
}

extension RotationRow {
    /// What the Guard must know of a stored row; a number that cannot be is none that it knows.
    init(_ row: SealedRow) {
        self.init(
            number: UInt32(clamping: row.header.number),
            version: row.header.version,
            record: row.header.record,
            segment: row.header.segment,
            epoch: row.header.epoch
        )
    }
}

/// Seals rows again in the places of a plan; one opener and one sealer for each key.
struct Rotation {
    let plan: KeyRotationPlan
    let vault: VaultID
    let random: any RandomSource
    private var openers: [KeyRotationPlan.Place: RecordOpener] = [:]
    private var sealers: [SegmentTag: RecordSealer] = [:]

    init(plan: KeyRotationPlan, vault: VaultID, random: any RandomSource) {
        self.plan = plan
        self.vault = vault
        self.random = random
    }

    mutating func reseal(_ row: SealedRow) throws -> SealedRow {
        let place = KeyRotationPlan.Place(segment: row.header.segment, epoch: row.header.epoch)
        guard let key = plan.openers[place], let target = plan.targets[row.header.segment] else {
            throw VaultError.damagedRecord
        }
        let opener = try openers[place] ?? RecordOpener(writeKey: key)
        openers[place] = opener
        let sealer = try sealers[target.segment] ?? RecordSealer(writeKey: target.writeKey)
        sealers[target.segment] = sealer
        var plaintext = try opener.open(row.sealed, at: row.header.location(in: vault))
        defer { Wiping.wipe(&plaintext) }
        var header = row.header
        header.segment = target.segment
        header.epoch = plan.epoch
        let sealed = try sealer.seal(plaintext, at: header.location(in: vault), random: random)
        return SealedRow(header: header, isCurrent: row.isCurrent, sealed: sealed)
    }
}
