internal import FHIRModel
internal import Guard
internal import MerkleLog
internal import Records
internal import Sealing
internal import VaultCore

/// Seals the planned versions of one owner's share of a batch.
struct BatchSealer {
    let vault: VaultID
    let random: any RandomSource

    func seal(_ part: PatientBatch, _ plan: PatientPlan) throws -> [SealedRow] {
        var sealers: [SegmentTag: RecordSealer] = [:]
        var rows: [SealedRow] = []
        rows.reserveCapacity(plan.stores.count)
        for (pending, store) in zip(part.resources, plan.stores) {
            guard let store else { continue }
            let sealer = try sealers[store.segment] ?? RecordSealer(writeKey: store.writeKey)
            sealers[store.segment] = sealer
            let header = RowHeader(
                patient: plan.pseudonym,
                number: Int64(store.number),
                version: store.version,
                segment: store.segment,
                record: store.tag,
                epoch: plan.epoch,
                logIndex: 0
            )
            let sealed = try pending.resource.document.withBytes { bytes in
                try sealer.seal(bytes, at: header.location(in: vault), salt: random.bytes(24))
            }
            rows.append(SealedRow(header: header, isCurrent: true, sealed: sealed))
        }
        return rows
    }
}

extension RowHeader {
    /// The one place that the row's sealed bytes belong to.
    func location(in vault: VaultID) -> RecordLocation {
        RecordLocation(
            vault: vault,
            patient: patient,
            segment: segment,
            epoch: epoch,
            record: record,
            version: version
        )
    }
}

extension SealedRow {
    /// What the intent commits to: the row's place and its sealed bytes, as a Merkle leaf.
    var commitment: [UInt8] { header.commitment(sealed: sealed) }
}

extension RowHeader {
    func commitment(sealed: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.committedByteCount + sealed.underestimatedCount)
        appendCommittedBytes(to: &bytes)
        bytes += sealed
        return TreeHasher.leafHash(bytes).bytes
    }
}
