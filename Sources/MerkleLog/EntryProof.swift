/// One entry with the path to a root: some sections opened, of the others 64 bytes each.
///
/// Whoever holds it recomputes the leaf from frame and digests, the root from leaf and path, and each
/// opened part's commitment; see ``ProofCheck``.
public struct EntryProof: Sendable, Hashable {
    /// Zero-based place in the log.
    public let index: UInt64
    /// Version, kind, time and number of sections.
    public let frame: EntryFrame
    /// One for each section, the header first.
    public let sections: [SectionDigest]
    /// Opened sections in ascending order: the header and one patient's part, as a rule.
    public let openings: [SectionOpening]
    /// Sibling hashes from the leaf up to below the checkpoint's root.
    public let path: [MerkleHash]

    /// Builds the proof of a stored entry.
    ///
    /// - Parameters:
    ///   - index: Zero-based place in the log.
    ///   - entry: The entry.
    ///   - openings: What ``SectionSealer/open(section:of:key:)`` gave, at most one patient's.
    ///   - size: The checkpoint's tree size, above `index`.
    ///   - reader: Holds the complete subtrees of that size.
    /// - Throws: ``MerkleLogError/outOfRange``, ``MerkleLogError/malformedPart`` where an opening's
    ///   number does not fit or its text has a line break, or what the reader throws.
    public init(
        index: UInt64,
        entry: StoredEntry,
        openings: [SectionOpening],
        size: UInt64,
        reader: some HashReader
    ) throws(MerkleLogError) {
        try self.init(
            index: index,
            frame: entry.frame,
            sections: entry.sections.map { SectionDigest($0.commitment, $0.digest) },
            openings: openings.sorted { $0.number < $1.number },
            path: try InclusionProof(index: index, size: size, reader: reader).path
        )
    }

    init(
        index: UInt64,
        frame: EntryFrame,
        sections: [SectionDigest],
        openings: [SectionOpening],
        path: [MerkleHash]
    ) throws(MerkleLogError) {
        guard index < UInt64(Int64.max) else { throw .outOfRange }
        let numbers = openings.map(\.number)
        guard sections.count == Int(frame.sectionCount), path.count <= 63,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }),
            numbers.allSatisfy({ sections.indices.contains($0) }),
            openings.allSatisfy({ $0.blinding.count == 32 && !$0.part.contains(0x0A) })
        else { throw .malformedPart }
        self.index = index
        self.frame = frame
        self.sections = sections
        self.openings = openings
        self.path = path
    }

    /// The leaf's hash as frame and digests give it.
    public var leafHash: MerkleHash {
        TreeHasher.leafHash(EntryCodec.leafData(frame: frame, digests: sections))
    }

    /// The opened header, if it is there.
    public var header: SectionOpening? { openings.first.flatMap { $0.number == 0 ? $0 : nil } }

    /// The opened patient parts.
    public var parts: [SectionOpening] { openings.filter { $0.number > 0 } }
}
