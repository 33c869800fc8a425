/// All entries of one patient under one checkpoint, newest first, chained by their back-pointers.
///
/// Complete between the newest entry shown and the patient's first. That no newer one exists is proved
/// only by a heads block, whose place is kept in the format. Text format
/// `patientvault/history-proof@v1`, see docs/design/log.md.
public struct PatientHistoryProof: Sendable, Hashable {
    /// First line of the text.
    public static let firstLine = "patientvault/history-proof@v1"

    /// Proof that the first entry shown is the patient's newest.
    public enum Heads: Sendable, Hashable {
        /// Not proved.
        case none
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
        var text = Array("\(Self.firstLine)\nheads none\nentries \(entries.count)\n\n".utf8)
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
        try lines.expect("heads none")
        heads = .none
        let count = try lines.count("entries")
        try lines.expect("")
        var entries: [EntryProof] = []
        for _ in 0..<count { entries.append(try EntryProof(&lines)) }
        self.entries = entries
        checkpoint = try SignedNote(parsing: lines.rest)
    }
}
