internal import VaultCore

/// Checks what a proof claims about maps of heads.
struct HeadsCheck {
    /// The claims of one file.
    enum Claims {
        case none
        /// The first entry shown is the patient's newest under the checkpoint.
        case newest(HeadsBlock)
        /// The patient's head is the same at both ends.
        case unchanged(NotAccessedProof)
    }

    let checkpoint: Checkpoint

    func check(_ claims: Claims, _ verdict: inout ProofVerdict) {
        switch claims {
        case .none: break
        case .newest(let block):
            let shown = verdict.entries.count
            let root = root(of: block.entry, &verdict)
            // The map must be the checkpoint's own, or an entry after it could be left out.
            if block.entry.index != checkpoint.size - 1 {
                verdict.report(.heads, "the map is not the checkpoint's", index: block.entry.index)
            }
            guard shown > 0, let part = verdict.entries[0].parts.first,
                let root, block.proof.root(for: part.patient) == root
            else {
                verdict.report(.heads, "the first entry shown is not the patient's newest")
                return
            }
        case .unchanged(let proof):
            for block in [proof.start, proof.end] {
                let root = root(of: block.entry, &verdict)
                if root == nil || block.proof.root(for: proof.patient) != root {
                    verdict.report(
                        .heads,
                        "the map does not say this of the patient",
                        index: block.entry.index
                    )
                }
            }
            if proof.start.entry.index >= proof.end.entry.index {
                verdict.report(.heads, "the end does not follow the beginning")
            }
            // What was lost in between may have been about anybody.
            let (start, end) = (proof.start.entry.index, proof.end.entry.index)
            if let gap = LogOrigin(checkpoint.origin).gap(between: start, and: end) {
                verdict.report(.heads, "nothing is shown of this window: \(gap)")
            }
        }
    }

    /// The root that a `heads` entry states, after the entry itself was checked.
    private func root(of entry: EntryProof, _ verdict: inout ProofVerdict) -> MerkleHash? {
        _ = ProofCheck.check(entry, under: checkpoint, &verdict)
        let stated = entry.header?.json?[HeadsStatement.rootName]?.string
        guard entry.frame.kind == .heads, let root = stated.flatMap({ MerkleHash(base64: $0) })
        else {
            verdict.report(.heads, "the entry states no map of heads", index: entry.index)
            return nil
        }
        return root
    }
}
