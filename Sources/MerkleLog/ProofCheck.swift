internal import VaultCore

/// Checks proofs and checkpoints offline: public keys in, verdict out, no vault and no secret.
///
/// The same checks, written a second time by other means, are in docs/verify/verify.py.
public enum ProofCheck {
    /// Largest file that is read.
    public static let maximumByteCount = 256 << 20

    /// Checks an entry, history or not-accessed proof, a chain of checkpoints, or a signed checkpoint.
    ///
    /// - Parameters:
    ///   - file: The file's bytes.
    ///   - key: The log's public key, from a source other than the file.
    ///   - witnesses: Public cosignature keys to trust.
    ///   - requiredCosignatures: How many of these witnesses must have cosigned.
    /// - Returns: The verdict; never throws, a malformed file is a problem in it.
    public static func check(
        _ file: [UInt8],
        key: NoteVerifierKey,
        witnesses: [NoteVerifierKey] = [],
        requiredCosignatures: Int = 0
    ) -> ProofVerdict {
        var verdict = ProofVerdict()
        guard file.count <= maximumByteCount else {
            verdict.report(.malformed, MerkleLogError.tooLarge.message)
            return verdict
        }
        do throws(MerkleLogError) {
            let document = try read(file, into: &verdict)
            let (entries, note) = (document.entries, document.note)
            let checkpoint = try Checkpoint(text: note.text)
            verdict.checkpoint = checkpoint
            let signatures = checkSignatures(
                of: note,
                checkpoint,
                key: key,
                witnesses: witnesses,
                &verdict
            )
            verdict.cosignatures = signatures.verified.filter { $0.timestamp != nil }
            if verdict.cosignatures.count < requiredCosignatures {
                verdict.report(
                    .witnesses,
                    "\(verdict.cosignatures.count) of \(requiredCosignatures) cosignatures"
                )
            }
            for entry in entries {
                verdict.entries.append(check(entry, under: checkpoint, &verdict))
            }
            for link in document.earlier {
                let before = try Checkpoint(text: link.checkpoint.text)
                checkSignatures(
                    of: link.checkpoint,
                    before,
                    key: key,
                    witnesses: witnesses,
                    &verdict
                )
            }
            if verdict.subject == .history {
                checkChain(&verdict)
                for gap in LogOrigin(checkpoint.origin).gaps {
                    verdict.notes.append("the list may lack something: \(gap)")
                }
            }
            HeadsCheck(checkpoint: checkpoint).check(document.claims, &verdict)
        } catch {
            verdict.report(.malformed, error.message)
        }
        return verdict
    }

    /// A file taken apart: entries in order, and what maps of heads must say.
    private struct Document {
        var entries: [EntryProof] = []
        var claims = HeadsCheck.Claims.none
        /// Checkpoints before the one that counts.
        var earlier: [CheckpointChain.Link] = []
        var note: SignedNote
    }

    private static func read(
        _ file: [UInt8],
        into verdict: inout ProofVerdict
    ) throws(MerkleLogError) -> Document {
        if file.starts(with: "\(ProofBundle.firstLine)\n".utf8) {
            verdict.subject = .entry
            let bundle = try ProofBundle(parsing: file)
            return Document(entries: [bundle.entry], note: bundle.checkpoint)
        }
        if file.starts(with: "\(PatientHistoryProof.firstLine)\n".utf8) {
            verdict.subject = .history
            let history = try PatientHistoryProof(parsing: file)
            guard case .map(let block) = history.heads else {
                verdict.notes.append(
                    "that no newer entry exists is not proved: there is no heads block"
                )
                return Document(entries: history.entries, note: history.checkpoint)
            }
            return Document(
                entries: history.entries,
                claims: .newest(block),
                note: history.checkpoint
            )
        }
        if file.starts(with: "\(NotAccessedProof.firstLine)\n".utf8) {
            verdict.subject = .notAccessed
            let proof = try NotAccessedProof(parsing: file)
            return Document(claims: .unchanged(proof), note: proof.checkpoint)
        }
        if file.starts(with: "\(CheckpointChain.firstLine)\n".utf8) {
            verdict.subject = .chain
            let chain = try CheckpointChain(parsing: file)
            for place in try chain.breaks() {
                verdict.report(
                    .consistency,
                    "checkpoint \(place + 1) does not extend the one before"
                )
            }
            return Document(
                earlier: Array(chain.links.dropLast()),
                note: chain.links[chain.links.count - 1].checkpoint
            )
        }
        let note = try SignedNote(parsing: file)
        verdict.subject = .checkpoint
        return Document(note: note)
    }

