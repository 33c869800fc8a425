public import VaultCore

/// Why something could not be sealed, opened, derived or kept in memory.
public enum SealingError: Error, Equatable {
    /// Wrong key, moved ciphertext, wrong passphrase or altered bytes; deliberately one case.
    case authenticationFailed
    /// The version byte is not one that this build can open.
    case unsupportedVersion(UInt8)
    /// The record was compressed with a dictionary that this build does not have.
    case unknownDictionary(UInt8)
    /// Plaintext over ``VaultCore/Limits/maximumRecordByteCount``.
    case tooLarge(byteCount: Int)
    /// Authentic, yet not laid out as this format demands: written by a faulty program.
    case malformedContents
    /// A key, salt or nonce does not have the length that the algorithm needs.
    case invalidLength(byteCount: Int)
    /// The operating system would not lock the memory that keys live in.
    case memoryNotLocked
    /// Memory for key stretching or compression could not be had.
    case outOfMemory
    /// The cryptographic library did not start.
    case libraryUnavailable
    /// The text is not a passphrase file, or not in its one canonical form.
    case malformedKeyFile
    /// The passphrase file asks for more memory or passes than a friendly one ever would.
    case keyFileTooCostly
    /// The passphrase file or share belongs to another vault.
    case otherVault
    /// The text is not a share, or a letter of it is not as it was.
    case malformedShare
    /// Not 2 to 255 shares, or a threshold outside 2 to their number.
    case invalidShareCount
    /// Fewer shares than it takes.
    case tooFewShares(have: Int, need: Int)
    /// The shares are not of one set, or one of them was altered.
    case sharesDisagree
}

extension SealingError: Failure {
    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .authenticationFailed, .malformedContents: .integrity
        case .unsupportedVersion, .unknownDictionary, .tooLarge, .malformedKeyFile,
            .keyFileTooCostly, .malformedShare, .tooFewShares, .sharesDisagree:
            .badInput
        case .invalidShareCount: .usage
        case .otherVault: .notAllowed
        case .memoryNotLocked, .outOfMemory, .libraryUnavailable: .unavailable
        case .invalidLength: .internalError
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .authenticationFailed: "sealing.authenticationFailed"
        case .unsupportedVersion: "sealing.unsupportedVersion"
        case .unknownDictionary: "sealing.unknownDictionary"
        case .tooLarge: "sealing.tooLarge"
        case .malformedContents: "sealing.malformedContents"
        case .invalidLength: "sealing.invalidLength"
        case .memoryNotLocked: "sealing.memoryNotLocked"
        case .outOfMemory: "sealing.outOfMemory"
        case .libraryUnavailable: "sealing.libraryUnavailable"
        case .malformedKeyFile: "sealing.malformedKeyFile"
        case .keyFileTooCostly: "sealing.keyFileTooCostly"
        case .otherVault: "sealing.otherVault"
        case .malformedShare: "sealing.malformedShare"
        case .invalidShareCount: "sealing.invalidShareCount"
        case .tooFewShares: "sealing.tooFewShares"
        case .sharesDisagree: "sealing.sharesDisagree"
        }
    }

    /// One line for anyone; holds no plaintext and no key.
    public var message: String {
        switch self {
        case .authenticationFailed: "the key does not fit, or the sealed bytes were altered"
        case .unsupportedVersion(let version): "sealed format version `\(version)` is not known"
        case .unknownDictionary(let number): "compression dictionary `\(number)` is not known"
        case .tooLarge(let byteCount):
            "a record of \(byteCount) bytes is over the limit of \(Limits.maximumRecordByteCount)"
        case .malformedContents: "an authentic sealed version is not laid out as it should be"
        case .invalidLength(let byteCount): "a key or nonce of \(byteCount) bytes was given"
        case .memoryNotLocked: "the memory for keys could not be locked"
        case .outOfMemory: "not enough memory to stretch the passphrase or compress a record"
        case .libraryUnavailable: "the cryptographic library did not start"
        case .malformedKeyFile: "this is not a passphrase file"
        case .keyFileTooCostly: "the passphrase file asks for more work than this program does"
        case .otherVault: "the passphrase file or share belongs to another vault"
        case .malformedShare: "this is not a share, or a letter of it was changed"
        case .invalidShareCount: "a key is split into 2 to 255 shares, and it takes at least 2"
        case .tooFewShares(let have, let need): "\(have) shares of the \(need) that it takes"
        case .sharesDisagree: "the shares are not of one set, or one of them was altered"
        }
    }

    /// One line that says what to do next.
    public var hint: String {
        switch self {
        case .authenticationFailed: "check the passphrase, then run `patientvault verify`"
        case .unsupportedVersion, .unknownDictionary: "open it with a newer patientvault"
        case .tooLarge: "store large attachments as separate Binary resources"
        case .malformedContents, .invalidLength: "report this as a bug"
        case .memoryNotLocked: "raise the limit with `ulimit -l` (LimitMEMLOCK= under systemd)"
        case .outOfMemory: "free some memory and try again"
        case .libraryUnavailable: "install libsodium 1.0.18 or later"
        case .malformedKeyFile: "name the key file that `patientvault init` made"
        case .keyFileTooCostly: "use the key file that `patientvault init` made"
        case .otherVault: "name this vault's own key file or shares"
        case .malformedShare: "compare it with the custodian's original, letter by letter"
        case .invalidShareCount: "for instance 5 shares of which any 3 are enough"
        case .tooFewShares: "ask another custodian"
        case .sharesDisagree: "try another custodian's share in the place of each"
        }
    }
}
