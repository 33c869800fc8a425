internal import VaultCore

/// What a log sends to a witness: the size the witness is thought to know, the way from there, and the
/// new checkpoint.
///
/// Source: c2sp.org/tlog-witness, `add-checkpoint`. Body: `old SIZE`, at most 63 consistency hashes in
/// base64, an empty line, the signed checkpoint.
public struct AddCheckpoint: Sendable, Hashable {
    /// Most consistency hashes, as the specification demands.
    public static let maximumPathCount = 63
    /// Most bytes of a request.
    public static let maximumByteCount = 1 << 16

    /// Size of the last checkpoint that the witness cosigned; 0 where it never did.
    public let oldSize: UInt64
    /// Consistency path from there; empty from 0.
    public let path: [MerkleHash]
    /// Signed by the log.
    public let checkpoint: SignedNote

    /// Builds a request.
    ///
    /// - Parameters:
    ///   - oldSize: What the witness is thought to know.
    ///   - checkpoint: Signed by the log.
    ///   - reader: Holds the complete subtrees of the checkpoint's size.
    /// - Throws: ``MerkleLogError/outOfRange`` where the log is shorter than `oldSize`, and others.
    public init(
        oldSize: UInt64,
        checkpoint: SignedNote,
        reader: some HashReader
    ) throws(MerkleLogError) {
        let size = try Checkpoint(text: checkpoint.text).size
        self.oldSize = oldSize
        self.checkpoint = checkpoint
        path = try ConsistencyProof(oldSize: oldSize, newSize: size, reader: reader).path
    }

    /// The request's body.
    public var bytes: [UInt8] {
        Array(("old \(oldSize)\n" + path.map { $0.base64 + "\n" }.joined() + "\n").utf8)
            + checkpoint.bytes
    }

    /// Reads a request's body.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedProof(line:)``, ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        var lines = ProofLines(bytes)
        oldSize = try lines.count("old")
        var path: [MerkleHash] = []
        while true {
            let line = String(decoding: try lines.next(), as: UTF8.self)
            if line.isEmpty { break }
            guard path.count < Self.maximumPathCount, let hash = MerkleHash(base64: line) else {
                throw lines.failure
            }
            path.append(hash)
        }
        self.path = path
        checkpoint = try SignedNote(parsing: lines.rest)
    }
}
