public import VaultCore

/// Why the log could not be read, proved or extended.
///
/// A proof or signature that does not hold is a verdict, not an error. Nothing here carries a byte of
/// an entry, a name or a key.
public enum MerkleLogError: Failure, Hashable {
    /// An index or size outside the tree, or sizes in the wrong order.
    case outOfRange
    /// The storage behind a ``HashReader`` could not give a hash.
    case storageFailed
    /// Not a signed note in C2SP form.
    case malformedNote
    /// The note's text is no checkpoint.
    case malformedCheckpoint
    /// Not a note verifier key, or not a seed of 32 bytes, or a name that may not stand in a note.
    case malformedKey
    /// The key's algorithm cannot sign or verify in this build.
    case unsupportedAlgorithm(UInt8)
    /// The stored entry ends early, has bytes left over, or a length beyond its bounds.
    case malformedEntry
    /// The entry's format version is not one this build reads.
    case unsupportedVersion(UInt8)
    /// A section, or the number of sections, is over its limit.
    case tooLarge
    /// A section does not open: wrong key, moved or altered bytes; deliberately one case.
    case sectionNotOpened
    /// The opened part is not the JSON object it should be.
    case malformedPart
    /// The proof's text is wrong at a line, counted from 1.
    case malformedProof(line: Int)

    /// Bad input, integrity, I/O or our own bug.
    public var kind: FailureKind {
        switch self {
        case .outOfRange: .internalError
        case .storageFailed: .inputOutput
        case .malformedNote, .malformedCheckpoint, .malformedKey, .unsupportedAlgorithm, .tooLarge,
            .malformedProof:
            .badInput
        case .malformedEntry, .unsupportedVersion, .sectionNotOpened, .malformedPart: .integrity
        }
    }

    /// `log.` and the case's name.
    public var code: String {
        switch self {
        case .outOfRange: "log.outOfRange"
        case .storageFailed: "log.storageFailed"
        case .malformedNote: "log.malformedNote"
        case .malformedCheckpoint: "log.malformedCheckpoint"
        case .malformedKey: "log.malformedKey"
        case .unsupportedAlgorithm: "log.unsupportedAlgorithm"
        case .malformedEntry: "log.malformedEntry"
        case .unsupportedVersion: "log.unsupportedVersion"
        case .tooLarge: "log.tooLarge"
        case .sectionNotOpened: "log.sectionNotOpened"
        case .malformedPart: "log.malformedPart"
        case .malformedProof: "log.malformedProof"
        }
    }

    /// One line, lower case.
    public var message: String {
        switch self {
        case .outOfRange: "the log has no such entry or size"
        case .storageFailed: "the log's hashes could not be read"
        case .malformedNote: "this is not a signed note"
        case .malformedCheckpoint: "the signed note is not a checkpoint"
        case .malformedKey: "this is not a note key"
        case .unsupportedAlgorithm(let byte): "signature algorithm `\(byte)` is not supported"
        case .malformedEntry: "a log entry is damaged"
        case .unsupportedVersion(let byte): "log entry version `\(byte)` is not known"
        case .tooLarge: "a log entry is over its size limit"
        case .sectionNotOpened: "a section of a log entry does not open"
        case .malformedPart: "a section of a log entry is not what its kind demands"
        case .malformedProof(let line): "the proof is malformed at line \(line)"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .outOfRange: "ask for an index below the log's size (`status` shows it)"
        case .storageFailed: "check the disk, then run `verify`"
        case .malformedNote, .malformedCheckpoint: "pass a file written by `audit checkpoint`"
        case .malformedKey: "pass the text `name+hash+key` that `init` printed"
        case .unsupportedAlgorithm: "use an Ed25519 key"
        case .malformedEntry, .unsupportedVersion, .sectionNotOpened, .malformedPart:
            "run `verify`; if it finds a problem, treat it as an incident"
        case .tooLarge: "split the request into smaller ones"
        case .malformedProof: "pass a file written by `audit prove`, unchanged"
        }
    }
}