    @discardableResult
    private static func checkSignatures(
        of note: SignedNote,
        _ checkpoint: Checkpoint,
        key: NoteVerifierKey,
        witnesses: [NoteVerifierKey],
        _ verdict: inout ProofVerdict
    ) -> NoteVerdict {
        let cosigners = witnesses.filter { $0.algorithm != .ed25519 }
        let signatures = note.verify([key] + cosigners)
        if key.algorithm != .ed25519 || !signatures.isVerified(by: key) {
            verdict.report(.signature, "the log's key did not sign this checkpoint")
        }
        for wrong in signatures.invalid where wrong != key {
            verdict.report(.signature, "the cosignature of `\(wrong.name)` is wrong")
        }
        if signatures.invalid.contains(key), signatures.isVerified(by: key) {
            verdict.report(.signature, "a second signature by the log's key is wrong")
        }
        for known in signatures.unsupported {
            verdict.notes.append("the ML-DSA signature of `\(known.name)` was not checked")
        }
        if !checkpoint.origin.utf8.elementsEqual(key.name.utf8) {
            verdict.report(.origin, "the checkpoint is of another log than the key")
        }
        return signatures
    }

    static func check(
        _ entry: EntryProof,
        under checkpoint: Checkpoint,
        _ verdict: inout ProofVerdict
    ) -> ProofVerdict.Entry {
        let index = entry.index
        let inclusion = InclusionProof(index: index, size: checkpoint.size, path: entry.path)
        if !inclusion.isValid(leaf: entry.leafHash, root: checkpoint.root) {
            verdict.report(.inclusion, "the entry is not in the log at this place", index: index)
        }
        for opening in entry.openings
        where opening.commitment != entry.sections[opening.number].commitment {
            verdict.report(
                .commitment,
                "section \(opening.number) is not what was logged",
                index: index
            )
        }
        let json = entry.header?.json
        let header = json.flatMap { try? EntryHeader($0) }
        if header?.kind != entry.frame.kind
            || json?["time"]?.string != entry.frame.time.description
        {
            verdict.report(
                .header,
                "the header is closed, incomplete or not this entry's",
                index: index
            )
        }
        let parts = entry.parts.compactMap { $0.json.flatMap { try? PatientPart($0) } }
        if parts.count != entry.parts.count
            || parts.contains(where: { $0.previous.map { $0 >= index } ?? false })
        {
            verdict.report(.part, "a patient's part is not of its form", index: index)
        }
        return ProofVerdict.Entry(
            index: index,
            frame: entry.frame,
            header: header,
            parts: parts
        )
    }

    /// Newest first: each part points at the next entry shown, counts fall by one, the last is 1.
    private static func checkChain(_ verdict: inout ProofVerdict) {
        var expected: (index: UInt64, count: UInt64, patient: String, time: Instant)?
        for (place, entry) in verdict.entries.enumerated() {
            guard entry.parts.count == 1, let part = entry.parts.first else {
                verdict.report(.part, "not exactly one patient's part is open", index: entry.index)
                return
            }
            if let expected,
                expected.index != entry.index || expected.count != part.count
                    || !expected.patient.utf8.elementsEqual(part.patient.utf8)
                    || entry.frame.time > expected.time
            {
                verdict.report(
                    .chain,
                    "not the entry that the one before points at",
                    index: entry.index
                )
            } else if place > 0, expected == nil {
                verdict.report(.chain, "an entry before the patient's first", index: entry.index)
            }
            expected = part.previous.map {
                ($0, part.count - 1, part.patient, entry.frame.time)
            }
        }
        if let expected {
            verdict.report(.chain, "entry \(expected.index) is missing", index: expected.index)
        } else if verdict.entries.isEmpty {
            verdict.report(.chain, "no entry is shown")
        }
    }
}
