/// All entries of one patient under one checkpoint, newest first, chained by their back-pointers.
///
/// Complete between the newest entry shown and the patient's first by the back-pointers, and up to the
/// checkpoint by the heads block. Text format `patientvault/history-proof@v1`, see docs/design/log.md.
public struct PatientHistoryProof: Sendable, Hashable {
    /// First line of the text.
    public static let firstLine = "patientvault/history-proof@v1"

    /// Proof that the first entry shown is the patient's newest.
    public enum Heads: Sendable, Hashable {
        /// Not proved.
        case none
        /// The map of heads in the checkpoint's last entry says so.
        case map(HeadsBlock)
    }

    /// Each with its header and this patient's part opened, newest first.
    public let entries: [EntryProof]
    /// Proof that the first entry shown is the newest.
    public let heads: Heads
    /// The signed checkpoint that all paths lead to.
    public let checkpoint: SignedNote

    /// Joins entries under one checkpoint.
    ///
    /// - Parameters:
    ///   - entries: Newest first, down to the one whose count is 1.
    ///   - heads: Proof that the first is the newest.
    ///   - checkpoint: Signed by the log.
    public init(entries: [EntryProof], heads: Heads = .none, checkpoint: SignedNote) {
        self.entries = entries
        self.heads = heads
        self.checkpoint = checkpoint
    }

    /// The file's bytes, UTF-8.
    public var bytes: [UInt8] {
        var text = Array("\(Self.firstLine)\n".utf8)
        switch heads {
        case .none: text += "heads none\n".utf8
        case .map(let block): text += Array("heads map\n".utf8) + block.lines
        }
        text += "entries \(entries.count)\n\n".utf8
        for entry in entries { text += entry.block }
        return text + checkpoint.bytes
    }

    /// Reads a file; what it says is not believed before ``ProofCheck``.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedProof(line:)``, also for a heads block of a later version, or
    ///   ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        var lines = ProofLines(bytes)
        try lines.expect(Self.firstLine)
        var sides: [MerkleHash] = []
        var map: EntryProof?
        switch try lines.required("heads") {
        case "none": break
        case "map":
            // The claimed head is the first entry's own, so it is not said twice.
            sides = try HeadProof(&lines, head: PatientHead(count: 1, last: 0)).sides
            map = try EntryProof(&lines)
        default: throw lines.failure
        }
        let count = try lines.count("entries")
        try lines.expect("")
        var entries: [EntryProof] = []
        for _ in 0..<count { entries.append(try EntryProof(&lines)) }
        self.entries = entries
        heads =
            map.map { map in
                let head = entries.first.flatMap { $0.claimedHead }
                let claim = HeadProof.Claim.head(head ?? PatientHead(count: 0, last: 0))
                return .map(
                    HeadsBlock(proof: HeadProof(claim: claim, sides: sides), entry: map)
                )
            } ?? .none
        checkpoint = try SignedNote(parsing: lines.rest)
    }
}

extension EntryProof {
    /// The head that this entry's opened part makes, if it is the patient's newest.
    var claimedHead: PatientHead? {
        guard let json = parts.first?.json, let part = try? PatientPart(json) else { return nil }
        return PatientHead(count: part.count, last: index)
    }
}
