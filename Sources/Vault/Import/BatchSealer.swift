internal import FHIRModel
internal import Guard
internal import MerkleLog
internal import Records
internal import Sealing
internal import VaultCore

/// A sealed row and what the intent commits to.
struct SealedVersion: Sendable {
    var row: SealedRow
    var commitment: [UInt8]
}

/// Seals the planned versions of a batch, on all cores.
struct BatchSealer {
    let vault: VaultID
    let random: any RandomSource

    /// Seals every planned version.
    ///
    /// - Parameters:
    ///   - shares: The owners' shares.
    ///   - plans: One for each of them.
    /// - Returns: Share by share, in the order of their resources.
    /// - Throws: ``SealingError``.
    func seal(_ shares: [PatientBatch], _ plans: [PatientPlan]) throws -> [SealedVersion] {
        let jobs = zip(shares, plans).flatMap { share, plan in
            zip(share.resources, plan.stores).compactMap { resource, store in
                store.map { Job(resource: resource, store: $0, plan: plan) }
            }
        }
        return try Cores.slices(of: jobs.count) { slice -> [SealedVersion] in
            // One draw for all salts: a system call for each would cost as much as its encryption.
            let salts = random.bytes(slice.count * Self.saltByteCount)
            var sealers: [SegmentTag: RecordSealer] = [:]
            var start = 0
            return try jobs[slice].map { job in
                let sealer =
                    try sealers[job.store.segment] ?? RecordSealer(writeKey: job.store.writeKey)
                sealers[job.store.segment] = sealer
                defer { start += Self.saltByteCount }
                var header = RowHeader(job.store, of: job.plan)
                header.isDeleted = job.resource.item.isDeletion
                return try seal(
                    job.resource.document,
                    header: header,
                    with: sealer,
                    salt: Array(salts[start..<start + Self.saltByteCount])
                )
            }
        }.flatMap { $0 }
    }

    /// One version to be sealed.
    private struct Job: Sendable {
        let resource: AnalysedResource
        let store: StorePlan
        let plan: PatientPlan
    }

    private static let saltByteCount = 24

    private func seal(
        _ document: JSONDocument,
        header: RowHeader,
        with sealer: RecordSealer,
        salt: [UInt8]
    ) throws -> SealedVersion {
        let sealed = try document.withBytes { bytes in
            try sealer.seal(bytes, at: header.location(in: vault), salt: salt)
        }
        let row = SealedRow(header: header, isCurrent: true, sealed: sealed)
        return SealedVersion(row: row, commitment: row.commitment)
    }
}

extension RowHeader {
    /// Where a planned version goes; its log index is known once it is announced.
    init(_ store: StorePlan, of plan: PatientPlan) {
        self.init(
            patient: plan.pseudonym,
            number: Int64(store.number),
            version: store.version,
            segment: store.segment,
            record: store.tag,
            epoch: plan.epoch,
            logIndex: 0
        )
    }

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
