/// A portable proof that an entry stands in the log, with its header and one patient's part to read.
///
/// Text format `patientvault/entry-proof@v1`, see docs/design/log.md; the signed checkpoint with its
/// cosignatures stands at the end, verbatim.
public struct ProofBundle: Sendable, Hashable {
    /// First line of the text.
    public static let firstLine = "patientvault/entry-proof@v1"

    /// The entry and its path.
    public let entry: EntryProof
    /// The signed checkpoint that the path leads to.
    public let checkpoint: SignedNote

    /// Joins an entry's proof with its checkpoint.
    ///
    /// - Parameters:
    ///   - entry: Built for the checkpoint's tree size.
    ///   - checkpoint: Signed by the log, cosigned by whoever.
    public init(entry: EntryProof, checkpoint: SignedNote) {
        self.entry = entry
        self.checkpoint = checkpoint
    }

    /// The file's bytes, UTF-8.
    public var bytes: [UInt8] {
        Array("\(Self.firstLine)\n".utf8) + entry.block + checkpoint.bytes
    }

    /// Reads a file; what it says is not believed before ``ProofCheck``.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedProof(line:)`` or ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        var lines = ProofLines(bytes)
        try lines.expect(Self.firstLine)
        entry = try EntryProof(&lines)
        checkpoint = try SignedNote(parsing: lines.rest)
    }

    /// The same proof as a C2SP `.tlog-proof`, for other people's tools; it says where the leaf is, not
    /// what stands in it.
    ///
    /// Source: c2sp.org/tlog-proof.
    public var tlogProof: String {
        let path = entry.path.map { $0.base64 + "\n" }.joined()
        return "c2sp.org/tlog-proof@v1\nindex \(entry.index)\n\(path)\n\(checkpoint.description)"
    }
}
