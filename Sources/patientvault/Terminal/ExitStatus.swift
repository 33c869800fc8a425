internal import VaultCore

/// The exit codes that others rely on, mapped from kinds of failure once, here.
enum ExitStatus: Int32 {
    case done = 0
    case refused = 3
    case integrityFailure = 4
    case usage = 64
    case badInput = 65
    case inputMissing = 66
    case unavailable = 69
    case internalError = 70
    case cannotCreate = 73
    case inputOutput = 74
    case notAllowed = 77

    init(_ kind: FailureKind) {
        self =
            switch kind {
            case .integrity: .integrityFailure
            case .usage: .usage
            case .badInput: .badInput
            case .missingInput: .inputMissing
            case .unavailable: .unavailable
            case .internalError: .internalError
            case .cannotCreate: .cannotCreate
            case .inputOutput: .inputOutput
            case .notAllowed: .notAllowed
            }
    }
}
