/// What an offline check of a proof or checkpoint found.
public struct ProofVerdict: Sendable, Hashable {
    /// What the file claims to be.
    public enum Subject: String, Sendable, Hashable {
        /// A signed checkpoint alone.
        case checkpoint
        /// One entry.
        case entry
        /// All entries of one patient.
        case history
        /// That a window has no entry of one patient.
        case notAccessed = "not-accessed"
        /// Checkpoints, each an extension of the one before.
        case chain = "checkpoint-chain"
    }

    /// A reason not to believe the file.
    public struct Problem: Sendable, Hashable {
        /// Kinds of reasons, stable.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// The text is not in its format.
            case malformed
            /// The log's key did not sign the checkpoint, or a trusted witness's line is wrong.
            case signature
            /// The checkpoint is of another log.
            case origin
            /// Fewer witnesses than demanded.
            case witnesses
            /// The path does not lead from the entry to the root.
            case inclusion
            /// An opened part is not the one that was committed.
            case commitment
            /// The header is closed, incomplete, or contradicts the frame.
            case header
            /// A patient part is missing or not of its form.
            case part
            /// The entries are not an unbroken chain of one patient down to the first.
            case chain
            /// The map of heads does not say of the patient what the file claims.
            case heads
            /// A checkpoint does not extend the one before.
            case consistency
        }

        /// Kind of reason.
        public let kind: Kind
        /// The entry concerned.
        public let index: UInt64?
        /// One line; never a part's content.
        public let detail: String
    }

    /// An entry that the check has read.
    public struct Entry: Sendable, Hashable {
        /// Place in the log.
        public let index: UInt64
        /// Kind and time.
        public let frame: EntryFrame
        /// The opened header.
        public let header: EntryHeader?
        /// The opened parts of patients.
        public let parts: [PatientPart]
    }

    /// `nil` where the first line is of no known format.
    public internal(set) var subject: Subject?
    /// Why not to believe it; empty means: believe it.
    public internal(set) var problems: [Problem] = []
    /// What the file does not prove although it is right.
    public internal(set) var notes: [String] = []
    /// The checkpoint, whether or not its signature is right.
    public internal(set) var checkpoint: Checkpoint?
    /// Cosignatures of trusted witnesses that verified.
    public internal(set) var cosignatures: [NoteVerdict.Verified] = []
    /// In the order of the file; to be shown only where ``isValid``.
    public internal(set) var entries: [Entry] = []

    /// Whether nothing speaks against the file.
    public var isValid: Bool { problems.isEmpty }

    mutating func report(_ kind: Problem.Kind, _ detail: String, index: UInt64? = nil) {
        problems.append(Problem(kind: kind, index: index, detail: detail))
    }
}
