public import VaultCore

/// Why the Guard's state could not be read or written.
public enum StorageFailure: Failure, Equatable {
    /// Another process holds the file.
    case inUse
    /// The file is not a Guard store of this format.
    case notAStore
    /// The folder or file cannot be written.
    case readOnly
    /// The disk is full.
    case diskFull
    /// SQLite or the operating system failed; the code is SQLite's, without any argument.
    case failed(code: Int32)
    /// A batch does not start where the log ends: a bug of ours, nothing was written.
    case gap

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .inUse: .unavailable
        case .notAStore: .integrity
        case .readOnly, .diskFull, .failed: .inputOutput
        case .gap: .internalError
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .inUse: "guard.inUse"
        case .notAStore: "guard.notAStore"
        case .readOnly: "guard.readOnly"
        case .diskFull: "guard.diskFull"
        case .failed: "guard.storageFailed"
        case .gap: "guard.gap"
        }
    }

    /// One line for anyone.
    public var message: String {
        switch self {
        case .inUse: "the vault is in use by another process"
        case .notAStore: "the Guard's file is damaged or not one of this vault's"
        case .readOnly: "the vault's folder cannot be written"
        case .diskFull: "the disk is full; nothing was written"
        case .failed(let code): "the Guard's file could not be read or written (SQLite `\(code)`)"
        case .gap: "the log moved under this process"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .inUse: "wait until the other command ends, then run this one again"
        case .notAStore: "run `patientvault verify`, and restore from a backup if it fails"
        case .readOnly: "make the folder writable for this user"
        case .diskFull: "free some space and run the command again"
        case .failed: "check the disk, then run `patientvault verify`"
        case .gap: "please report this; run `patientvault verify`"
        }
    }
}
