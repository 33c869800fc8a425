internal import VaultCore

/// Checkpoints of one log, oldest first, each shown to begin with everything of the one before.
///
/// Whoever keeps the first (on paper, say) and trusts the last knows that nothing was taken back in
/// between. Text format `patientvault/checkpoint-chain@v1`, see docs/design/log.md.
public struct CheckpointChain: Sendable, Hashable {
    /// First line of the text.
    public static let firstLine = "patientvault/checkpoint-chain@v1"

    /// One checkpoint with the way from the one before.
    public struct Link: Sendable, Hashable {
        /// Signed by the log.
        public let checkpoint: SignedNote
        /// Consistency path from the checkpoint before; empty in the first.
        public let path: [MerkleHash]

        /// Joins the two.
        ///
        /// - Parameters:
        ///   - checkpoint: Signed by the log.
        ///   - path: Consistency path from the checkpoint before.
        public init(checkpoint: SignedNote, path: [MerkleHash]) {
            self.checkpoint = checkpoint
            self.path = path
        }
    }

    /// Oldest first, at least one.
    public let links: [Link]

    /// Joins checkpoints that the stored hashes connect.
    ///
    /// - Parameters:
    ///   - notes: Signed checkpoints of one log, oldest first.
    ///   - reader: Holds the complete subtrees of the last.
    /// - Throws: ``MerkleLogError/malformedCheckpoint``, ``MerkleLogError/outOfRange`` where sizes fall, or
    ///   what the reader throws.
    public init(_ notes: [SignedNote], reader: some HashReader) throws(MerkleLogError) {
        var links: [Link] = []
        var before: UInt64?
        for note in notes {
            let size = try Checkpoint(text: note.text).size
            var path: [MerkleHash] = []
            if let before {
                path = try ConsistencyProof(oldSize: before, newSize: size, reader: reader).path
            }
            links.append(Link(checkpoint: note, path: path))
            before = size
        }
        self.links = links
    }

    /// The file's bytes, UTF-8.
    public var bytes: [UInt8] {
        var text = Array("\(Self.firstLine)\n".utf8)
        for link in links {
            text += "checkpoint \(Base64.encode(link.checkpoint.bytes))\n".utf8
            for hash in link.path { text += "path \(hash.base64)\n".utf8 }
        }
        return text
    }

    /// Reads a file; what it says is not believed before ``ProofCheck``.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedProof(line:)`` or ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        var lines = ProofLines(bytes)
        try lines.expect(Self.firstLine)
        var links: [Link] = []
        while !lines.rest.isEmpty {
            guard let note = Base64.decode(try lines.required("checkpoint")) else {
                throw lines.failure
            }
            var path: [MerkleHash] = []
            while let value = lines.value(after: "path") {
                guard let hash = MerkleHash(base64: String(decoding: value, as: UTF8.self)),
                    path.count < 64
                else { throw lines.failure }
                path.append(hash)
            }
            links.append(Link(checkpoint: try SignedNote(parsing: note), path: path))
        }
        guard !links.isEmpty else { throw lines.failure }
        self.links = links
    }

    /// Places at which a checkpoint does not follow from the one before.
    func breaks() throws(MerkleLogError) -> [Int] {
        var found: [Int] = []
        var before: Checkpoint?
        for (place, link) in links.enumerated() {
            let now = try Checkpoint(text: link.checkpoint.text)
            if let before {
                let proof = ConsistencyProof(
                    oldSize: before.size,
                    newSize: now.size,
                    path: link.path
                )
                if !proof.isValid(oldRoot: before.root, newRoot: now.root) { found.append(place) }
            } else if !link.path.isEmpty {
                found.append(place)
            }
            before = now
        }
        return found
    }
}
