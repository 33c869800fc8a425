import MerkleLog
import Testing
import VaultCore

/// Falsified lists, windows and chains of checkpoints.
struct HeadsTampering {
    private let later: SampleLog
    private let earlier: SampleLog

    init() throws { (later, earlier) = try SampleLog.withHeads() }

    func all() throws -> [Tampering] { try lists() + windows() + chains() }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func edited(
        _ text: String,
        _ prefix: String,
        _ edit: (String) -> String?
    ) throws -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let place = try #require(lines.firstIndex { $0.hasPrefix(prefix) })
        if let line = edit(lines[place]) { lines[place] = line } else { lines.remove(at: place) }
        return lines.joined(separator: "\n")
    }

    private func lists() throws -> [Tampering] {
        let good = try later.fullHistory(of: "bo")
        func list(_ entries: [EntryProof], _ block: HeadsBlock) -> String {
            text(
                PatientHistoryProof(
                    entries: entries,
                    heads: .map(block),
                    checkpoint: good.checkpoint
                ).bytes
            )
        }
        let block = try later.block("bo", in: later)
        let older = try earlier.block("bo", in: later)
        let plain = HeadsBlock(proof: block.proof, entry: try later.proof(index: 18))
        let anna = try later.fullHistory(of: "anna")
        let other = "side \(testLeaf(1).base64)"
        return [
            Tampering("list-newest-left-out", .heads, list(Array(good.entries[1...]), block)),
            Tampering("list-under-older-map", .heads, list(Array(good.entries[1...]), older)),
            Tampering("list-map-is-no-heads-entry", .heads, list(good.entries, plain)),
            Tampering("list-of-another-patient", .heads, list(anna.entries, block)),
            Tampering("list-side", .heads, try edited(text(good.bytes), "side") { _ in other }),
            Tampering(
                "list-side-missing",
                .heads,
                try edited(text(good.bytes), "side") { _ in nil }
            ),
            Tampering(
                "list-root",
                .commitment,
                text(good.bytes).replacing(
                    try later.map().root().base64,
                    with: try earlier.map().root().base64
                )
            ),
            Tampering(
                "list-map-without-header",
                .header,
                try edited(text(good.bytes), "open 0") { _ in nil }
            ),
        ]
    }

    private func windows() throws -> [Tampering] {
        let calm = try later.notAccessed("anna", since: earlier)
        let never = text(try later.notAccessed("zoe", since: earlier).bytes)
        func window(_ patient: String, _ start: HeadsBlock, _ end: HeadsBlock) throws -> String {
            text(
                try NotAccessedProof(
                    patient: patient,
                    start: start,
                    end: end,
                    checkpoint: calm.checkpoint
                ).bytes
            )
        }
        // Bo was accessed: the claim can only be made by lying about one of the two ends.
        let boThen = try earlier.block("bo", in: later)
        let boNow = try later.block("bo", in: later)
        let lie = try window("bo", boThen, boThen).replacing(
            text(lines(of: boThen)),
            with: text(lines(of: boNow)),
            maxReplacements: 1
        )
        return [
            Tampering("window-accessed", .heads, lie),
            Tampering(
                "window-other-patient",
                .heads,
                text(calm.bytes).replacing("patient anna", with: "patient cid")
            ),
            Tampering(
                "window-head",
                .heads,
                try edited(text(calm.bytes), "head") { _ in "head 5 12" }
            ),
            Tampering("window-ends-swapped", .heads, try window("anna", calm.end, calm.start)),
            Tampering("window-empty", .heads, try window("anna", calm.end, calm.end)),
            Tampering(
                "window-known-as-never-seen",
                .heads,
                try edited(text(calm.bytes), "head") { _ in "head none" }
            ),
            Tampering(
                "window-absent-by-a-stranger",
                .heads,
                never.replacing("patient zoe", with: "patient anna")
            ),
            Tampering(
                "window-extra-line",
                .malformed,
                never.replacing("head none", with: "head none\n")
            ),
        ]
    }

    private func lines(of block: HeadsBlock) -> [UInt8] {
        block.proof.sides.flatMap { Array("side \($0.base64)\n".utf8) }
    }

    private func chains() throws -> [Tampering] {
        let good = try later.chain()
        let other = try SampleLog.filled(seed: 2)
        func chain(_ links: [CheckpointChain.Link]) throws -> String {
            var bytes = Array("\(CheckpointChain.firstLine)\n".utf8)
            for link in links {
                bytes += "checkpoint \(Base64.encode(link.checkpoint.bytes))\n".utf8
                for hash in link.path { bytes += "path \(hash.base64)\n".utf8 }
            }
            return text(bytes)
        }
        var forked = good.links
        forked[1] = CheckpointChain.Link(
            checkpoint: try other.checkpoint(size: 16),
            path: good.links[1].path
        )
        var unsigned = good.links
        let note = unsigned[0].checkpoint
        unsigned[0] = CheckpointChain.Link(
            checkpoint: try SignedNote(text: note.text, signatures: [note.signatures[1]]),
            path: []
        )
        return [
            Tampering("chain-forked", .consistency, try chain(forked)),
            Tampering(
                "chain-link-left-out",
                .consistency,
                try chain([good.links[0], good.links[2]])
            ),
            Tampering("chain-unsigned", .signature, try chain(unsigned)),
            Tampering("chain-without-links", .malformed, try chain([])),
        ]
    }
}

extension SampleLog {
    /// Checkpoints of four sizes, connected.
    func chain() throws -> CheckpointChain {
        try CheckpointChain([3, 16, 17, 20].map { try checkpoint(size: $0) }, reader: hashes)
    }
}
