public import VaultCore

/// Why the Guard could not do what it was asked; a refusal by policy is a decision, never one of these.
public enum GuardError: Failure, Equatable {
    /// The requester's key, signature, time or session does not hold; deliberately one case.
    case notAuthenticated
    /// The principal is known but its role may not do this.
    case notPermitted(action: String)
    /// The Guard is sealed, or stopped after a failed write.
    case sealed
    /// The grant has ended, was revoked, or is not the caller's.
    case grantEnded
    /// No such principal, session, entry or case.
    case unknown(what: String)
    /// A principal, case or hold with this id exists.
    case exists(what: String)
    /// A value of a request is out of its range; names the field, never the value.
    case invalid(field: String)
    /// Stored state cannot be read back: damaged or altered.
    case damagedState
    /// What was read back after a commit is not what was written.
    case readBackMismatch
    /// The log is shorter than, or differs from, what was last witnessed.
    case logRolledBack(size: UInt64, witnessed: UInt64)
    /// The clock runs behind the newest entry by more than the tolerance.
    case clockWentBackwards
    /// The key belongs to another vault.
    case otherVault
    /// An example key outside a demo vault.
    case exampleKey
    /// Erasure is refused under a hold or an open breach.
    case heldBack(reason: String)
    /// The patient has been erased; its key is gone.
    case erased
    /// Another write of the same patient is not finished.
    case busy
    /// The principal asks more often than its rate allows.
    case tooMany

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .notAuthenticated, .notPermitted, .otherVault, .exampleKey, .heldBack: .notAllowed
        case .sealed, .grantEnded, .busy, .tooMany: .unavailable
        case .unknown, .erased: .missingInput
        case .exists: .cannotCreate
        case .invalid: .badInput
        case .damagedState, .readBackMismatch, .logRolledBack, .clockWentBackwards: .integrity
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .notAuthenticated: "guard.notAuthenticated"
        case .notPermitted: "guard.notPermitted"
        case .sealed: "guard.sealed"
        case .grantEnded: "guard.grantEnded"
        case .unknown: "guard.unknown"
        case .exists: "guard.exists"
        case .invalid: "guard.invalid"
        case .damagedState: "guard.damagedState"
        case .readBackMismatch: "guard.readBackMismatch"
        case .logRolledBack: "guard.logRolledBack"
        case .clockWentBackwards: "guard.clockWentBackwards"
        case .otherVault: "guard.otherVault"
        case .exampleKey: "guard.exampleKey"
        case .heldBack: "guard.heldBack"
        case .erased: "guard.erased"
        case .busy: "guard.busy"
        case .tooMany: "guard.tooMany"
        }
    }

    /// One line for anyone.
    public var message: String {
        switch self {
        case .notAuthenticated: "the Guard does not know this requester"
        case .notPermitted(let action): "this principal may not `\(action)`"
        case .sealed: "the Guard is sealed"
        case .grantEnded: "the grant has ended"
        case .unknown(let what): "there is no such \(what)"
        case .exists(let what): "there is already such a \(what)"
        case .invalid(let field): "`\(field)` is not valid"
        case .damagedState: "the Guard's state is damaged or was altered"
        case .readBackMismatch: "the disk did not keep what was written; the Guard has stopped"
        case .logRolledBack(let size, let witnessed):
            "the log has \(size) entries, but \(witnessed) were witnessed"
        case .clockWentBackwards: "the clock runs behind the newest log entry"
        case .otherVault: "this key belongs to another vault"
        case .exampleKey: "example keys are accepted only by a demo vault"
        case .heldBack(let reason): "refused: \(reason)"
        case .erased: "this patient has been erased"
        case .busy: "another write of the same patient is not finished"
        case .tooMany: "this principal asks more often than it may"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .notAuthenticated:
            "check the key file given with `--as` and whether the principal is still enabled"
        case .notPermitted: "ask a privacy officer or administrator to do it"
        case .sealed: "unseal the Guard, then try again"
        case .grantEnded: "ask for a new disclosure"
        case .unknown: "list what there is and use one of those"
        case .exists: "choose another id"
        case .invalid: "see `patientvault help` for what is accepted"
        case .damagedState: "run `patientvault verify`; restore from a backup if it fails"
        case .readBackMismatch: "check the disk, then run `patientvault verify`"
        case .logRolledBack:
            "bring back the newest copy; where there is none, see `patientvault guard new-origin`"
        case .clockWentBackwards: "set the clock of this machine right, then try again"
        case .otherVault: "use a key made by `principal new` for this vault"
        case .exampleKey: "make a key with `patientvault principal new`"
        case .heldBack: "end the hold or the case first"
        case .erased: "the erasure certificate in the log says when and why"
        case .busy: "try again; what nobody continues is closed when the record side starts anew"
        case .tooMany: "wait a minute; `limits.json` beside the policies says how often"
        }
    }
}
