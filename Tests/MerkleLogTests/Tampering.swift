import MerkleLog
import Testing
import VaultCore

/// Ways to falsify a proof file, each with the kind of problem that must come out.
struct Tampering {
    let name: String
    let expected: ProofVerdict.Problem.Kind
    let bytes: [UInt8]

    /// All of them, made from one sample log.
    static func all(of log: SampleLog) throws -> [Tampering] {
        try entryForgeries(log) + historyForgeries(log) + checkpointForgeries(log)
            + HeadsTampering().all()
    }

    init(_ name: String, _ expected: ProofVerdict.Problem.Kind, _ text: String) {
        self.name = name
        self.expected = expected
        bytes = Array(text.utf8)
    }

    private static func entryForgeries(_ log: SampleLog) throws -> [Tampering] {
        let bundle = try log.bundle(index: 6, section: 2, patient: "anna")
        let good = String(decoding: bundle.bytes, as: UTF8.self)
        let lines = good.split(separator: "\n", omittingEmptySubsequences: false)
        func swap(_ prefix: String, _ edit: (String) -> String?) throws -> String {
            let place = try #require(lines.firstIndex { $0.hasPrefix(prefix) })
            var changed = lines.map(String.init)
            if let line = edit(changed[place]) {
                changed[place] = line
            } else {
                changed.remove(at: place)
            }
            return changed.joined(separator: "\n")
        }
        let later = EntryFrame(
            kind: .disclosure,
            time: SampleLog.start,
            sectionCount: 4
        )
        let digest = Base64.encode([UInt8](repeating: 7, count: 64))
        let hash = Base64.encode([UInt8](repeating: 7, count: 32))
        return [
            Tampering("entry-path", .inclusion, try swap("path") { _ in "path \(hash)" }),
            Tampering("entry-path-short", .inclusion, try swap("path") { _ in nil }),
            Tampering("entry-index", .inclusion, try swap("index") { _ in "index 7" }),
            Tampering(
                "entry-time",
                .inclusion,
                try swap("frame") { _ in "frame \(Base64.encode(later.bytes))" }
            ),
            Tampering(
                "entry-other-section",
                .inclusion,
                try swap("section") { _ in "section \(digest)" }
            ),
            Tampering(
                "entry-decision",
                .commitment,
                try swap("open 0") { $0.replacing("permit", with: "deny") }
            ),
            Tampering(
                "entry-manifest",
                .commitment,
                try swap("open 2") { $0.replacing("\"record\":6", with: "\"record\":7") }
            ),
            Tampering("entry-header-closed", .header, try swap("open 0") { _ in nil }),
            Tampering("entry-version", .malformed, good.replacing("proof@v1", with: "proof@v2")),
            Tampering("entry-extra-line", .malformed, try swap("index") { $0 + "\nnote hello" }),
            Tampering("entry-section-left-out", .malformed, try swap("section") { _ in nil }),
            Tampering("entry-leading-zero", .malformed, try swap("index") { _ in "index 06" }),
            Tampering("entry-cut", .malformed, String(good.dropLast())),
        ]
    }

    private static func historyForgeries(_ log: SampleLog) throws -> [Tampering] {
        let good = try log.history(of: "anna")
        func history(_ entries: [EntryProof]) -> String {
            let proof = PatientHistoryProof(entries: entries, checkpoint: good.checkpoint)
            return String(decoding: proof.bytes, as: UTF8.self)
        }
        var swapped = good.entries
        swapped.swapAt(1, 2)
        var gap = good.entries
        gap.remove(at: 2)
        // Bo's third entry is also anna's third: only the patient named in the parts tells them apart.
        let spliced =
            Array(good.entries[..<2])
            + [
                try log.proof(index: 6, section: 3, patient: "bo"),
                try log.proof(index: 5, section: 1, patient: "bo"),
                try log.proof(index: 3, section: 2, patient: "bo"),
            ]
        var closed = good.entries
        closed[0] = try log.proof(index: 13)
        var another = good.entries
        another.append(try log.proof(index: 11, section: 1, patient: "eva"))
        return [
            Tampering("history-gap", .chain, history(gap)),
            Tampering("history-oldest-missing", .chain, history(Array(good.entries.dropLast()))),
            Tampering("history-order", .chain, history(swapped)),
            Tampering("history-other-patient", .chain, history(spliced)),
            Tampering("history-one-more", .chain, history(another)),
            Tampering("history-repeated", .chain, history([good.entries[0]] + good.entries)),
            Tampering("history-part-closed", .part, history(closed)),
            Tampering("history-empty", .chain, history([])),
            Tampering(
                "history-unknown-heads",
                .malformed,
                history(good.entries).replacing("heads none", with: "heads v9")
            ),
        ]
    }

    private static func checkpointForgeries(_ log: SampleLog) throws -> [Tampering] {
        let good = try log.checkpoint()
        let cosigned = SignedNote.parts(good)
        var foreign = try SignedNote(
            text: Checkpoint(
                origin: "vault.example/log/2",
                size: 16,
                root: log.tree.root
            ).text
        )
        try foreign.sign(with: log.key)
        let smaller = try log.checkpoint(size: 15)
        let bundle = try log.bundle(index: 6, section: 2, patient: "anna")
        let moved = ProofBundle(entry: bundle.entry, checkpoint: smaller)
        return [
            Tampering(
                "checkpoint-size",
                .signature,
                good.description.replacing("\n16\n", with: "\n17\n")
            ),
            Tampering(
                "checkpoint-root",
                .signature,
                good.description.replacing(log.tree.root.base64, with: testLeaf(0).base64)
            ),
            Tampering(
                "checkpoint-unsigned",
                .signature,
                good.text + "\n" + cosigned.witness
            ),
            Tampering("checkpoint-origin", .origin, foreign.description),
            Tampering(
                "checkpoint-swapped-signatures",
                .signature,
                try SignedNote(text: good.text, signatures: smaller.signatures).description
            ),
            Tampering(
                "entry-under-older-checkpoint",
                .inclusion,
                String(decoding: moved.bytes, as: UTF8.self)
            ),
        ]
    }
}

extension SignedNote {
    /// The log's line and the witness's line of a sample checkpoint.
    static func parts(_ note: SignedNote) -> (log: String, witness: String) {
        (note.signatures[0].line, note.signatures[1].line)
    }
}
