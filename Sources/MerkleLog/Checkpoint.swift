internal import VaultCore

/// A tree head: which log, how many leaves, which root.
///
/// Source: c2sp.org/tlog-checkpoint. Text: origin, size in decimal, root in base64, each on a line,
/// then extension lines, which we neither write nor refuse.
public struct Checkpoint: Sendable, Hashable {
    /// Name of the log, also the name of its key.
    public let origin: String
    /// Leaves.
    public let size: UInt64
    /// Root of the tree of that size.
    public let root: MerkleHash
    /// Opaque further lines, signed along.
    public let extensions: [String]

    /// Makes a checkpoint.
    ///
    /// - Parameters:
    ///   - origin: Not empty, one line.
    ///   - size: Leaves.
    ///   - root: Root of the tree of that size.
    public init(origin: String, size: UInt64, root: MerkleHash) {
        self.origin = origin
        self.size = size
        self.root = root
        extensions = []
    }

    /// Reads the text of a note.
    ///
    /// - Parameter text: At least three lines, the last ended by a newline as well.
    /// - Throws: ``MerkleLogError/malformedCheckpoint``.
    public init(text: String) throws(MerkleLogError) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(Substring($0))
        }
        guard lines.count >= 4, lines.last == "", !lines.dropLast().contains(""),
            let size = UInt64(decimal: lines[1]), size <= UInt64(Int64.max),
            let root = MerkleHash(base64: lines[2])
        else { throw .malformedCheckpoint }
        origin = lines[0]
        self.size = size
        self.root = root
        extensions = Array(lines[3..<(lines.count - 1)])
    }

    /// The text that is signed.
    public var text: String {
        ([origin, String(size), root.base64] + extensions).map { $0 + "\n" }.joined()
    }

    /// Signs as the log.
    ///
    /// - Parameter key: The log's key; its name is the origin.
    /// - Returns: A note with one signature.
    /// - Throws: ``MerkleLogError/malformedKey`` where the name is not the origin,
    ///   ``MerkleLogError/malformedNote``, ``MerkleLogError/unsupportedAlgorithm(_:)``.
    public func signed(with key: NoteSigningKey) throws(MerkleLogError) -> SignedNote {
        guard key.verifier.name == origin else { throw .malformedKey }
        var note = try SignedNote(text: text)
        try note.sign(with: key)
        return note
    }

    /// Reads a signed checkpoint and checks that the log itself signed it.
    ///
    /// - Parameters:
    ///   - note: A signed note.
    ///   - key: The log's key; its name must be the origin.
    /// - Returns: The checkpoint, or `nil` where the note may not be believed.
    /// - Throws: ``MerkleLogError/malformedCheckpoint``.
    public static func verified(
        _ note: SignedNote,
        key: NoteVerifierKey
    ) throws(MerkleLogError) -> Checkpoint? {
        let checkpoint = try Checkpoint(text: note.text)
        let verdict = note.verify([key])
        return verdict.isAccepted && checkpoint.origin == key.name ? checkpoint : nil
    }
}

extension UInt64 {
    /// Decimal without sign and leading zeros, as checkpoints and proofs write numbers.
    init?(decimal text: some StringProtocol) {
        guard let number = UInt64(text), String(number) == text else { return nil }
        self = number
    }
}
