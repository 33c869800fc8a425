internal import Guard
internal import Records
internal import Sealing
internal import VaultCore

/// Seals stored records again whose labels have changed, in their new segments.
///
/// Opening them needs keys that a writer does not have: the Guard releases just the keys of the epochs
/// concerned, under an entry of its own, written first.
struct Resealing {
    let vault: VaultService
    let session: WriteSessionID
    let writer: any RecordWriter

    func rows(_ plan: PatientPlan) throws -> [SealedRow] {
        let moving = Dictionary(
            plan.moves.map { (Int64($0.number), $0) },
            uniquingKeysWith: { $1 }
        )
        // Rows of this very transaction may move again, so they are read through its writer.
        let found = Dictionary(
            try writer.currentRows(of: plan.pseudonym, numbers: Set(moving.keys)).map {
                ($0.header.number, $0)
            },
            uniquingKeysWith: { $1 }
        )
        guard found.count == moving.count else { throw VaultError.damagedRecord }
        let keys = try vault.guard.releaseForResealing(
            found.values.map { (UInt32($0.header.number), $0.header.epoch) },
            of: plan.pseudonym,
            in: session
        )
        return try plan.moves.map { move in
            guard let old = found[Int64(move.number)],
                let key = keys[ResealingKey(number: move.number, epoch: old.header.epoch)]
            else { throw VaultError.damagedRecord }
            return try reseal(old, key: key, move: move, plan: plan)
        }
    }

    private func reseal(
        _ old: SealedRow,
        key: SecretKey,
        move: MovePlan,
        plan: PatientPlan
    ) throws -> SealedRow {
        var plaintext = try RecordOpener(writeKey: key).open(
            old.sealed,
            at: old.header.location(in: vault.guard.vault)
        )
        defer { Wiping.wipe(&plaintext) }
        var header = old.header
        header.segment = move.to
        header.epoch = plan.epoch
        let sealed = try RecordSealer(writeKey: move.writeKey).seal(
            plaintext,
            at: header.location(in: vault.guard.vault),
            random: vault.random
        )
        return SealedRow(header: header, isCurrent: false, sealed: sealed)
    }
}
