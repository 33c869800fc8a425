public import VaultCore

/// Why a Guard elsewhere could not be reached, or did not start to listen.
public enum LinkError: Failure, Equatable {
    /// Nobody answers at this address.
    case notReachable(address: String)
    /// The connection ended before the answer came: nobody knows whether the call was carried out.
    case interrupted
    /// The answer is no frame, or too long.
    case malformedAnswer
    /// The address cannot be listened on.
    case cannotListen(address: String, code: Int32)
    /// A certificate or key for TLS cannot be read.
    case badCertificate(file: String)
    /// A message is over the limit of what a Guard takes.
    case messageTooLong(byteCount: Int)

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .notReachable, .interrupted, .malformedAnswer: .unavailable
        case .cannotListen: .cannotCreate
        case .badCertificate, .messageTooLong: .badInput
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .notReachable: "guardLink.notReachable"
        case .interrupted: "guardLink.interrupted"
        case .malformedAnswer: "guardLink.malformedAnswer"
        case .cannotListen: "guardLink.cannotListen"
        case .badCertificate: "guardLink.badCertificate"
        case .messageTooLong: "guardLink.messageTooLong"
        }
    }

    /// One line for anyone.
    public var message: String {
        switch self {
        case .notReachable(let address): "there is no Guard at `\(address)`"
        case .interrupted: "the Guard went away before it answered"
        case .malformedAnswer: "what answers there is not a Guard"
        case .cannotListen(let address, let code):
            "`\(address)` cannot be listened on (error \(code))"
        case .badCertificate(let file): "`\(file)` is no usable certificate or key"
        case .messageTooLong(let byteCount): "a message of \(byteCount) bytes is over the limit"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .notReachable: "start it with `patientvault guard serve --socket PATH`"
        case .interrupted:
            "look with `patientvault guard status`, then at the log, before trying again"
        case .malformedAnswer: "check the address"
        case .cannotListen: "choose another path, or stop what listens there"
        case .badCertificate: "PEM files are wanted: certificate chain, private key, authorities"
        case .messageTooLong: "import fewer records at a time"
        }
    }
}
